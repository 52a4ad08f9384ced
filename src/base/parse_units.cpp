#include "base/parse_units.h"

#include <array>
#include <charconv>
#include <optional>

#include "base/bytes.h"
#include "base/units.h"

namespace quietus {

namespace {

constexpr std::int64_t kYear = 366LL * 24 * 3600;  // nobody means a longer one

// The whole number that `text` begins with, which is cut off.
std::optional<std::uint64_t> take_number(std::string_view& text) {
    std::uint64_t number{};
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (fault != std::errc{}) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return number;
}

std::optional<std::uint64_t> factor_of(std::string_view unit) {
    if (unit.ends_with("/s")) unit.remove_suffix(2);
    if (unit.ends_with('B')) unit.remove_suffix(1);
    if (unit.empty()) return 1;
    constexpr std::array<std::string_view, 4> kPrefixes{"k", "M", "G", "T"};
    std::uint64_t decimal = 1;
    std::uint64_t binary = 1;
    for (const std::string_view prefix : kPrefixes) {
        decimal *= 1000;
        binary *= kKiB;
        const bool same = unit.starts_with(prefix) || (prefix == "k" && unit.starts_with('K'));
        if (!same) continue;
        if (unit.size() == 1) return decimal;
        if (unit.substr(1) == "i") return binary;
    }
    return std::nullopt;
}

}  // namespace

Result<std::uint64_t> parse_bytes(std::string_view text) {
    std::string_view rest = text;
    const auto number = take_number(rest);
    const auto factor = number ? factor_of(rest) : std::nullopt;
    const auto bytes = factor ? checked_mul(*number, *factor) : std::nullopt;
    if (!bytes)
        return failure(ErrorCode::usage, "'" + printable_text(text) + "' is no number of bytes",
                       "whole numbers with k, M, G, T or Ki, Mi, Gi, Ti: 100M");
    return *bytes;
}

Result<std::chrono::seconds> parse_duration(std::string_view text) {
    struct Unit {
        char letter;
        std::uint64_t seconds;
    };
    constexpr std::array<Unit, 4> kUnits{{{'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}}};
    std::string_view rest = text;
    std::uint64_t total = 0;
    bool good = !text.empty();
    for (std::size_t next = 0; good && !rest.empty();) {
        const auto number = take_number(rest);
        while (next < kUnits.size() && !rest.empty() && kUnits[next].letter != rest.front()) ++next;
        good = number && *number <= static_cast<std::uint64_t>(kYear) && next < kUnits.size() &&
               !rest.empty();
        if (!good) break;
        total += *number * kUnits[next++].seconds;
        rest.remove_prefix(1);
    }
    if (!good || total == 0 || total > static_cast<std::uint64_t>(kYear))
        return failure(ErrorCode::usage, "'" + printable_text(text) + "' is no duration",
                       "whole numbers with d, h, m or s, up to a year: 8h, 90m, 1h30m");
    return std::chrono::seconds{total};
}

}  // namespace quietus
