#pragma once
// Revoked certificates, by the CRLs (RFC 5280 §5) that the auditor gave. What a signature carries
// inside is never looked at: an old list there would win over a newer one.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/utc_time.h"

namespace quietus::certs {

/// When a signature was made, and whether somebody else than its signer says so.
struct SignedAt {
    UtcTime time;
    bool stamped{false};
};

/// `chain` has the DER of the signer's certificate, then of each issuer up to the anchor. Every
/// certificate but the anchor needs a list of its issuer that tells of the time of signing: one
/// that is still current, or, for a stamped signature, one made after it. `not_authentic` where a
/// certificate was revoked before that time, or at any time for a compromised key; where a list is
/// missing, stale, or not its issuer's. Without lists nothing is checked.
Result<std::string> check_revocation(const std::vector<std::string>& chain,
                                     std::string_view crls_pem, SignedAt when, UtcTime now);

}  // namespace quietus::certs
