#include "engine/sample.h"

#include <gtest/gtest.h>

#include "base/units.h"

namespace quietus::engine {
namespace {

Bytes seed(int value) {
    return Bytes(kSampleSeedSize, static_cast<std::byte>(value));
}

std::uint64_t total(const std::vector<Range>& ranges) {
    std::uint64_t sum = 0;
    for (const Range& range : ranges) sum += range.count;
    return sum;
}

std::uint64_t overlap(const std::vector<Range>& ranges, std::uint64_t begin, std::uint64_t end) {
    std::uint64_t sum = 0;
    for (const Range& range : ranges) {
        const std::uint64_t from = std::max(range.first, begin);
        const std::uint64_t to = std::min(range.end(), end);
        if (to > from) sum += to - from;
    }
    return sum;
}

// The format page read once more and written down independently: sets of sectors instead of ranges.
std::vector<bool> recomputed(const Bytes& seed, std::uint64_t sectors) {
    std::vector<bool> chosen(sectors);
    chosen.front() = chosen.back() = true;
    for (std::uint64_t i = 0; i < 1000; ++i) {
        const std::uint64_t begin = sectors * i / 1000;
        const std::uint64_t size = sectors * (i + 1) / 1000 - begin;
        const std::uint64_t length = size / 20 + (size % 20 == 0 ? 0 : 1);
        std::uint64_t at[2]{};
        for (std::uint64_t k = 0; k < 2; ++k) {
            std::string text = text_of(seed) + "quietus-sample-1";
            for (const std::uint64_t number : {i, k}) {
                for (int byte = 7; byte >= 0; --byte)
                    text += static_cast<char>(number >> (8 * byte));
            }
            const Digest digest = sha256(text);
            std::uint64_t drawn = 0;
            for (std::size_t b = 0; b < 8; ++b)
                drawn = drawn * 256 + static_cast<std::uint64_t>(digest[b]);
            at[k] = drawn % (size - 2 * length + 1);
        }
        const std::uint64_t first = begin + std::min(at[0], at[1]);
        const std::uint64_t second = begin + std::max(at[0], at[1]) + length;
        for (std::uint64_t n = 0; n < length; ++n) chosen[first + n] = chosen[second + n] = true;
    }
    return chosen;
}

TEST(Sample, EqualsAnIndependentComputation) {
    for (const std::uint64_t sectors : {20'000U, 20'001U, 131'072U, 999'983U}) {
        const auto ranges = sample_ranges(seed(9), sectors * 512, 512);
        std::vector<bool> chosen(sectors);
        for (const Range& range : ranges) {
            for (std::uint64_t n = range.first / 512; n < range.end() / 512; ++n) chosen[n] = true;
        }
        EXPECT_EQ(chosen, recomputed(seed(9), sectors)) << sectors;
    }
}

TEST(Sample, HoldsATwentiethTwiceInEachOfAThousandSubsections) {
    for (const std::uint32_t sector : {512U, 4096U}) {
        for (const std::uint64_t sectors :
             {std::uint64_t{20'000}, std::uint64_t{12'345'677}, (std::uint64_t{1} << 45U) + 3}) {
            const std::uint64_t size = sectors * sector;
            const auto ranges = sample_ranges(seed(1), size, sector);
            std::uint64_t previous_end = 0;
            for (const Range& range : ranges) {
                ASSERT_GE(range.first, previous_end);
                ASSERT_EQ(range.first % sector, 0U);
                ASSERT_EQ(range.count % sector, 0U);
                previous_end = range.end();
            }
            ASSERT_LE(previous_end, size);
            EXPECT_GE(total(ranges), size / 10);
            EXPECT_LT(total(ranges), size / 10 + 3000ULL * sector);
            __extension__ using Wide = unsigned __int128;
            for (std::uint64_t i = 0; i < 1000; i += 37) {
                const auto begin = static_cast<std::uint64_t>(Wide{sectors} * i / 1000) * sector;
                const auto end =
                    static_cast<std::uint64_t>(Wide{sectors} * (i + 1) / 1000) * sector;
                ASSERT_GE(overlap(ranges, begin, end) * 10, end - begin) << i;
            }
        }
    }
}

TEST(Sample, HoldsTheFirstAndTheLastSector) {
    for (int value = 0; value < 20; ++value) {
        const auto ranges = sample_ranges(seed(value), 64 * kMiB, 512);
        EXPECT_EQ(ranges.front().first, 0U);
        EXPECT_EQ(ranges.back().end(), 64 * kMiB);
    }
}

TEST(Sample, IsDecidedByTheSeedAlone) {
    EXPECT_EQ(sample_ranges(seed(1), kGiB, 512), sample_ranges(seed(1), kGiB, 512));
    EXPECT_NE(sample_ranges(seed(1), kGiB, 512), sample_ranges(seed(2), kGiB, 512));
}

TEST(Sample, ADriveOfLessThanTwentySectorsASubsectionIsReadInFull) {
    EXPECT_TRUE(large_enough_to_sample(20'000ULL * 512, 512));
    EXPECT_FALSE(large_enough_to_sample(20'000ULL * 512 - 512, 512));
    EXPECT_FALSE(large_enough_to_sample(20'000ULL * 512, 4096));
}

}  // namespace
}  // namespace quietus::engine
