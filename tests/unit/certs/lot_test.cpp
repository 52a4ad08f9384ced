// The second-tool lot: nobody chooses, everybody can draw it again.

#include "certs/register/lot.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "base/bytes.h"

namespace quietus::certs {
namespace {

std::vector<Register::Entry> entries(std::size_t count) {
    std::vector<Register::Entry> list;
    for (std::size_t i = 0; i < count; ++i) {
        Register::Entry entry;
        entry.index = i;
        entry.facts.type = i % 4 == 3 ? "failure-record" : "sanitization";
        entry.facts.record_sha256 = sha256_hex(std::to_string(i));
        list.push_back(entry);
    }
    return list;
}

std::vector<std::uint64_t> drawn(const std::vector<Register::Entry>& from, const char* nonce,
                                 std::uint32_t share) {
    std::vector<std::uint64_t> indices;
    const auto lot = draw_lot(from, nonce, share).value();
    for (const auto& entry : lot) indices.push_back(entry.index);
    return indices;
}

constexpr const char* kNonce = "000102030405060708090a0b0c0d0e0f";

TEST(Lot, TakesTheShareRoundedUpOfSanitizationsOnly) {
    EXPECT_EQ(drawn(entries(100), kNonce, 200).size(), 15U);  // of 75
    EXPECT_EQ(drawn(entries(1), kNonce, 1).size(), 1U);
    EXPECT_EQ(drawn(entries(0), kNonce, 200).size(), 0U);
    EXPECT_EQ(drawn(entries(100), kNonce, 1000).size(), 75U);
    for (const std::uint64_t index : drawn(entries(100), kNonce, 1000)) EXPECT_NE(index % 4, 3U);
}

TEST(Lot, FollowsFromNonceAndRecordsAlone) {
    const auto all = entries(100);
    EXPECT_EQ(drawn(all, kNonce, 200), drawn(all, kNonce, 200));
    EXPECT_NE(drawn(all, kNonce, 200), drawn(all, "ff0102030405060708090a0b0c0d0e0f", 200));
    auto turned = all;
    std::reverse(turned.begin(), turned.end());
    EXPECT_EQ(drawn(all, kNonce, 200), drawn(turned, kNonce, 200));
}

// openssl mac -digest SHA256 -macopt hexkey:00..0f -in <(the digest's bytes) HMAC, for records 0
// to 4.
TEST(Lot, RanksAsOthersCanCompute) {
    EXPECT_EQ(drawn(entries(5), kNonce, 1000), (std::vector<std::uint64_t>{2, 0, 1, 4}));
}

TEST(Lot, RefusesNoncesAndSharesThatAreNone) {
    for (const char* nonce : {"", "00", "zz0102030405060708090a0b0c0d0e0f", "0001"})
        EXPECT_FALSE(draw_lot(entries(5), nonce, 200).has_value()) << nonce;
    EXPECT_EQ(parse_fraction("20%").value(), 200U);
    EXPECT_EQ(parse_fraction("12.5%").value(), 125U);
    EXPECT_EQ(parse_fraction("100%").value(), 1000U);
    for (const char* text : {"", "%", "20", "0%", "101%", "1.25%", "-5%", "twenty%", "1e1%"})
        EXPECT_FALSE(parse_fraction(text).has_value()) << text;
}

}  // namespace
}  // namespace quietus::certs
