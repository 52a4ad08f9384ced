#include "certs/standing.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/bytes.h"
#include "certs/envelope.h"
#include "certs/statement.h"

namespace quietus::certs {

namespace {

struct Field {
    const char* name;
    const char* part;  ///< Of the record; nullptr for the people.
    const char* key;
    const char* remedy;
};
constexpr std::array kFields{
    Field{"organisation", "issuer", "organisation", "--organisation"},
    Field{"operator", nullptr, "operator", "--operator"},
    Field{"location", "host", "site", "--location"},
    Field{"asset_tag", "drive", "asset_tag", "--asset"},
    Field{"destination", "drive", "destination", "--destination"},
    Field{"condition", "drive", "condition_at_intake", "--condition"},
    Field{"media_source", "drive", "source", "--media-source"},
    Field{"classification", "drive", "classification", "--classification"},
    Field{"ticket", "order", "ticket", "--ticket"},
    Field{"address", "issuer", "address", "organisation_address in the configuration"},
    Field{"contact", "issuer", "contact", "organisation_contact in the configuration"},
    Field{"label_serial", "drive", "label_serial", "--label-serial"},
    Field{"customer", "order", "customer", "--customer"},
    Field{"contract", "order", "contract", "--contract"},
    Field{"retention", "order", "retention", "--retention"},
    Field{"legal_hold", "order", "legal_hold", "--legal-hold"},
    Field{"backed_up", "order", "backed_up", "--backed-up"},
    Field{"requester", nullptr, "requester", "--requested-by"},
    Field{"approver", nullptr, "approver", "--approved-by"},
    Field{"approval", "authorisation", "approval", "--approval"},
};

const Field* field_called(const std::string& name) {
    const auto* found = std::find_if(kFields.begin(), kFields.end(),
                                     [&](const Field& field) { return name == field.name; });
    return found == kFields.end() ? nullptr : found;
}

bool has_field(const Json& record, const Field& field) {
    if (field.part != nullptr) {
        const auto part = member(record, field.part);
        return part && string_member(*part, field.key).has_value();
    }
    const auto people = member(record, "people");
    const auto named = people ? member(*people, "named") : people;
    return named && named->is_array() &&
           std::find(named->begin(), named->end(), field.key) != named->end();
}

std::string title_of(const std::string& type) {
    if (type == "sanitization") return "Record of sanitization";
    if (type == "exception-record") return "Record of an erasure with exceptions";
    if (type == "failure-record") return "Record of a failed erasure";
    if (type == "validation") return "Statement of validation";
    if (type == "verification") return "Statement of verification by another tool";
    if (type == "custody") return "Statement of custody";
    if (type == "destruction") return "Certificate of destruction";
    if (type == "third-party") return "Statement of another program's report";
    if (type == "unresponsive") return "Statement about a drive that does not answer";
    return "Document";
}

std::string issued_of(const Report& report) {
    return string_member(report.record, "issued").value_or("");
}

SignedStatement shown(const Report& statement) {
    return {.type = statement.type,
            .id = statement.id,
            .issued = printable_text(issued_of(statement)),
            .signer = statement.signer_subject,
            .fingerprint = statement.signer_fingerprint,
            .sentence = sentence_of(statement.record)};
}

// Those that lead back to the record, in order of time.
std::vector<const Report*> about(const Report& record, const std::vector<Report>& statements) {
    std::set<std::string> known{record.record_sha256};
    std::vector<const Report*> found;
    for (bool grown = true; grown;) {
        grown = false;
        for (const Report& statement : statements) {
            if (!statement.authentic || !is_statement_type(statement.type) ||
                known.contains(statement.record_sha256))
                continue;
            const auto previous = previous_of(statement.record);
            const bool leads_here =
                previous && std::any_of(previous->begin(), previous->end(), [&](const auto& one) {
                    return known.contains(one.sha256);
                });
            if (!leads_here) continue;
            known.insert(statement.record_sha256);
            found.push_back(&statement);
            grown = true;
        }
    }
    // UUIDv7: within one time of issue the ids tell the order.
    std::sort(found.begin(), found.end(), [](const Report* a, const Report* b) {
        return std::pair{issued_of(*a), a->id} < std::pair{issued_of(*b), b->id};
    });
    return found;
}

bool names_directly(const Report& statement, const std::string& sha256) {
    const auto previous = previous_of(statement.record);
    return previous && std::any_of(previous->begin(), previous->end(),
                                   [&](const auto& one) { return one.sha256 == sha256; });
}

bool says_yes(const Report& statement) {
    const auto part = member(statement.record, "statement");
    if (!part) return false;
    if (statement.type == "validation")
        return string_member(*part, "decision").value_or("") == "accept";
    if (statement.type == "verification")
        return string_member(*part, "outcome").value_or("") == "pass" &&
               integer_member(*part, "covered_bytes").value_or(0) > 0;
    return true;
}

// Why the statement that the policy asks for is not there; empty where it is.
std::string lacks(const Report& record, const std::vector<const Report*>& statements,
                  const std::string& type) {
    const Report* latest = nullptr;
    for (const Report* statement : statements) {
        if (statement->type == type && names_directly(*statement, record.record_sha256))
            latest = statement;
    }
    if (latest == nullptr) return "no statement of " + type;
    // One key may have several certificates.
    if (latest->signer_key == record.signer_key)
        return "the " + type + " was signed by the key that signed the record";
    if (!says_yes(*latest)) return "the latest " + type + ": " + sentence_of(latest->record);
    return {};
}

}  // namespace

Result<void> check_policy(const TitlePolicy& policy) {
    for (const std::string& name : policy.fields) {
        if (field_called(name) == nullptr)
            return failure(ErrorCode::config,
                           "certificate.fields: no field is called '" + printable_text(name) + "'",
                           "organisation, operator, location, asset_tag, destination, "
                           "condition, media_source, classification, ticket, address, contact, "
                           "label_serial, customer, contract, retention, legal_hold, backed_up, "
                           "requester, approver or approval");
    }
    for (const std::string& type : policy.statements) {
        if (type != "validation" && type != "verification" && type != "custody" &&
            type != "destruction")
            return failure(
                ErrorCode::config,
                "certificate.statements: '" + printable_text(type) + "' is none to ask for",
                "validation, verification, custody or destruction");
    }
    return {};
}

Standing standing_of(const Report& record, const std::vector<Report>& statements,
                     const TitlePolicy& policy) {
    Standing standing;
    standing.title = title_of(record.type);
    const std::vector<const Report*> found = about(record, statements);
    for (const Report* statement : found) standing.statements.push_back(shown(*statement));
    if (record.type != "sanitization") return standing;
    for (const std::string& name : policy.fields) {
        const Field* field = field_called(name);
        if (field != nullptr && !has_field(record.record, *field))
            standing.missing.push_back("the " + name + " was not given (" + field->remedy + ")");
    }
    for (const std::string& type : policy.statements) {
        if (std::string why = lacks(record, found, type); !why.empty())
            standing.missing.push_back(std::move(why));
    }
    if (standing.missing.empty()) standing.title = "Certificate of sanitization";
    return standing;
}

}  // namespace quietus::certs
