#pragma once

#include <vector>

#include "base/json.h"
#include "certs/render/page.h"

namespace quietus::certs {

/// Members of a record that the first page has no place of its own for, as they stand: the
/// contents of a later statement. None of a record of an erase.
std::vector<Section> statement_sections(const Json& record);

/// Steps, references, machine and tool: for whoever reads on.
std::vector<Section> detail_sections(const Json& record);

}  // namespace quietus::certs
