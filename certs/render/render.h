#pragma once
// A record for people: PDF, HTML, a document for a batch, a label. The JSON stays authoritative,
// and each rendering says so. Whoever calls has verified the record before.

#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/utc_time.h"
#include "certs/signing_key.h"
#include "certs/standing.h"

namespace quietus::certs {

struct RenderInput {
    Json record;
    std::string record_bytes;  ///< As stored and signed.
    Standing standing;
    Json people{};  ///< people.json, checked; null where it was taken out.
};

/// An A4 page, more where its texts are too long for one. With a key it has a certifying PAdES B-B
/// signature dated `now`; with nullptr it is unsigned and always the same bytes.
Result<std::string> render_pdf(const RenderInput& input, const SigningKey* key, UtcTime now);
/// One file without scripts and without anything from outside.
Result<std::string> render_html(const RenderInput& input);
/// 100 × 50 mm.
Result<std::string> render_label(const RenderInput& input, const SigningKey* key, UtcTime now);
/// A list of the drives, then each record. `usage` where they are of different tickets, so that no
/// customer is handed another's records.
Result<std::string> render_batch(const std::vector<RenderInput>& inputs, const SigningKey* key,
                                 UtcTime now);

/// What a PDF of these records has attached beside its signer's chain: name → bytes; what
/// verify_pdf is to expect.
std::map<std::string, std::string> attachments_for(const std::vector<RenderInput>& inputs);

}  // namespace quietus::certs
