#pragma once
// Wall-clock instants in UTC with milliseconds, the only time format quietus prints or stores.

#include <chrono>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace quietus {

/// Milliseconds since 1970-01-01T00:00:00Z.
struct UtcTime {
    std::int64_t ms{0};
    friend auto operator<=>(const UtcTime&, const UtcTime&) = default;
};

/// "2026-11-22T02:08:03.123Z" (RFC 3339, always UTC, always milliseconds).
std::string to_rfc3339(UtcTime time);

/// "20261122T020803Z": for names of files and tokens.
std::string to_compact(UtcTime time);

/// Takes exactly the two forms above; anything else is bad_evidence.
Result<UtcTime> parse_rfc3339(std::string_view text);
Result<UtcTime> parse_compact(std::string_view text);

/// Where time comes from. A test turns its own by hand.
class Clock {
  public:
    Clock() = default;
    Clock(const Clock&) = delete;
    Clock& operator=(const Clock&) = delete;
    virtual ~Clock() = default;
    virtual UtcTime now() const = 0;
    /// For durations and deadlines; never goes back.
    virtual std::chrono::nanoseconds monotonic() const = 0;
};

class SystemClock final : public Clock {
  public:
    UtcTime now() const override;
    std::chrono::nanoseconds monotonic() const override;
};

/// No erase was done by this program before this instant: an earlier clock is wrong (status 78).
inline constexpr UtcTime kEarliestPlausibleTime{1577836800000};  // 2020-01-01T00:00:00Z

}  // namespace quietus
