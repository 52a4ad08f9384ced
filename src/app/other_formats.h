#pragma once
// `certificate export`: the record in the formats of others.

#include <string>

#include "app/certificate.h"
#include "app/settings.h"

namespace quietus::app {

/// The record of an authentic folder as an in-toto statement in a DSSE envelope, signed with the
/// configured key (or this host's own), to a new file. `bad_evidence` where it is not authentic.
Result<void> export_dsse(const std::string& cert, const TrustFlags& trust, const Settings& settings,
                         const Clock& clock, const std::string& file);

}  // namespace quietus::app
