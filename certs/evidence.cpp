#include "certs/evidence.h"

#include <algorithm>

#include "base/bytes.h"
#include "certs/envelope.h"
#include "certs/mapfile.h"

namespace quietus::certs {

namespace {

constexpr std::size_t kSerialInNameMax = 40;  // ATA allows 20, SCSI in practice fewer than 40

// What is safe in a file name on every system the folder may be carried to.
std::string name_part(const std::string& text) {
    std::string part;
    for (const char c : text.substr(0, kSerialInNameMax)) {
        const bool plain =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
        part += plain ? c : '-';
    }
    // A leading dash would read as an option.
    const auto first = part.find_first_not_of('-');
    return first == std::string::npos ? "no-serial" : part.substr(first);
}

// A verdict is made by judge() alone; anything else here would sign a claim that nobody measured.
Result<void> check_verdict(const EraseRecord& record) {
    const Judgement judged = judge(record);
    if (judged.verdict == record.verdict && judged.media_state == record.media_state) return {};
    return failure(ErrorCode::internal, "the record says " + to_string(record.verdict) +
                                            ", its steps say " + to_string(judged.verdict));
}

// Who erased, as the call declared it and as this host knew them, and who the call says had it
// done.
std::vector<Person> people_of(const EraseRecord& record) {
    const OperatorFacts& facts = record.operated_by;
    std::vector<Person> people{{.role = "operator",
                                .name = facts.declared,
                                .title = facts.title,
                                .organisation = record.order.organisation,
                                .contact = facts.contact,
                                .location = record.order.location,
                                .authenticated_by = facts.authenticated_by,
                                .login_uid = facts.login_uid}};
    const std::string not_here = "declared by the operator, not seen by this host";
    for (const auto& [role, name] : {std::pair{"requester", &record.order.requester},
                                     std::pair{"approver", &record.order.approver}}) {
        if (!name->empty())
            people.push_back({.role = role, .name = *name, .authenticated_by = not_here});
    }
    return people;
}

}  // namespace

std::string stem_of(Verdict verdict) {
    switch (verdict) {
        case Verdict::erased:
            return "certificate";
        case Verdict::exceptions:
            return "exception-record";
        case Verdict::not_erased:
        case Verdict::unknown:
            return "failure-record";
    }
    return "failure-record";
}

std::string folder_name(const std::string& serial, UtcTime when, const std::string& id) {
    return name_part(serial) + "_" + to_compact(when) + "_" + name_part(id.substr(0, 8));
}

std::string folder_name(const EraseRecord& record) {
    return folder_name(printable(record.plan.target.identity.serial), record.started, record.id);
}

Result<Folder> issue(const EraseRecord& record, const IssueContext& context,
                     const SigningKey& key) {
    QUIETUS_TRY(check_verdict(record));
    const std::vector<Person> people = people_of(record);
    Sealed parts;
    parts.stem = stem_of(record.verdict);
    parts.people = people_bytes(people, record.id, context.salt);
    if (const std::string map = badmap_of(record); !map.empty())
        parts.attachments["badmap.mapfile"] = map;
    const Json named = people_part(people, parts.people);
    return seal(parts, context, key, [&](const Folder& files) {
        return record_bytes(record, context, key, named, files);
    });
}

}  // namespace quietus::certs
