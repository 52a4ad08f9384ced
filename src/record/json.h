#pragma once
// Parts of a record as the journal stores them. Lossless both ways.

#include <array>

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

/// The texts of HostFacts, each under its name in the journal and the record.
struct HostText {
    const char* name;
    std::string HostFacts::*text;
};
inline constexpr std::array kHostTexts{HostText{"hostname", &HostFacts::hostname},
                                       HostText{"kernel", &HostFacts::kernel},
                                       HostText{"dmi_vendor", &HostFacts::dmi_vendor},
                                       HostText{"dmi_product", &HostFacts::dmi_product},
                                       HostText{"dmi_serial", &HostFacts::dmi_serial},
                                       HostText{"chassis_serial", &HostFacts::chassis_serial},
                                       HostText{"boot_id", &HostFacts::boot_id},
                                       HostText{"operating_system", &HostFacts::operating_system},
                                       HostText{"image", &HostFacts::image},
                                       HostText{"secure_boot", &HostFacts::secure_boot},
                                       HostText{"network", &HostFacts::network}};
Json to_json(const HostFacts& facts);
Result<HostFacts> host_facts_from_json(const Json& json);
Json to_json(const ToolFacts& facts);
Result<ToolFacts> tool_facts_from_json(const Json& json);
Json to_json(const OperatorFacts& facts);
Result<OperatorFacts> operator_facts_from_json(const Json& json);
/// The texts of OrderFacts, each under the name it has in the journal.
struct OrderText {
    const char* name;
    std::string OrderFacts::*text;
};
inline constexpr std::array kOrderTexts{
    OrderText{"ticket", &OrderFacts::ticket},
    OrderText{"asset_tag", &OrderFacts::asset_tag},
    OrderText{"organisation", &OrderFacts::organisation},
    OrderText{"organisation_address", &OrderFacts::organisation_address},
    OrderText{"organisation_contact", &OrderFacts::organisation_contact},
    OrderText{"location", &OrderFacts::location},
    OrderText{"customer", &OrderFacts::customer},
    OrderText{"contract", &OrderFacts::contract},
    OrderText{"classification", &OrderFacts::classification},
    OrderText{"destination", &OrderFacts::destination},
    OrderText{"condition", &OrderFacts::condition},
    OrderText{"media_source", &OrderFacts::media_source},
    OrderText{"label_serial", &OrderFacts::label_serial},
    OrderText{"failure_reason", &OrderFacts::failure_reason},
    OrderText{"vendor_statement", &OrderFacts::vendor_statement},
    OrderText{"retention", &OrderFacts::retention},
    OrderText{"legal_hold", &OrderFacts::legal_hold},
    OrderText{"backed_up", &OrderFacts::backed_up},
    OrderText{"backup_location", &OrderFacts::backup_location},
    OrderText{"requester", &OrderFacts::requester},
    OrderText{"approver", &OrderFacts::approver},
    OrderText{"approval", &OrderFacts::approval}};
Json to_json(const OrderFacts& facts);
Result<OrderFacts> order_facts_from_json(const Json& json);
Json to_json(const RunLimits& limits);
Result<RunLimits> run_limits_from_json(const Json& json);
Json to_json(const Attempt& attempt);
Result<Attempt> attempt_from_json(const Json& json);
Json to_json(const ResumedRun& run);
Result<ResumedRun> resumed_run_from_json(const Json& json);

}  // namespace quietus
