#pragma once
// Randomness from the kernel. Any failure is a failure: there is no second-best source.

#include <cstddef>
#include <span>
#include <string>

#include "base/result.h"
#include "base/utc_time.h"

namespace quietus {

/// Fills `out` from getrandom(2). Fails with `internal` where the kernel cannot.
Result<void> fill_random(std::span<std::byte> out);

/// UUIDv7 (RFC 9562 §5.7): 48 bits of `now` in milliseconds, then random bits.
Result<std::string> new_uuid_v7(UtcTime now);

}  // namespace quietus
