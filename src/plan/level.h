#pragma once
// What an erase may claim, in the words of NIST SP 800-88r2.

#include <string>
#include <string_view>

#include "base/result.h"

namespace quietus {

/// NIST "method". Destroy is never ours: software only records a person's attestation.
enum class Level { clear, purge };

std::string to_string(Level level);
Result<Level> parse_level(std::string_view text);

}  // namespace quietus
