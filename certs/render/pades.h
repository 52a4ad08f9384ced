#pragma once
// Signatures for PDF files: PAdES baseline B-B (ETSI EN 319 142-1), which is CAdES without a
// signingTime: the time of a PDF stands in its signature dictionary.

#include <string>
#include <string_view>

#include "base/result.h"
#include "certs/signing_key.h"

namespace quietus::certs {

/// DER of the detached signature over these bytes, with certificate and intermediates inside.
Result<std::string> sign_pades(const SigningKey& key, std::string_view content);

}  // namespace quietus::certs
