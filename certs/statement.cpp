#include "certs/statement.h"

#include <algorithm>

#include "base/bytes.h"
#include "certs/json_parts.h"

namespace quietus::certs {

namespace {

Json pictures_part(const std::vector<Picture>& pictures) {
    Json list = Json::array();
    for (const Picture& picture : pictures) {
        list.push_back({{"name", printable_text(picture.name)},
                        {"sha256", picture.sha256},
                        {"bytes", json_integer(picture.bytes)}});
    }
    return list;
}

Json body_json(const Validation& said) {
    return {{"decision", to_string(said.decision)},
            {"reason", printable_text(said.reason)},
            {"residual_risk", text_or(said.residual_risk, "not given (--residual-risk)")},
            {"next_step", to_string(said.next)}};
}

Json body_json(const SecondVerification& said) {
    return {{"tool", printable_text(said.tool)},
            {"tool_version", text_or(said.version, "not given (--tool-version)")},
            {"outcome", said.passed ? "pass" : "fail"},
            {"covered_bytes", json_integer(said.covered_bytes)},
            {"expected", text_or(said.expected, "not given (--expected)")},
            {"lot", text_or(said.lot, "not drawn in a lot")}};
}

Json body_json(const Custody& said) {
    return {{"from", printable_text(said.from)},
            {"to", printable_text(said.to)},
            {"at", said.at},
            {"place", text_or(said.place, "not given (--place)")},
            {"seal", text_or(said.seal, "not given (--seal)")},
            {"container", text_or(said.container, "not given (--container)")},
            {"scan", text_or(said.scan, "not given (--scan)")}};
}

Json body_json(const Destruction& said) {
    return {{"technique", said.technique},
            {"equipment", printable_text(said.equipment)},
            {"equipment_serial", text_or(said.equipment_serial, "not given (--equipment-serial)")},
            {"particle_size", text_or(said.particle_size, "not given (--particle-size)")},
            {"facility", printable_text(said.facility)},
            {"pictures", pictures_part(said.pictures)}};
}

Json body_json(const Unresponsive& said) {
    return {{"symptom", printable_text(said.symptom)},
            {"tried", text_or(said.tried, "not given (--tried)")},
            {"pictures", pictures_part(said.pictures)}};
}

Json body_json(const ThirdParty& said) {
    const std::string not_said = "the report does not say";
    Json remarks = Json::array();
    for (const std::string& remark : said.claim.remarks) remarks.push_back(printable_text(remark));
    return {{"format", said.format},
            {"tool", text_or(said.claim.tool, not_said)},
            {"tool_version", text_or(said.claim.tool_version, not_said)},
            {"method", text_or(said.claim.method, not_said)},
            {"result", text_or(said.claim.result, not_said)},
            {"claims_success", said.claim.claims_success},
            {"started", text_or(said.claim.started, not_said)},
            {"ended", text_or(said.claim.ended, not_said)},
            {"remarks", std::move(remarks)}};
}

Json drive_json(const StatedDrive& drive) {
    const std::string missing =
        drive.from_label ? "not on the label, or not given" : "the record before names none";
    return {{"model", text_or(drive.model, missing)},
            {"serial", text_or(drive.serial, missing)},
            {"wwn", text_or(drive.wwn, missing)},
            {"asset_tag", text_or(drive.asset_tag, "not given (--asset)")},
            {"size_bytes", drive.size_bytes ? json_integer(*drive.size_bytes)
                                            : unavailable("nobody could measure it")},
            {"named_by", drive.from_label ? "a person, from its label" : "the record before"}};
}

Json previous_json(const std::vector<PreviousDocument>& previous) {
    Json list = Json::array();
    for (const PreviousDocument& document : previous) {
        list.push_back({{"record_id", printable_text(document.id)},
                        {"kind", printable_text(document.type)},
                        {"sha256", document.sha256}});
    }
    return list;
}

std::vector<std::string> limits_of(const Statement& statement, const IssueContext& context,
                                   bool self_signed) {
    std::vector<std::string> limits{
        "This is what a person states. The program that wrote it measured nothing of it."};
    if (std::holds_alternative<Unresponsive>(statement.body))
        limits.emplace_back(
            "The drive was not erased: nothing was written to it and nothing was read.");
    if (std::holds_alternative<ThirdParty>(statement.body))
        limits.emplace_back(
            "It repeats what another erasure program reported, in that program's words. Neither "
            "its "
            "result nor a signature of its own was checked, and it is no record of an erasure by "
            "quietus.");
    if (const auto* destroyed = std::get_if<Destruction>(&statement.body)) {
        for (const DestroyTechnique& known : destroy_techniques())
            if (known.name == destroyed->technique && !known.note.empty())
                limits.emplace_back(known.note);
        if (destroyed->pictures.empty()) limits.emplace_back("No picture was taken of it.");
    }
    if (statement.drive.from_label)
        limits.emplace_back(
            "Serial number and model were read from a label by a person: another label on another "
            "drive would read the same.");
    if (context.register_id.empty())
        limits.emplace_back("The statement is in no register: nobody would notice if it vanished.");
    if (self_signed)
        limits.emplace_back(
            "The signing certificate is self-signed: no independent party vouches for who holds "
            "the key.");
    return limits;
}

Result<void> needed(const std::string& value, const char* what, const char* flag) {
    if (!value.empty()) return {};
    return failure(ErrorCode::usage, std::string{"the statement lacks "} + what,
                   std::string{"give "} + flag);
}

Result<void> check_body(const Validation& said) {
    return needed(said.reason, "its reason", "--reason TEXT");
}

Result<void> check_body(const SecondVerification& said) {
    if (said.passed && said.covered_bytes == 0)
        return failure(ErrorCode::usage, "nothing was read, so nothing passed",
                       "give --covered-bytes, or --fail");
    return needed(said.tool, "the tool that read the drive", "--tool NAME");
}

Result<void> check_body(const Custody& said) {
    QUIETUS_TRY(needed(said.from, "who gave the drive away", "--from NAME"));
    QUIETUS_TRY(needed(said.to, "who received the drive", "--to NAME"));
    QUIETUS_TRY(parse_rfc3339(said.at));
    return {};
}

Result<void> check_body(const Destruction& said) {
    const auto& known = destroy_techniques();
    const bool is_known = std::any_of(known.begin(), known.end(), [&](const auto& technique) {
        return technique.name == said.technique;
    });
    if (!is_known) {
        std::string names;
        for (const auto& technique : known)
            names += (names.empty() ? "" : ", ") + std::string{technique.name};
        return failure(
            ErrorCode::usage,
            "no technique of destruction is called '" + printable_text(said.technique) + "'",
            "--technique takes one of: " + names);
    }
    QUIETUS_TRY(needed(said.equipment, "the equipment", "--equipment NAME"));
    return needed(said.facility, "the place of the destruction", "--facility NAME");
}

Result<void> check_body(const ThirdParty& said) {
    return needed(said.claim.result, "what the other program reported",
                  "a report that names the result for this drive");
}

Result<void> check_body(const Unresponsive& said) {
    return needed(said.symptom, "what the drive does", "--symptom TEXT");
}

std::string text_in(const Json& object, const char* key) {
    const auto value = string_member(object, key);
    return value ? printable_text(*value) : std::string{};
}

std::string number_in(const Json& object, const char* key) {
    const auto value = integer_member(object, key);
    return value ? std::to_string(*value) : "?";
}

}  // namespace

std::string to_string(Decision decision) {
    switch (decision) {
        case Decision::accept:
            return "accept";
        case Decision::reject:
            return "reject";
        case Decision::escalate:
            return "escalate";
    }
    return "escalate";
}

std::string to_string(NextStep step) {
    switch (step) {
        case NextStep::none:
            return "none";
        case NextStep::repeat:
            return "repeat";
        case NextStep::stronger_technique:
            return "stronger-technique";
        case NextStep::destroy:
            return "destroy";
    }
    return "none";
}

Result<NextStep> parse_next_step(std::string_view text) {
    for (const NextStep step :
         {NextStep::none, NextStep::repeat, NextStep::stronger_technique, NextStep::destroy}) {
        if (to_string(step) == text) return step;
    }
    return failure(ErrorCode::usage, "no next step is called '" + printable_text(text) + "'",
                   "one of: none, repeat, stronger-technique, destroy");
}

// What NIST SP 800-88 names for "destroy" (second-hand, docs/standards.md). Degaussing is not among
// them: revision 2 calls it a purge technique of magnetic media.
const std::vector<DestroyTechnique>& destroy_techniques() {
    static const std::vector<DestroyTechnique> kTechniques{
        {"disintegrate", ""},
        {"incinerate", ""},
        {"melt", ""},
        {"pulverize",
         "Pulverizing is no longer held sufficient for today's drives by IEEE 2883 (second-hand): "
         "data may survive on fragments."},
        {"shred",
         "Shredding is no longer held sufficient for today's drives by IEEE 2883 (second-hand): "
         "data may survive on fragments larger than the recording density allows for."}};
    return kTechniques;
}

std::string stem_of(const StatementBody& body) {
    return statement_types().at(body.index());
}

const std::vector<std::string>& statement_types() {
    // In the order of StatementBody.
    static const std::vector<std::string> kTypes{"validation",  "verification", "custody",
                                                 "destruction", "unresponsive", "third-party"};
    return kTypes;
}

const std::vector<std::string>& document_stems() {
    static const std::vector<std::string> kStems = [] {
        std::vector<std::string> stems{"certificate", "exception-record", "failure-record"};
        const auto& statements = statement_types();
        stems.insert(stems.end(), statements.begin(), statements.end());
        return stems;
    }();
    return kStems;
}

bool is_statement_type(std::string_view type) {
    const auto& types = statement_types();
    return std::find(types.begin(), types.end(), type) != types.end();
}

Result<Folder> issue_statement(const Statement& statement, const IssueContext& context,
                               const SigningKey& key) {
    QUIETUS_TRY(std::visit([](const auto& body) { return check_body(body); }, statement.body));
    QUIETUS_TRY(needed(statement.drive.serial, "the drive's serial number",
                       "--serial TEXT, or the record that the statement is about"));
    QUIETUS_CHECK(!statement.people.empty());
    QUIETUS_TRY(needed(statement.people.front().name, "who states it", "--name NAME"));
    const std::string stem = stem_of(statement.body);
    const Sealed parts{.stem = stem,
                       .attachments = statement.attachments,
                       .people = people_bytes(statement.people, statement.id, context.salt)};
    const Heading heading{.type = stem,
                          .id = statement.id,
                          .organisation = statement.organisation,
                          .organisation_address = statement.organisation_address,
                          .organisation_contact = statement.organisation_contact,
                          .tool = statement.tool,
                          .people = people_part(statement.people, parts.people)};
    return seal(parts, context, key, [&](const Folder& files) {
        Json json = heading_json(heading, context, key, files);
        json["drive"] = drive_json(statement.drive);
        json["previous"] = previous_json(statement.previous);
        json["statement"] =
            std::visit([](const auto& body) { return body_json(body); }, statement.body);
        json["limits"] = limits_of(statement, context, key.self_signed());
        return canonical_json(json);
    });
}

std::string sentence_of(const Json& statement) {
    const auto part = member(statement, "statement");
    const std::string type = text_in(statement, "type");
    if (!part) return "an empty statement";
    if (type == "validation")
        return "decision: " + text_in(*part, "decision") + ", because: " + text_in(*part, "reason");
    if (type == "verification")
        return text_in(*part, "tool") + " read " + number_in(*part, "covered_bytes") +
               " bytes: " + text_in(*part, "outcome");
    if (type == "custody")
        return "handed over by " + text_in(*part, "from") + " to " + text_in(*part, "to") + " at " +
               text_in(*part, "at");
    if (type == "destruction")
        return "destroyed (" + text_in(*part, "technique") + ") at " + text_in(*part, "facility") +
               " with " + text_in(*part, "equipment");
    if (type == "unresponsive") return "the drive no longer answers: " + text_in(*part, "symptom");
    if (type == "third-party")
        return text_in(*part, "tool") + " reported: " + text_in(*part, "result") + " (not checked)";
    return "a statement of an unknown kind";
}

Result<std::vector<PreviousDocument>> previous_of(const Json& statement) {
    const Json list = QUIETUS_TRY(member(statement, "previous"));
    if (!list.is_array())
        return failure(ErrorCode::bad_evidence, "the statement has no list of what came before it");
    std::vector<PreviousDocument> previous;
    for (const Json& entry : list) {
        PreviousDocument document;
        document.id = QUIETUS_TRY(string_member(entry, "record_id"));
        document.type = QUIETUS_TRY(string_member(entry, "kind"));
        document.sha256 = QUIETUS_TRY(string_member(entry, "sha256"));
        previous.push_back(std::move(document));
    }
    return previous;
}

}  // namespace quietus::certs
