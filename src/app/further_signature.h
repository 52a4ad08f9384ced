#pragma once
// `quietus certificate sign`: one more person signs the bytes of a record.

#include <string>

#include "app/certificate.h"
#include "app/settings.h"
#include "base/result.h"
#include "base/utc_time.h"

namespace quietus::app {

struct FurtherSignature {
    std::string folder;
    std::string file;  ///< "certificate.2.p7s"
    std::string subject, fingerprint;
};

/// Verifies the evidence under `trust`, signs its record with the key that the settings name,
/// checks the result, and adds the signature as a file of its own: whole, or not at all, and never
/// over another. `not_authentic` for evidence that does not verify, `refused` where this
/// certificate has signed already.
Result<FurtherSignature> sign_further(const std::string& cert, const TrustFlags& trust,
                                      const Settings& settings, const Clock& clock);

}  // namespace quietus::app
