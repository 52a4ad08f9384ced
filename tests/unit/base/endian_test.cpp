#include "base/endian.h"

#include <array>

#include <gtest/gtest.h>

namespace quietus {
namespace {

constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();

std::array<std::byte, 17> bytes_from_1() {
    std::array<std::byte, 17> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i + 1);
    return bytes;
}

TEST(Endian, TheLeastSignificantByteComesFirst) {
    const auto bytes = bytes_from_1();
    EXPECT_EQ(little16(bytes, 1), 0x0302);
    EXPECT_EQ(little32(bytes, 1), 0x05040302U);
    EXPECT_EQ(little_endian(bytes, 1, 8), 0x0908070605040302U);
    EXPECT_EQ(little_endian(bytes, 0, 3), 0x030201U);
}

TEST(Endian, WhatIsPutIsReadAgainAndNothingBesideIt) {
    std::array<std::byte, 17> bytes{};
    put_little(bytes, 1, 4, 0x05040302);
    std::array<std::byte, 17> expected{};
    for (std::size_t i = 1; i < 5; ++i) expected[i] = static_cast<std::byte>(i + 1);
    EXPECT_EQ(bytes, expected);
    EXPECT_EQ(little32(bytes, 1), 0x05040302U);
}

TEST(Endian, A128BitNumberIsCappedWhere64BitsEnd) {
    std::array<std::byte, 17> bytes{};
    EXPECT_EQ(little128_capped(bytes, 1), 0U);
    put_little(bytes, 1, 8, kMost - 1);
    EXPECT_EQ(little128_capped(bytes, 1), kMost - 1);
    for (std::size_t i = 9; i < 17; ++i) {
        std::array<std::byte, 17> large{};
        large[i] = std::byte{1};
        EXPECT_EQ(little128_capped(large, 1), kMost) << i;
    }
}

TEST(Endian, BytesBeforeA128BitNumberAreNotPartOfIt) {
    std::array<std::byte, 17> bytes{};
    bytes[0] = std::byte{0xFF};
    EXPECT_EQ(little128_capped(bytes, 1), 0U);
}

}  // namespace
}  // namespace quietus
