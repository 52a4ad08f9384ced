#pragma once
// Plan tokens: "<UTC>-<digest>", what `plan` prints and `--confirm-plan` takes.

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/utc_time.h"
#include "plan/plan.h"

namespace quietus {

inline constexpr std::int64_t kTokenLifetimeMs =
    60LL * 60 * 1000;  // cli.md: a token expires after an hour

/// Clocks are set while tokens are about; a token from further ahead than this was not made by
/// ours.
inline constexpr std::int64_t kTokenSkewMs = 5LL * 60 * 1000;

/// One token for all plans of a call, whatever their order. The time is part of the digest, so that
/// an old token cannot be given a new date.
std::string make_token(std::span<const Plan> plans, UtcTime now);

/// Holds for exactly these plans and not older than an hour; else `bad_evidence` where the drives
/// or steps differ, `refused` where it has expired or is from the future, `usage` where it is not a
/// token.
Result<void> check_token(std::string_view token, std::span<const Plan> plans, UtcTime now);

}  // namespace quietus
