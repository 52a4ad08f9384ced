#include "app/progress.h"

#include <limits>

#include <gtest/gtest.h>

namespace quietus::app {
namespace {

using std::chrono::seconds;

TEST(Progress, RateAndTimeLeftComeFromWhatIsDoneSoFar) {
    Progress progress{.path = "/dev/sda", .steps = 2, .total = 1000};
    advance(progress, 250, seconds{5});
    EXPECT_EQ(progress.rate, 50U);
    EXPECT_EQ(progress.eta_s, 15U);
    advance(progress, 2000, seconds{10});
    EXPECT_EQ(progress.done, 1000U) << "never more than all";
    EXPECT_EQ(progress.eta_s, 0U);
}

TEST(Progress, BeforeAnyTimeHasPassedNothingIsGuessed) {
    Progress progress{.path = "/dev/sda", .total = 1000};
    advance(progress, 0, seconds{0});
    EXPECT_EQ(progress.rate, 0U);
    EXPECT_EQ(progress.eta_s, 0U);
    EXPECT_EQ(per_mille(0, 0), 0U);
}

TEST(Progress, ADiskOfAnySizeDoesNotWrap) {
    constexpr std::uint64_t kHuge = std::numeric_limits<std::uint64_t>::max() / 2;
    EXPECT_EQ(rate_of(kHuge, 1000), kHuge);
    EXPECT_EQ(per_mille(kHuge, kHuge), 1000U);
    EXPECT_EQ(per_mille(kHuge / 2, kHuge), 500U);
}

TEST(Progress, IsALineThatATerminalSurvives) {
    Progress progress{.path = "/dev/\x1b[2J", .step = 1, .steps = 2, .writing = false, .total = 8};
    advance(progress, 3, seconds{1});
    EXPECT_EQ(progress_text(progress),
              "/dev/\\x1b[2J: step 2/2 reading back 37.5%  3 B/s  1s left");
    progress.waiting = true;
    EXPECT_EQ(progress_text(progress), "/dev/\\x1b[2J: taken, waiting for its turn");
}

}  // namespace
}  // namespace quietus::app
