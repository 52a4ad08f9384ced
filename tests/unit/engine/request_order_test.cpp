// Which request comes next, played against drives made of a set of bad sectors.

#include "engine/request_order.h"

#include <algorithm>
#include <bit>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/units.h"

namespace quietus::engine {
namespace {

using std::chrono::nanoseconds;
using testing::HasSubstr;

constexpr std::uint64_t kSize = 64 * kMiB;
constexpr std::size_t kRequest = kMiB;

RangeSet set_of(const std::vector<Range>& list) {
    RangeSet set;
    for (const Range& range : list) set.add(range);
    return set;
}

bool touches(const RangeSet& bad, const Range& request) {
    for (const Range& range : bad.ranges()) {
        if (range.first < request.end() && request.first < range.end()) return true;
    }
    return false;
}

// A drive that fails every request that touches a bad byte.
struct Play {
    RangeSet bad;
    Setback setback{Setback::transient};
    nanoseconds took{1000};
    unsigned depth{8};
    std::uint64_t seed{1};
    bool merges{false};  ///< Small requests that touch each other are one, for better or worse.

    RangeSet covered{};
    std::vector<Range> asked{};
    std::vector<Range> failed{};

    void against(RequestOrder& order) {
        std::mt19937_64 random{seed};
        std::vector<Range> out;
        while (true) {
            while (out.size() < depth) {
                const auto next = order.next();
                if (!next) break;
                asked.push_back(*next);
                out.push_back(*next);
            }
            if (out.empty()) return;
            const std::size_t which = random() % out.size();
            const Range request = out[which];
            out.erase(out.begin() + static_cast<std::ptrdiff_t>(which));
            const bool with_a_bad_one =
                merges && request.count < kRequest &&
                std::any_of(out.begin(), out.end(), [&](const Range& other) {
                    return other.count < kRequest && touches(bad, other) &&
                           (other.first == request.end() || other.end() == request.first);
                });
            if (with_a_bad_one || touches(bad, request)) {
                failed.push_back(request);
                order.failed(request, setback, took);
            } else {
                covered.add(request);
                order.came_back(request, took);
            }
        }
    }
};

RequestOrder order_of(std::uint64_t size, SectorSizes sectors = {}, BadAreaPolicy policy = {}) {
    return RequestOrder{{{0, size}}, kRequest, sectors, policy};
}

TEST(RequestOrder, AGoodDriveIsSweptOnceInOrder) {
    for (const bool backward : {false, true}) {
        auto order = order_of(10 * kMiB + 512, {}, {.backward = backward});
        Play play;
        play.against(order);
        EXPECT_TRUE(order.at_end());
        EXPECT_EQ(play.asked.size(), 11U);
        EXPECT_EQ(play.asked.front(), backward ? (Range{10 * kMiB, 512}) : (Range{0, kMiB}));
        EXPECT_EQ(play.covered, set_of({{0, 10 * kMiB + 512}}));
        EXPECT_TRUE(order.given_up().empty());
        EXPECT_EQ(order.failed_requests(), 0U);
    }
}

TEST(RequestOrder, LeavesExactlyTheBadSectorsWhereverTheyAre) {
    for (const SectorSizes sectors : {SectorSizes{512, 512}, {512, 4096}, {4096, 4096}}) {
        for (const std::uint64_t seed : {1U, 2U, 3U, 4U, 5U, 6U, 7U, 8U}) {
            std::mt19937_64 random{seed};
            RangeSet bad;
            for (std::uint64_t i = 0; i < seed * 16; ++i)
                bad.add({random() % (kSize / sectors.logical) * sectors.logical, sectors.logical});
            auto order = order_of(kSize, sectors, {.backward = seed % 2 == 0});
            Play play{.bad = bad, .seed = seed};
            play.against(order);
            EXPECT_TRUE(order.at_end());
            EXPECT_TRUE(order.hopeless().empty() && order.limit_passed().empty());
            EXPECT_EQ(order.given_up(), bad);
            EXPECT_EQ(play.covered, bad.complement(kSize));
        }
    }
}

// The promise of the header, for each place a lone bad sector can have within a request.
TEST(RequestOrder, ALoneBadSectorCostsAtMostTwoAndTheLogarithmOfFailedRequests) {
    for (const SectorSizes sectors : {SectorSizes{512, 512}, {512, 4096}, {4096, 4096}}) {
        const std::uint64_t most = 2 + std::bit_width(kRequest / sectors.logical) - 1;
        for (std::uint64_t at = 0; at < kMiB; at += sectors.logical * 7) {
            auto order = order_of(4 * kMiB, sectors);
            Play play{.bad = set_of(
                          {{2 * kMiB + at / sectors.logical * sectors.logical, sectors.logical}})};
            play.against(order);
            EXPECT_EQ(order.given_up(), play.bad);
            ASSERT_LE(order.failed_requests(), most) << at;
        }
    }
}

// What is read back leaves out what could not be written, and begins and ends inside a physical
// sector then.
TEST(RequestOrder, ALoneBadSectorCostsNoMoreWhereExtentsBeginInsideAPhysicalSector) {
    constexpr std::size_t kEleven = 11 * 4096;
    for (const bool backward : {false, true}) {
        for (std::uint64_t bad = 512; bad < 64 * 4096 - 512; bad += 512) {
            RequestOrder order{{{512, 64 * 4096 - 1024}},
                               kEleven,
                               {.logical = 512, .physical = 4096},
                               {.backward = backward}};
            Play play{.bad = set_of({{bad, 512}})};
            play.against(order);
            EXPECT_EQ(order.given_up().ranges(), (std::vector<Range>{{bad, 512}}));
            EXPECT_EQ(play.covered.total(), 64 * 4096 - 1024 - 512);
            ASSERT_LE(play.failed.size(), 2U + std::bit_width(kEleven / 512 - 1)) << bad;
        }
    }
}

TEST(RequestOrder, AGoodSectorIsNotGivenUpWithItsNeighbourWhereRequestsAreMerged) {
    for (const Setback setback : {Setback::transient, Setback::permanent}) {
        for (std::uint64_t seed = 1; seed <= 50; ++seed) {
            const RangeSet bad = set_of({{5 * kMiB + 512, 512}, {9 * kMiB - 512, 1024}});
            auto order = order_of(kSize);
            Play play{.bad = bad, .setback = setback, .seed = seed, .merges = true};
            play.against(order);
            ASSERT_EQ(order.given_up(), bad) << "seed " << seed;
            ASSERT_TRUE(order.at_end());
        }
    }
}

TEST(RequestOrder, PermanentErrorsAreNotTriedAgain) {
    for (const auto& [setback, tries] :
         {std::pair{Setback::permanent, 1U}, {Setback::transient, 4U}}) {
        auto order = order_of(4 * kMiB, {}, {.retries = 3});
        Play play{.bad = set_of({{kMiB, 512}}), .setback = setback};
        play.against(order);
        EXPECT_EQ(std::count(play.failed.begin(), play.failed.end(), Range{kMiB, 512}), tries);
        EXPECT_EQ(order.retried(), tries - 1);
    }
}

TEST(RequestOrder, BigPiecesOfEveryBadAreaComeBeforeSmallOnesOfAny) {
    auto order = order_of(kSize);
    Play play{.bad = set_of({{5 * kMiB, 512}, {40 * kMiB, 512}}), .depth = 1};
    play.against(order);
    std::uint64_t size = kRequest;
    for (const Range& request : play.asked) {
        EXPECT_LE(request.count, size) << request.first;
        size = request.count;
    }
}

TEST(RequestOrder, PhysicalSectorsAreTriedWholeBeforeTheirParts) {
    auto order = order_of(kMiB, {512, 4096});
    Play play{.bad = set_of({{40960 + 512, 512}})};
    play.against(order);
    EXPECT_NE(std::find(play.asked.begin(), play.asked.end(), Range{40960, 4096}),
              play.asked.end());
    for (const Range& request : play.asked) {
        if (request.count >= 4096) {
            EXPECT_EQ(request.first % 4096, 0U);
            EXPECT_EQ(request.count % 4096, 0U);
        }
    }
}

TEST(RequestOrder, ExtentsThatFitNoPhysicalSectorAreSplitAllTheSame) {
    RequestOrder order{{{512, 1536}, {7 * 512, 4096 + 512}}, kRequest, {512, 4096}, {}};
    Play play{.bad = set_of({{1024, 512}, {4096, 512}})};
    play.against(order);
    EXPECT_EQ(order.given_up(), play.bad);
    EXPECT_EQ(play.covered, set_of({{512, 512}, {1536, 512}, {7 * 512, 512}, {4608, 3584}}));
}

TEST(RequestOrder, JumpsOverALargeBadAreaAndMeetsItsOtherSideFromBehind) {
    auto order = order_of(1024 * kMiB);
    Play play{.bad = set_of({{100 * kMiB, 40 * kMiB}}), .depth = 1};
    play.against(order);
    EXPECT_EQ(order.given_up(), play.bad);
    EXPECT_EQ(play.covered, play.bad.complement(1024 * kMiB));
    // After the third failure in a row the sweep goes on behind a gap, and not 1 MiB further.
    const auto at = [&](const Range& wanted) {
        return std::find(play.asked.begin(), play.asked.end(), wanted) - play.asked.begin();
    };
    EXPECT_LT(at({1023 * kMiB, kMiB}), at({103 * kMiB, kMiB}));
    EXPECT_LT(at({139 * kMiB, kMiB}), at({103 * kMiB, kMiB})) << "from behind";
}

TEST(RequestOrder, ADriveThatDoesNothingIsSoonHopeless) {
    auto order = order_of(1024 * kMiB);
    Play play{.bad = set_of({{0, 1024 * kMiB}})};
    play.against(order);
    EXPECT_THAT(order.hopeless(), HasSubstr("none of the first 64 requests succeeded"));
    EXPECT_LT(play.asked.size(), 64U + play.depth);
}

TEST(RequestOrder, ADriveThatStopsAnsweringIsFoundOutByAskingWhereItWasGood) {
    auto order = order_of(1024 * kMiB);
    Play play{.bad = set_of({{100 * kMiB, 924 * kMiB}}), .depth = 1};
    // What was good before does not answer any more either.
    for (int i = 0; i < 100; ++i) {
        const auto next = order.next();
        ASSERT_TRUE(next);
        order.came_back(*next, nanoseconds{1});
    }
    play.bad = set_of({{0, 1024 * kMiB}});
    play.against(order);
    EXPECT_THAT(order.hopeless(), HasSubstr("nothing is answered any more"));
    EXPECT_LT(play.asked.size(), 300U);
    EXPECT_EQ(play.failed.back(), (Range{99 * kMiB, kMiB}));
}

TEST(RequestOrder, ALargeBadAreaIsNotMistakenForAGoneDrive) {
    auto order = order_of(kSize);
    Play play{.bad = set_of({{10 * kMiB, 3 * kMiB}})};
    play.against(order);
    EXPECT_TRUE(order.hopeless().empty()) << order.hopeless();
    EXPECT_EQ(order.given_up(), play.bad);
}

TEST(RequestOrder, AnAreaThatTakesTooLongIsGivenUpAndTheOthersAreNot) {
    BadAreaPolicy policy;
    policy.region_time = std::chrono::seconds{60};
    auto order = order_of(kSize, {}, policy);
    Play play{.bad = set_of({{10 * kMiB, kMiB}, {30 * kMiB, 512}}),
              .took = std::chrono::seconds{2},
              .depth = 1};
    play.against(order);
    EXPECT_TRUE(order.at_end());
    EXPECT_THAT(order.limit_passed(), HasSubstr("longer than it may (60 s)"));
    EXPECT_TRUE(order.hopeless().empty());
    EXPECT_TRUE(order.given_up().contains(10 * kMiB));
    EXPECT_LE(play.asked.size(), 64U + 31 + 26);
    RangeSet all = play.covered;
    all.add(order.given_up());
    EXPECT_EQ(all, set_of({{0, kSize}})) << "whatever happened, each byte is accounted for";
}

TEST(RequestOrder, ADriveOfWhichMoreThanATenthIsBadPassesALimitButIsTriedToTheEnd) {
    for (const auto& [bad, passes] : {std::pair{6 * kMiB, false}, {7 * kMiB, true}}) {
        auto order = order_of(kSize);
        Play play{.bad = set_of({{10 * kMiB, bad}})};
        play.against(order);
        EXPECT_TRUE(order.hopeless().empty());
        EXPECT_EQ(order.given_up(), play.bad);
        EXPECT_EQ(!order.limit_passed().empty(), passes) << order.limit_passed();
    }
}

TEST(RequestOrder, TooManyFailuresAndTooManyRangesEndTheStep) {
    BadAreaPolicy few;
    few.failed_requests_max = 100;
    auto order = order_of(kSize, {}, few);
    Play play{.bad = set_of({{10 * kMiB, kMiB}})};
    play.against(order);
    EXPECT_THAT(order.hopeless(), HasSubstr("more than 100 requests failed"));
    EXPECT_EQ(order.failed_so_far(), play.bad) << "named, though not to the sector";
    BadAreaPolicy narrow;
    narrow.ranges_max = 3;
    auto scattered = order_of(kSize, {}, narrow);
    Play dots;
    for (std::uint64_t i = 0; i < 5; ++i) dots.bad.add({i * 7 * kMiB, 512});
    dots.against(scattered);
    EXPECT_THAT(scattered.hopeless(), HasSubstr("more than 3 separate ranges are bad"));
}

}  // namespace
}  // namespace quietus::engine
