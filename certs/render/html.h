#pragma once

#include <string>

#include "base/result.h"
#include "certs/render/page.h"

namespace quietus::certs {

/// One self-contained HTML 5 document: no script, nothing loaded, one style sheet that its
/// Content-Security-Policy names by digest.
Result<std::string> html_of(const Page& page);

}  // namespace quietus::certs
