#include <algorithm>

#include "plan/json.h"

namespace quietus {

namespace {

Result<ExitStatus> status_member(const Json& object, const std::string& key) {
    const std::uint64_t number = QUIETUS_TRY(integer_member(object, key));
    const auto table = exit_status_table();
    const auto row = std::find_if(table.begin(), table.end(), [&](const ExitStatusRow& r) {
        return static_cast<std::uint64_t>(to_int(r.status)) == number;
    });
    if (row == table.end())
        return failure(ErrorCode::bad_evidence, "\"" + key + "\": no such status");
    return row->status;
}

Result<Severity> severity_member(const Json& object, const std::string& key) {
    const std::string text = QUIETUS_TRY(string_member(object, key));
    for (const Severity severity : {Severity::stop, Severity::needs_consent}) {
        if (to_string(severity) == text) return severity;
    }
    return failure(ErrorCode::bad_evidence, "\"" + key + "\": no such severity");
}

}  // namespace

Json to_json(const Consent& consent) {
    Json accepted = Json::array();
    for (const std::string& rule : consent.accepted) accepted.push_back(text_to_json(rule));
    return {{"confirmations", list_to_json<std::string>(consent.confirmations, text_to_json)},
            {"typed", consent.typed},
            {"plan_token", text_to_json(consent.plan_token)},
            {"plan_token_holds", consent.plan_token_holds},
            {"accepted", std::move(accepted)}};
}

Result<Consent> consent_from_json(const Json& json) {
    Consent consent;
    consent.confirmations = QUIETUS_TRY(list_member(json, "confirmations", text_from_json));
    consent.typed = QUIETUS_TRY(bool_member(json, "typed"));
    consent.plan_token = QUIETUS_TRY(text_member(json, "plan_token"));
    consent.plan_token_holds = QUIETUS_TRY(bool_member(json, "plan_token_holds"));
    const auto accepted = QUIETUS_TRY(list_member(json, "accepted", text_from_json));
    consent.accepted = {accepted.begin(), accepted.end()};
    return consent;
}

Json to_json(const Objection& objection) {
    return {{"rule", text_to_json(objection.rule)},
            {"severity", to_string(objection.severity)},
            {"status", to_int(objection.status)},
            {"what", text_to_json(objection.what)},
            {"remedy", text_to_json(objection.remedy)}};
}

Result<Objection> objection_from_json(const Json& json) {
    Objection value;
    value.rule = QUIETUS_TRY(text_member(json, "rule"));
    value.severity = QUIETUS_TRY(severity_member(json, "severity"));
    value.status = QUIETUS_TRY(status_member(json, "status"));
    value.what = QUIETUS_TRY(text_member(json, "what"));
    value.remedy = QUIETUS_TRY(text_member(json, "remedy"));
    return value;
}

}  // namespace quietus
