#include "engine/pacer.h"

#include <gtest/gtest.h>

#include "base/units.h"

namespace quietus::engine {
namespace {

class SetClock final : public Clock {
  public:
    UtcTime now() const override { return {}; }
    std::chrono::nanoseconds monotonic() const override { return time; }
    std::chrono::nanoseconds time{std::chrono::hours{1}};
};

// How many bytes go in so long, where whoever sends waits as long as it is told.
std::uint64_t sent_in(std::chrono::nanoseconds span, std::uint64_t rate, std::size_t request) {
    SetClock clock;
    Pacer pacer{clock, rate, request,
                [&](std::chrono::milliseconds limit) { clock.time += limit; }};
    const auto end = clock.time + span;
    std::uint64_t sent = 0;
    while (clock.time < end) {
        if (const auto wait = pacer.until_next(); wait.count() > 0) {
            pacer.pause(wait);
            continue;
        }
        pacer.sent(request);
        sent += request;
    }
    return sent;
}

TEST(Pacer, KeepsTheRateWhateverTheSizeOfTheRequests) {
    for (const std::size_t request : {4 * kKiB, 64 * kKiB, kMiB}) {
        const std::uint64_t sent = sent_in(std::chrono::seconds{60}, 10'000'000, request);
        EXPECT_LE(sent, 600'000'000 + request + 200'000) << request;
        EXPECT_GE(sent, 600'000'000 - request - 200'000) << request;
    }
}

TEST(Pacer, DoesNotSaveUpWhatWasNotSent) {
    SetClock clock;
    Pacer pacer{clock, 1'000'000, 100'000, {}};
    pacer.sent(100'000);
    clock.time += std::chrono::hours{1};
    EXPECT_EQ(pacer.until_next().count(), 0);
    pacer.sent(100'000);
    EXPECT_GE(pacer.until_next().count(), 80);
}

TEST(Pacer, WithoutARateNothingWaits) {
    SetClock clock;
    Pacer pacer{clock, std::nullopt, kMiB, {}};
    for (int i = 0; i < 1000; ++i) pacer.sent(kMiB);
    EXPECT_EQ(pacer.until_next().count(), 0);
}

TEST(PacedRequestSize, IsAnEighthOfASecondInWholeSectors) {
    EXPECT_EQ(paced_request_size(8 * kMiB, kMiB, 512), kMiB);
    EXPECT_EQ(paced_request_size(800'000, kMiB, 512), 98304U);
    EXPECT_EQ(paced_request_size(64 * kKiB, kMiB, 512), 8192U);
    EXPECT_EQ(paced_request_size(64 * kKiB, kMiB, 65536), 65536U) << "never less than a sector";
    EXPECT_EQ(paced_request_size(kGiB, kMiB, 512), kMiB) << "never more than a buffer";
}

}  // namespace
}  // namespace quietus::engine
