#pragma once
// Counts and positions in bytes, as types of their own, and arithmetic that cannot wrap.

#include <compare>
#include <cstdint>
#include <optional>
#include <string>

namespace quietus {

/// A number of bytes. Its own type, so that a count of sectors cannot be passed for one.
struct ByteCount {
    std::uint64_t bytes{0};
    friend auto operator<=>(const ByteCount&, const ByteCount&) = default;
};

/// A position on a device, in bytes from its start.
struct ByteOffset {
    std::uint64_t bytes{0};
    friend auto operator<=>(const ByteOffset&, const ByteOffset&) = default;
};

inline constexpr std::uint64_t kKiB = 1024;
inline constexpr std::uint64_t kMiB = 1024 * kKiB;
inline constexpr std::uint64_t kGiB = 1024 * kMiB;

inline constexpr std::optional<std::uint64_t> checked_add(std::uint64_t a, std::uint64_t b) {
    std::uint64_t sum{};
    if (__builtin_add_overflow(a, b, &sum)) return std::nullopt;
    return sum;
}

inline constexpr std::optional<std::uint64_t> checked_mul(std::uint64_t a, std::uint64_t b) {
    std::uint64_t product{};
    if (__builtin_mul_overflow(a, b, &product)) return std::nullopt;
    return product;
}

/// "512.1 GB": decimal units, as drives are sold; for people, never for evidence.
std::string human_size(ByteCount size);

/// "3m20s", "2h05m": for people.
std::string human_duration(std::uint64_t seconds);

}  // namespace quietus
