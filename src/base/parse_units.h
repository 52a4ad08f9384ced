#pragma once
// Sizes, rates and durations as people type them.

#include <chrono>
#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace quietus {

/// "500", "64k", "100M", "1.5G" is not one: whole numbers with k, M, G, T (powers of 1000) or Ki,
/// Mi, Gi, Ti (powers of 1024), with or without "B", with or without "/s". Else `usage`.
Result<std::uint64_t> parse_bytes(std::string_view text);

/// "45s", "90m", "8h", "2d", "1h30m": whole numbers, each unit once, the largest first. At least a
/// second and at most a year; else `usage`.
Result<std::chrono::seconds> parse_duration(std::string_view text);

}  // namespace quietus
