#include "base/utc_time.h"

#include <array>
#include <cstdio>
#include <ctime>

namespace quietus {

namespace {

std::tm broken_down(UtcTime time) {
    std::int64_t seconds = time.ms / 1000;
    if (time.ms % 1000 < 0) --seconds;
    const auto value = static_cast<std::time_t>(seconds);
    std::tm parts{};
    gmtime_r(&value, &parts);
    return parts;
}

// Reads exactly `digits` decimal digits at `at`, or -1.
int number_at(std::string_view text, std::size_t at, std::size_t digits) {
    if (at + digits > text.size()) return -1;
    int value = 0;
    for (std::size_t i = at; i < at + digits; ++i) {
        if (text[i] < '0' || text[i] > '9') return -1;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

// The instant of the given parts, if they name one that prints back as they were written.
Result<UtcTime> instant(std::array<int, 7> parts, std::string_view text,
                        std::string (*print)(UtcTime)) {
    std::tm tm{};
    tm.tm_year = parts[0] - 1900;
    tm.tm_mon = parts[1] - 1;
    tm.tm_mday = parts[2];
    tm.tm_hour = parts[3];
    tm.tm_min = parts[4];
    tm.tm_sec = parts[5];
    const UtcTime time{static_cast<std::int64_t>(timegm(&tm)) * 1000 + parts[6]};
    if (print(time) != text)
        return failure(ErrorCode::bad_evidence, "not a UTC time: '" + std::string{text} + "'");
    return time;
}

}  // namespace

std::string to_rfc3339(UtcTime time) {
    const std::tm parts = broken_down(time);
    std::array<char, 80> text{};
    const int ms = static_cast<int>(((time.ms % 1000) + 1000) % 1000);
    const int written = std::snprintf(
        text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", parts.tm_year + 1900,
        parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, ms);
    return {text.data(), static_cast<std::size_t>(written)};
}

std::string to_compact(UtcTime time) {
    const std::tm parts = broken_down(time);
    std::array<char, 80> text{};
    const int written =
        std::snprintf(text.data(), text.size(), "%04d%02d%02dT%02d%02d%02dZ", parts.tm_year + 1900,
                      parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
    return {text.data(), static_cast<std::size_t>(written)};
}

Result<UtcTime> parse_rfc3339(std::string_view text) {
    return instant({number_at(text, 0, 4), number_at(text, 5, 2), number_at(text, 8, 2),
                    number_at(text, 11, 2), number_at(text, 14, 2), number_at(text, 17, 2),
                    number_at(text, 20, 3)},
                   text, to_rfc3339);
}

Result<UtcTime> parse_compact(std::string_view text) {
    return instant({number_at(text, 0, 4), number_at(text, 4, 2), number_at(text, 6, 2),
                    number_at(text, 9, 2), number_at(text, 11, 2), number_at(text, 13, 2), 0},
                   text, to_compact);
}

UtcTime SystemClock::now() const {
    const auto since = std::chrono::system_clock::now().time_since_epoch();
    return {std::chrono::duration_cast<std::chrono::milliseconds>(since).count()};
}

std::chrono::nanoseconds SystemClock::monotonic() const {
    return std::chrono::steady_clock::now().time_since_epoch();
}

}  // namespace quietus
