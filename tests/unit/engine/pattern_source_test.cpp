#include "engine/pattern_source.h"

#include <gtest/gtest.h>

#include "engine/keystream.h"
#include "support/record_builder.h"

namespace quietus::engine {
namespace {

constexpr std::size_t kRequest = 64 * kKiB;

Bytes counting(std::size_t period) {
    Bytes bytes(period);
    for (std::size_t i = 0; i < period; ++i) bytes[i] = static_cast<std::byte>(i * 7 + i / 256 + 3);
    return bytes;
}

std::unique_ptr<PatternSource> constant(const Bytes& bytes) {
    return make_pattern_source(ConstantPattern{bytes}, std::nullopt, kRequest).value();
}

Bytes filled(PatternSource& source, std::uint64_t offset, std::size_t size) {
    Bytes out(size, std::byte{0xEE});
    EXPECT_TRUE(source.fill(offset, out).has_value());
    return out;
}

TEST(PatternSource, EveryPeriodKeepsItsPhaseAcrossRequests) {
    // All small periods, then those around sectors and the longest.
    std::vector<std::size_t> periods{511, 512, 513, 1000, 1023, 1025, 2048, 3000, 4095, 4096};
    for (std::size_t period = 1; period <= 66; ++period) periods.push_back(period);
    for (const std::size_t period : periods) {
        const Bytes bytes = counting(period);
        const auto source = constant(bytes);
        for (const std::uint64_t offset :
             {std::uint64_t{0}, std::uint64_t{512}, std::uint64_t{kRequest},
              std::uint64_t{7 * kRequest}, std::uint64_t{3} << 40U}) {
            const Bytes out = filled(*source, offset, kRequest);
            for (std::size_t i = 0; i < out.size(); i += 61)
                ASSERT_EQ(out[i], bytes[(offset + i) % period]) << period << " at " << offset + i;
            ASSERT_EQ(out.back(), bytes[(offset + kRequest - 1) % period]);
        }
    }
}

TEST(PatternSource, SharesItsMemoryOnlyWhereEverySectorIsAlike) {
    for (const std::size_t period : {1U, 2U, 4U, 256U, 512U}) {
        const auto source = constant(counting(period));
        const auto shared = source->shared();
        ASSERT_GE(shared.size(), kRequest) << period;
        const Bytes out = filled(*source, 3 * 512, kRequest);
        EXPECT_TRUE(std::equal(out.begin(), out.end(), shared.begin())) << period;
    }
    for (const std::size_t period : {3U, 5U, 511U, 513U, 1024U, 4096U})
        EXPECT_TRUE(constant(counting(period))->shared().empty()) << period;
    const auto keystream = make_pattern_source(KeystreamPattern{}, test::a_keystream(), kRequest);
    EXPECT_TRUE((*keystream)->shared().empty());
}

TEST(PatternSource, FindsExactlyTheSectorsThatDiffer) {
    const auto keystream = make_pattern_source(KeystreamPattern{}, test::a_keystream(), kRequest);
    const auto odd = constant(counting(1000));
    for (PatternSource* source : {keystream->get(), odd.get()}) {
        for (const std::uint32_t sector : {512U, 4096U, 16384U}) {
            const std::uint64_t offset = 5 * kMiB;
            Bytes got = filled(*source, offset, kRequest);
            RangeSet mismatched;
            ASSERT_TRUE(source->compare(offset, got, sector, mismatched).has_value());
            EXPECT_TRUE(mismatched.empty());
            got.front() ^= std::byte{1};
            got[3 * sector + 17] ^= std::byte{0x80};
            got.back() ^= std::byte{1};
            ASSERT_TRUE(source->compare(offset, got, sector, mismatched).has_value());
            RangeSet expected;
            expected.add({offset, sector});
            expected.add({offset + 3 * sector, sector});
            expected.add({offset + kRequest - sector, sector});
            EXPECT_EQ(mismatched, expected);
        }
    }
}

TEST(PatternSource, AKeystreamSourceWritesTheKeystream) {
    const auto source = make_pattern_source(KeystreamPattern{}, test::a_keystream(), kRequest);
    auto generator = KeystreamGenerator::create(test::a_keystream());
    Bytes expected(kRequest);
    ASSERT_TRUE(generator->fill(kMiB, expected).has_value());
    EXPECT_EQ(filled(**source, kMiB, kRequest), expected);
}

TEST(PatternSource, AKeystreamPassWithoutAKeyIsRefused) {
    const auto source = make_pattern_source(KeystreamPattern{}, std::nullopt, kRequest);
    ASSERT_FALSE(source.has_value());
    EXPECT_EQ(source.error().code, ErrorCode::internal);
}

}  // namespace
}  // namespace quietus::engine
