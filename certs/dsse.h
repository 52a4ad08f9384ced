#pragma once
// The record as an in-toto statement in a DSSE envelope, for supply-chain tools: another signature
// over other bytes, made from an authentic folder. The CMS signature stays the one that counts.

#include <string>

#include "base/json.h"
#include "base/result.h"
#include "certs/signing_key.h"
#include "certs/verify.h"

namespace quietus::certs {

/// One line of JSON: payloadType application/vnd.in-toto+json, the statement (subject: the record's
/// file and SHA-256; predicate: the record itself), one signature, named by the SHA-256 of its
/// certificate. DSSE v1, in-toto Statement v1.
Result<std::string> dsse_envelope(const Report& authentic, const std::string& stem,
                                  const SigningKey& key);

}  // namespace quietus::certs
