#pragma once

#include "base/json.h"
#include "base/result.h"

namespace quietus::certs {

/// Does the document have the shape of certs/schema/record-1.json, or of statement-1.json where its
/// type is a statement's? `bad_evidence` names the first
/// fault.
Result<void> check_record_schema(const Json& record);

}  // namespace quietus::certs
