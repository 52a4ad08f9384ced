// The top level of the record: design of every field in docs/formats/record.md and
// certs/schema/record-1.json. The words "type" and "verdict" and the list "files" are keys once in
// the whole record: certs/verify.sh, which has no JSON parser, relies on it.

#include <algorithm>

#include "base/bytes.h"
#include "certs/envelope.h"
#include "certs/evidence.h"
#include "certs/json_parts.h"
#include "certs/record_parts.h"

namespace quietus::certs {

namespace {

Json cryptographic_erase_part(const Technique& technique) {
    const auto& commands = technique.commands;
    const bool crypto = std::find(commands.begin(), commands.end(),
                                  DeviceCommand::nvme_sanitize_crypto) != commands.end();
    if (!crypto) return unavailable("no cryptographic erase is relied on");
    return unavailable(commands.size() > 1
                           ? "a crypto erase came first, and nothing rests on it: how the drive's "
                             "keys were made and kept is not known here"
                           : "crypto erase alone, taken for clear: how the drive's keys were made "
                             "and kept is not known here");
}

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

Json order_part(const OrderFacts& order) {
    const Json manifest =
        order.manifest_sha256.empty()
            ? unavailable("no manifest was used (--manifest)")
            : Json{{"sha256", order.manifest_sha256}, {"line", json_integer(order.manifest_line)}};
    return {{"ticket", declared(order.ticket, "--ticket")},
            {"customer", declared(order.customer, "--customer")},
            {"contract", declared(order.contract, "--contract")},
            {"retention", declared(order.retention, "--retention")},
            {"legal_hold", declared(order.legal_hold, "--legal-hold")},
            {"backed_up", declared(order.backed_up, "--backed-up")},
            {"backup_location", declared(order.backup_location, "--backup-location")},
            {"manifest", manifest},
            {"order", unavailable("no signed job order was used")}};
}

// Who asked and who approved are people: their names are in people.json alone, which may be taken
// out.
Json authorisation_part(const EraseRecord& record) {
    const OrderFacts& order = record.order;
    const auto person = [](const std::string& name, const std::string& flag) {
        return name.empty() ? declared({}, flag) : Json("named in people.json");
    };
    const std::string& operated = record.operated_by.declared;
    const bool both = !order.approver.empty() && !operated.empty();
    return {
        {"requester", person(order.requester, "--requested-by")},
        {"approver", person(order.approver, "--approved-by")},
        {"approver_is_operator", both ? Json(order.approver == operated)
                                      : unavailable("approver and operator were not both named")},
        {"approval", declared(order.approval, "--approval")},
        {"grant", unavailable("none beyond this run: the guards let it write to this drive, "
                              "from sanitization.started to sanitization.ended")},
        {"break_glass", unavailable("there is no way past the guards; what was accepted is in "
                                    "sanitization.consent")}};
}

Json record_json(const EraseRecord& record, const IssueContext& context, const SigningKey& key,
                 const Json& people, const Folder& files) {
    const Heading heading{.type = type_of(record.verdict),
                          .id = record.id,
                          .organisation = record.order.organisation,
                          .organisation_address = record.order.organisation_address,
                          .organisation_contact = record.order.organisation_contact,
                          .tool = record.tool,
                          .people = people};
    Json json = heading_json(heading, context, key, files);
    json.update(Json{{"drive", drive_part(record)},
                     {"health",
                      {{"before", unavailable("health is not read by this version")},
                       {"after", unavailable("health is not read by this version")}}},
                     {"hidden_areas", hidden_areas_part(record)},
                     {"host", host_part(record.host, record.order.location)},
                     {"order", order_part(record.order)},
                     {"authorisation", authorisation_part(record)},
                     {"cryptographic_erase", cryptographic_erase_part(record.plan.technique)},
                     {"attempts_before", attempts_part(record)},
                     {"sanitization", sanitization_part(record, context.approved_standard)},
                     {"verification", verification_part(record)},
                     {"verdict", to_string(record.verdict)},
                     {"media_state", to_string(record.media_state)},
                     {"journal",
                      {{"digest", text_or(record.journal_digest, "no journal was kept")},
                       {"entries", json_integer(record.journal_entries)}}},
                     {"limits", limits_of(record, context.durability, key.self_signed(),
                                          !context.time_stamp_authority.empty())}});
    if (record.verdict != Verdict::erased) json["cause"] = text_or(record.cause, "not known");
    if (record.signal) json["ended_by_signal"] = *record.signal;
    return json;
}

}  // namespace

std::string record_bytes(const EraseRecord& record, const IssueContext& context,
                         const SigningKey& key, const Json& people, const Folder& files) {
    return canonical_json(record_json(record, context, key, people, files));
}

}  // namespace quietus::certs
