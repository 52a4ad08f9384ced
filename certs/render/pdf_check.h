#pragma once
// Is this PDF ours, whole and unchanged? For quietus and for quietus-verify: it draws nothing.

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/utc_time.h"
#include "certs/cms.h"
#include "certs/verify.h"

namespace quietus::certs {

inline constexpr std::size_t kPdfSizeMax = 256 * std::size_t{1024} * 1024;

/// Who signed the PDF; `not_authentic` says why it is not. It is authentic where one signature
/// covers all of the file but the signature itself, was made by somebody whom `trust` names, holds
/// nothing beside, and the attachments are exactly `records` (name → bytes) and the signer's chain.
/// Nothing may follow: a later revision is refused, whatever it changes.
Result<Signer> verify_pdf(std::string_view pdf, const std::map<std::string, std::string>& records,
                          const Trust& trust, UtcTime now);

/// Is this a rendering of this one authentic document, signed by somebody whom `trust` names? Adds
/// the finding, and makes the report not authentic where it is not.
void check_rendering(Report& report, std::string_view pdf, const Trust& trust, UtcTime now);

}  // namespace quietus::certs
