#pragma once
// What people say of a drive and a job must make sense before it goes into a record.

#include "base/result.h"
#include "record/erase_record.h"

namespace quietus::app {

/// `bad_evidence` where an answer is none of yes, no and unknown.
Result<void> check_answers(const OrderFacts& said);

/// `refused` where the data are under a legal hold: whoever says so does not want them erased.
Result<void> check_hold(const OrderFacts& said);

}  // namespace quietus::app
