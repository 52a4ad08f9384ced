#pragma once

#include <map>
#include <string>

#include "base/result.h"
#include "base/utc_time.h"
#include "certs/signing_key.h"

namespace quietus::certs {

struct PdfParts {
    std::string drawn;  ///< The pages, as cairo wrote them.
    std::string title;
    std::string author;                              ///< May be empty.
    UtcTime created;                                 ///< The record's own time.
    std::map<std::string, std::string> attachments;  ///< Name → exact bytes.
};

/// The pages with the records attached; where a key is given also its chain, and a certifying
/// signature over all of the file that allows no change. Without a key the same parts always give
/// the same bytes.
Result<std::string> assemble_pdf(const PdfParts& parts, const SigningKey* key, UtcTime now);

}  // namespace quietus::certs
