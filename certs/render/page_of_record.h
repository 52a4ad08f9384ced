#pragma once

#include <string>

#include "base/json.h"
#include "certs/render/page.h"
#include "certs/standing.h"

namespace quietus::certs {

/// What a rendering of this record shows. Pure; takes any record, also one that lacks parts, and
/// never makes one look better than its type and verdict: whatever is not a sanitization with
/// verdict erased, nor a known kind of statement, is shown as a failure. `people` is people.json,
/// or null where it was taken out.
Page page_of_record(const Json& record, const std::string& record_bytes, const Standing& standing,
                    const Json& people);

}  // namespace quietus::certs
