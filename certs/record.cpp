// The top level of the record: design of every field in docs/formats/record.md and
// certs/schema/record-1.json. The words "type" and "verdict" and the list "files" are keys once in
// the whole record: certs/verify.sh, which has no JSON parser, relies on it.

#include "base/bytes.h"
#include "certs/envelope.h"
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

Json record_json(const EraseRecord& record, const IssueContext& context, const SigningKey& key,
                 const Json& people, const Folder& files) {
    const Heading heading{.type = type_of(record.verdict),
                          .id = record.id,
                          .organisation = record.order.organisation,
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
