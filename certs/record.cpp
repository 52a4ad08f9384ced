// The top level of the record: design of every field in docs/formats/record.md and
// certs/schema/record-1.json. The words "type" and "verdict" and the list "files" are keys once in
// the whole record: certs/verify.sh, which has no JSON parser, relies on it.

#include "base/bytes.h"
#include "certs/evidence.h"
#include "certs/json_parts.h"
#include "certs/record_parts.h"

namespace quietus::certs {

namespace {

// Only what the journals of this host tell: another host may know of more.
Json attempts_part(const EraseRecord& record) {
    Json list = Json::array();
    for (const Attempt& attempt : record.attempts_before) {
        list.push_back({{"record_id", printable_text(attempt.id)},
                        {"started", to_rfc3339(attempt.started)},
                        {"ended_as", to_string(attempt.verdict)},
                        {"cause", text_or(attempt.cause, "nothing went wrong")}});
    }
    return list;
}

std::string type_of(Verdict verdict) {
    return verdict == Verdict::erased ? "sanitization" : stem_of(verdict);
}

Json evidence_part(const IssueContext& context, const Folder& files) {
    Json list = Json::array();
    for (const auto& [name, bytes] : files)
        list.push_back({{"name", name}, {"sha256", sha256_hex(bytes)}});
    return {
        {"durability", printable_text(context.durability)},
        {"register",
         {{"id", text_or(context.register_id, "no register is configured")},
          {"log_public_key", text_or(context.register_public_key, "no register is configured")}}},
        {"time_stamp", unavailable("no time-stamp authority is configured")},
        {"files", list}};
}

Json clock_part(const IssueContext& context) {
    return {{"source", text_or(context.clock_source, "not stated")},
            {"offset_ms", unavailable("the clock was not compared with another")},
            {"plausible", context.clock_plausible}};
}

Json signing_key_part(const SigningKey& key) {
    return {{"fingerprint_sha256", key.fingerprint_sha256()},
            {"protection", key.protection()},
            {"self_signed", key.self_signed()},
            {"subject", text_or(key.subject(), "the certificate has an empty name")}};
}

Json order_part(const OrderFacts& order) {
    const Json manifest =
        order.manifest_sha256.empty()
            ? unavailable("no manifest was used (--manifest)")
            : Json{{"sha256", order.manifest_sha256}, {"line", json_integer(order.manifest_line)}};
    return {{"ticket", text_or(order.ticket, "not given (--ticket)")},
            {"customer", text_or(order.customer, "not given (--manifest)")},
            {"manifest", manifest},
            {"order", unavailable("no signed job order was used")}};
}

Json tool_part(const ToolFacts& tool, const IssueContext& context) {
    return {{"name", text_or(tool.name, "not stated")},
            {"version", text_or(tool.version, "not stated")},
            {"commit", text_or(tool.commit, "not stated")},
            {"binary_sha256", text_or(tool.binary_sha256, "the binary could not be read")},
            {"build", text_or(tool.build, "not stated")},
            {"selftest", text_or(tool.selftest, "not run")},
            {"configuration_sha256", text_or(context.configuration_sha256, "no configuration")}};
}

Json people_part(const OperatorFacts& person) {
    return {{"operator",
             {{"declared", text_or(person.declared, "not given (--operator)")},
              {"authenticated_by", text_or(person.authenticated_by, "not known")},
              {"loginuid", text_or(person.login_uid, "not known")}}}};
}

Json record_json(const EraseRecord& record, const IssueContext& context, const SigningKey& key,
                 const Folder& files) {
    Json json{
        {"schema", "quietus/certificate/1"},
        {"type", type_of(record.verdict)},
        {"id", printable_text(record.id)},
        {"issued", to_rfc3339(context.issued)},
        {"clock", clock_part(context)},
        {"issuer",
         {{"organisation", text_or(record.order.organisation, "not given (--organisation)")}}},
        {"signing_key", signing_key_part(key)},
        {"evidence", evidence_part(context, files)},
        {"drive", drive_part(record)},
        {"health",
         {{"before", unavailable("health is not read by this version")},
          {"after", unavailable("health is not read by this version")}}},
        {"hidden_areas", hidden_areas_part(record)},
        {"host", host_part(record.host, record.order.location)},
        {"order", order_part(record.order)},
        {"attempts_before", attempts_part(record)},
        {"sanitization", sanitization_part(record)},
        {"verification", verification_part(record)},
        {"verdict", to_string(record.verdict)},
        {"media_state", to_string(record.media_state)},
        {"people", people_part(record.operated_by)},
        {"tool", tool_part(record.tool, context)},
        {"journal",
         {{"digest", text_or(record.journal_digest, "no journal was kept")},
          {"entries", json_integer(record.journal_entries)}}},
        {"limits", limits_of(record, context.durability, key.self_signed())}};
    if (record.verdict != Verdict::erased) json["cause"] = text_or(record.cause, "not known");
    if (record.signal) json["ended_by_signal"] = *record.signal;
    return json;
}

}  // namespace

std::string record_bytes(const EraseRecord& record, const IssueContext& context,
                         const SigningKey& key, const Folder& files) {
    return canonical_json(record_json(record, context, key, files));
}

}  // namespace quietus::certs
