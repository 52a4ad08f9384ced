#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "base/utc_time.h"
#include "certs/render/page.h"

namespace quietus::certs {

/// What stands before the certificates of a batch.
struct BatchSummary {
    std::string title, ticket, authority;
    std::string qr;  ///< Digest over all records.
};

/// Each record on a page of its own (A4), on more where its texts are too long; a summary before
/// them where there is one.
Result<std::string> draw_pages(const std::vector<Page>& pages, const BatchSummary* summary,
                               const std::string& title, UtcTime created);

/// 100 × 50 mm: verdict, serial number, QR code.
Result<std::string> draw_label(const Page& page, UtcTime created);

}  // namespace quietus::certs
