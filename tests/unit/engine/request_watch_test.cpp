#include "engine/request_watch.h"

#include <gtest/gtest.h>

#include "support/record_builder.h"

namespace quietus::engine {
namespace {

using std::chrono::milliseconds;

class HandClock final : public Clock {
  public:
    UtcTime now() const override { return {}; }
    std::chrono::nanoseconds monotonic() const override { return at_; }
    void pass(milliseconds time) { at_ += time; }

  private:
    std::chrono::nanoseconds at_{0};
};

TEST(RequestWatch, TellsTheOldestThatIsOverdue) {
    HandClock clock;
    RequestWatch watch{&clock, 4, 1 << 20};
    watch.sent(0, {0, 512});
    clock.pass(milliseconds{10});
    watch.sent(3, {512, 512});
    EXPECT_FALSE(watch.overdue(milliseconds{10}));
    clock.pass(milliseconds{1});
    EXPECT_EQ(watch.overdue(milliseconds{10}), (Range{0, 512}));
    EXPECT_EQ(watch.back(0, true), milliseconds{11});
    EXPECT_FALSE(watch.overdue(milliseconds{10}));
    clock.pass(milliseconds{20});
    EXPECT_EQ(watch.overdue(milliseconds{10}), (Range{512, 512}));
}

TEST(RequestWatch, SpeedsAreByPlaceAndTimeCountsOnce) {
    HandClock clock;
    constexpr std::uint64_t kEnd = 64 * 1024 * 1024;  // 1 MiB a part
    RequestWatch watch{&clock, 2, kEnd};
    // Two requests at once of one part: 2 MiB in 10 ms.
    watch.sent(0, {0, 1024 * 1024});
    watch.sent(1, {512, 1024 * 1024});
    clock.pass(milliseconds{10});
    watch.back(0, true);
    watch.back(1, true);
    // The last part is slow, and one of its requests fails.
    watch.sent(0, {kEnd - 1024, 1024});
    clock.pass(milliseconds{1000});
    watch.back(0, true);
    watch.sent(0, {kEnd - 512, 512});
    clock.pass(milliseconds{1000});
    watch.back(0, false);
    const Pace pace = watch.pace();
    ASSERT_EQ(pace.kib_per_s.size(), kPaceParts);
    EXPECT_EQ(pace.kib_per_s.front(), 204'800U);
    EXPECT_EQ(pace.kib_per_s.back(), 0U) << "1 KiB in two seconds";
    EXPECT_EQ(pace.kib_per_s[32], 0U);
    EXPECT_EQ(pace.slowest_ms, 1000U);
}

// The second came back in the same moment as the first: no time of its own, no speed of its own.
TEST(RequestWatch, InventsNoSpeedForWhatCameBackTogether) {
    HandClock clock;
    constexpr std::uint64_t kEnd = 64 * 1024 * 1024;
    RequestWatch watch{&clock, 2, kEnd};
    constexpr std::uint64_t kPart = kEnd / kPaceParts;
    watch.sent(0, {0, 1024 * 1024});
    watch.sent(1, {kPart, 1024 * 1024});
    clock.pass(milliseconds{20});
    watch.back(1, true);
    watch.back(0, true);
    watch.sent(0, {2 * kPart, 1024 * 1024});
    clock.pass(milliseconds{1});
    watch.back(0, true);
    const Pace pace = watch.pace();
    // 3 MiB in 21 ms, wherever they were.
    for (const std::size_t part : {0U, 1U, 2U}) EXPECT_EQ(pace.kib_per_s[part], 146'285U) << part;
    EXPECT_EQ(pace.kib_per_s[3], 0U);
}

TEST(RequestWatch, WithoutAClockNothingIsMeasured) {
    RequestWatch watch{nullptr, 1, 512};
    watch.sent(0, {0, 512});
    EXPECT_EQ(watch.back(0, true).count(), 0);
    EXPECT_TRUE(watch.pace().kib_per_s.empty());
}

}  // namespace
}  // namespace quietus::engine
