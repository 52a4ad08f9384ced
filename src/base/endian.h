#pragma once
// Integers of wire formats, read and written a byte at a time: no alignment, no host order.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

namespace quietus {

/// The unsigned integer of `size` bytes (at most 8) at `at`, least significant byte first. The
/// caller has made sure that they are there.
constexpr std::uint64_t little_endian(std::span<const std::byte> bytes, std::size_t at,
                                      std::size_t size) {
    std::uint64_t value = 0;
    for (std::size_t i = size; i-- > 0;)
        value = value << 8U | std::to_integer<std::uint64_t>(bytes[at + i]);
    return value;
}
constexpr std::uint16_t little16(std::span<const std::byte> bytes, std::size_t at) {
    return static_cast<std::uint16_t>(little_endian(bytes, at, 2));
}
constexpr std::uint32_t little32(std::span<const std::byte> bytes, std::size_t at) {
    return static_cast<std::uint32_t>(little_endian(bytes, at, 4));
}
/// Of 16 bytes; 2^64-1 where it is larger.
constexpr std::uint64_t little128_capped(std::span<const std::byte> bytes, std::size_t at) {
    return little_endian(bytes, at + 8, 8) != 0 ? std::numeric_limits<std::uint64_t>::max()
                                                : little_endian(bytes, at, 8);
}

constexpr void put_little(std::span<std::byte> bytes, std::size_t at, std::size_t size,
                          std::uint64_t value) {
    for (std::size_t i = 0; i < size; ++i) bytes[at + i] = static_cast<std::byte>(value >> 8U * i);
}

}  // namespace quietus
