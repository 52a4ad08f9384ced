#pragma once
// What must hold between the values of one record; the shape of each is the schema's business.

#include <string>

#include "base/json.h"
#include "base/result.h"

namespace quietus::certs {

/// Does the record contradict itself? `not_authentic` names the first contradiction. `stem` is the
/// record's file name without its ending, `signer` the fingerprint of the certificate that signed
/// it.
Result<void> check_record_rules(const Json& record, const std::string& stem,
                                const std::string& signer);

}  // namespace quietus::certs
