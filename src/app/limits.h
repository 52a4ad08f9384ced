#pragma once

#include <cstdint>
#include <optional>

#include "base/result.h"
#include "record/erase_record.h"

namespace quietus::app {

/// A lower --max-rate would take years for any drive, and is a slip of the pen.
inline constexpr std::uint64_t kMaxRateLeast = 64 * 1024;

/// The limits that a call says itself; what it leaves open is nothing.
struct SaidLimits {
    std::optional<std::uint64_t> max_rate{}, min_rate{}, deadline_s{};
    std::optional<std::uint64_t> request_deadline_s{}, bad_area_s{}, retries{};
    std::optional<bool> backward{};
};

/// Those of a new run: what is not said is as it is by default. `usage` where a value is out of
/// bounds, or two do not go together.
Result<RunLimits> limits_of(const SaidLimits& said);

/// Those of a run that carries on one with the limits `before`: what is not said is as it was
/// there; but --max-rate and --deadline are about the host and its people, and are of the call.
Result<RunLimits> limits_after(const RunLimits& before, const SaidLimits& said);

}  // namespace quietus::app
