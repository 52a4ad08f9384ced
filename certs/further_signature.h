#pragma once
// Further people may sign the same bytes: certificate.2.p7s, certificate.3.p7s, … beside the
// certificate.p7s of whoever issued the record. Each is a signature by itself, checked like the
// first. No digest covers it, so one can be taken away unnoticed, but none can be changed.

#include <string>
#include <string_view>
#include <vector>

#include "certs/cms.h"
#include "certs/evidence.h"
#include "certs/revocation.h"

namespace quietus::certs {

inline constexpr std::size_t kSignaturesMax = 16;  ///< The issuer's among them.

/// "certificate.2.p7s"; numbers count from 2 without a gap.
std::string further_name(const std::string& stem, std::size_t number);
bool is_further_name(std::string_view stem, std::string_view name);
/// The number the next one would have.
std::size_t next_further(const Folder& folder, const std::string& stem);

/// Every further signature over the record, in order: by a certificate that has not signed it yet,
/// of those that `trust` has roots for, with the whole path up to a self-signed certificate inside
/// and nothing else. Where `trust` has no roots, a signature must hold, and is not relied on.
/// `not_authentic` says which does not.
Result<std::vector<FurtherSigner>> check_further(const Folder& folder, const std::string& stem,
                                                 const Signer& first, const Trust& trust,
                                                 UtcTime as_of, UtcTime now);

/// "further signatures: none", or who made them.
std::string further_text(const std::vector<FurtherSigner>& signers);

}  // namespace quietus::certs
