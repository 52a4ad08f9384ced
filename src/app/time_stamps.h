#pragma once
// Time stamps for evidence: of the signature when it is made, and of whole folders ever after
// (renewals), over the network or carried by hand.

#include <string>
#include <vector>

#include "app/certificate.h"
#include "app/settings.h"
#include "certs/evidence.h"

namespace quietus::app {

/// Puts STEM.tsr into the folder where an authority is configured and it is not there yet; `busy`
/// where the authority does not answer.
Result<void> stamp_signature(const Settings& settings, const std::string& stem,
                             certs::Folder& folder);

struct Renewal {
    std::string folder;
    std::string list;   ///< Name of the new list: renewal-N.txt
    std::string stamp;  ///< Name of the stamp over it.
};

/// Asks the configured authority to stamp everything in the folder, which must be authentic
/// (`bad_evidence` else). `usage` without an authority.
Result<Renewal> renew_certificate(const std::string& cert, const TrustFlags& trust,
                                  const Settings& settings, const Clock& clock);

/// Writes the request for the next renewal to a new file, to be carried to an authority.
Result<Renewal> export_renewal_request(const std::string& cert, const TrustFlags& trust,
                                       const Settings& settings, const Clock& clock,
                                       const std::string& request_file);

/// Takes the authority's reply to such a request. `bad_evidence` where it is of another folder, or
/// of this one before it changed.
Result<Renewal> import_renewal(const std::string& cert, const TrustFlags& trust,
                               const Settings& settings, const Clock& clock,
                               const std::string& reply_file);

}  // namespace quietus::app
