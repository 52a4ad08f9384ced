#include "base/units.h"

#include <array>
#include <cstdio>

namespace quietus {

std::string human_size(ByteCount size) {
    constexpr std::array kUnits{"B", "kB", "MB", "GB", "TB", "PB", "EB"};
    auto value = static_cast<double>(size.bytes);
    std::size_t unit = 0;
    while (value >= 999.95 && unit + 1 < kUnits.size()) {
        value /= 1000;
        ++unit;
    }
    std::array<char, 32> text{};
    const int written =
        unit == 0 ? std::snprintf(text.data(), text.size(), "%.0f %s", value, kUnits[unit])
                  : std::snprintf(text.data(), text.size(), "%.1f %s", value, kUnits[unit]);
    return {text.data(), static_cast<std::size_t>(written)};
}

std::string human_duration(std::uint64_t seconds) {
    const auto two = [](std::uint64_t n) { return (n < 10 ? "0" : "") + std::to_string(n); };
    if (seconds < 60) return std::to_string(seconds) + "s";
    if (seconds < 3600) return std::to_string(seconds / 60) + "m" + two(seconds % 60) + "s";
    return std::to_string(seconds / 3600) + "h" + two(seconds / 60 % 60) + "m";
}

}  // namespace quietus
