#pragma once
// `quietus certificate verify|show`: no root, no device, no network.

#include <optional>
#include <string>
#include <vector>

#include "app/settings.h"
#include "base/utc_time.h"
#include "certs/standing.h"
#include "certs/trust_files.h"
#include "certs/verify.h"

namespace quietus::app {

using TrustFlags = certs::TrustFiles;

/// The auditor's CA or fingerprint; without either this host's own key under the state folder,
/// never anything from the evidence. `usage` where there is nothing at all to trust.
Result<certs::Trust> trust_from(const TrustFlags& flags, const Settings& settings);

/// Reads and checks one evidence folder: its path, the id in it, or a serial number (the newest).
/// With `pdf_file` that PDF must be a rendering of it, too.
Result<certs::Report> verify_certificate(const std::string& cert, const TrustFlags& flags,
                                         const Settings& settings, const Clock& clock,
                                         const std::string& pdf_file = {});

/// A document with everything that was stated about it.
struct ShownCertificate {
    certs::Folder files;
    certs::Report report;
    certs::Standing standing;
    std::vector<std::string> not_counted;  ///< Folders that name it and are not authentic, and why.
};
Result<ShownCertificate> show_certificate(const std::string& cert, const TrustFlags& flags,
                                          const Settings& settings, const Clock& clock);

}  // namespace quietus::app
