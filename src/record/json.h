#pragma once
// Parts of a record as the journal stores them. Lossless both ways.

#include "base/json.h"
#include "record/erase_record.h"

namespace quietus {

/// [[first, count], …] in bytes.
Json to_json(const RangeSet& ranges);
Result<RangeSet> ranges_from_json(const Json& json);

Json to_json(const Keystream& keystream);
Result<Keystream> keystream_from_json(const Json& json);

/// In the words that records and `inspect` have too.
Json to_json(const Pace& pace);
Result<Pace> pace_from_json(const Json& json);

/// Without Plan::steps: `step` is found again by its index.
Json to_json(const StepOutcome& outcome);
Result<StepOutcome> outcome_from_json(const Json& json, const Plan& plan);

Json to_json(const HostFacts& facts);
Result<HostFacts> host_facts_from_json(const Json& json);
Json to_json(const ToolFacts& facts);
Result<ToolFacts> tool_facts_from_json(const Json& json);
Json to_json(const OperatorFacts& facts);
Result<OperatorFacts> operator_facts_from_json(const Json& json);
Json to_json(const OrderFacts& facts);
Result<OrderFacts> order_facts_from_json(const Json& json);
Json to_json(const RunLimits& limits);
Result<RunLimits> run_limits_from_json(const Json& json);
Json to_json(const Attempt& attempt);
Result<Attempt> attempt_from_json(const Json& json);
Json to_json(const ResumedRun& run);
Result<ResumedRun> resumed_run_from_json(const Json& json);

}  // namespace quietus
