#pragma once
// The lot for verification by a second tool (NIST SP 800-88r2 §4.5.1, second-hand: at least 20 %):
// drawn so that whoever erased cannot choose, and anyone can draw it again.

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "certs/register/register.h"

namespace quietus::certs {

/// A share of the register's sanitizations, in thousandths: 200 for "20%".
Result<std::uint32_t> parse_fraction(std::string_view text);

/// Draws from the sanitizations among these entries: they are put in the order of
/// HMAC-SHA-256(nonce, record_sha256), both as bytes, and the first of them are taken, the share
/// rounded up. `nonce` is hex, at least 16 bytes, of somebody else's making; `usage` where it is
/// not.
Result<std::vector<Register::Entry>> draw_lot(const std::vector<Register::Entry>& entries,
                                              std::string_view nonce, std::uint32_t thousandths);

}  // namespace quietus::certs
