#include "app/stating.h"

#include <algorithm>
#include <filesystem>
#include <optional>

#include "app/evidence.h"
#include "app/evidence_store.h"
#include "app/facts.h"
#include "app/state_dir.h"
#include "app/time_stamps.h"
#include "base/bytes.h"
#include "base/file.h"
#include "base/random.h"
#include "certs/folder_io.h"
#include "certs/register/register.h"

namespace quietus::app {

namespace {

constexpr std::size_t kAttachmentSizeMax = 16 * std::size_t{1024} * 1024;

std::string text_in(const Json& object, const char* key) {
    return string_member(object, key).value_or("");
}

// The same name in another spelling is the same person.
std::string folded(const std::string& name) {
    std::string plain;
    for (const char c : name) {
        if (c == ' ' || c == '\t') continue;
        plain += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return plain;
}

// Everybody that people.json names for the role; none where it was taken out.
std::vector<std::string> names_of(const certs::Folder& folder, const std::string& role) {
    std::vector<std::string> names;
    const auto file = folder.find(certs::kPeopleName);
    if (file == folder.end()) return names;
    const auto json = parse_json(file->second);
    const auto list = json ? member(*json, "people") : json;
    if (!list || !list->is_array()) return names;
    for (const Json& person : *list) {
        if (text_in(person, "role") == role && !text_in(person, "name").empty())
            names.push_back(text_in(person, "name"));
    }
    return names;
}

Result<void> check_validator(const certs::Report& record, const certs::Folder& folder,
                             const certs::SigningKey& key, const std::string& validator) {
    if (certs::is_statement_type(record.type))
        return failure(ErrorCode::usage, "a " + record.type + " cannot be validated",
                       "name the record of an erasure");
    if (key.key_sha256() == record.signer_key)
        return failure(ErrorCode::refused,
                       "the record was signed with this very key: nobody validates their own work",
                       "give the validator's own --key and --cert");
    const Json people = member(record.record, "people").value_or(Json::object());
    const Json named = member(people, "named").value_or(Json::array());
    if (!named.empty() && !folder.contains(certs::kPeopleName))
        return failure(ErrorCode::refused,
                       "the record names an operator, and people.json was taken out: nobody can "
                       "tell that the validator is somebody else",
                       "put people.json back while it is decided");
    for (const std::string& name : names_of(folder, "operator")) {
        if (folded(name) == folded(validator))
            return failure(ErrorCode::refused, "the validator is the operator of the record",
                           "somebody else must decide");
    }
    return {};
}

struct Before {
    certs::Report report;
    certs::Folder folder;
};

Result<Before> read_before(const Settings& settings, const Clock& clock,
                           const StatementRequest& request) {
    Before before;
    const std::string path = QUIETUS_TRY(find_evidence(settings, request.about));
    before.folder = QUIETUS_TRY(certs::read_folder(path));
    const certs::Trust trust = QUIETUS_TRY(trust_from(request.trust, settings));
    before.report = certs::verify_folder(before.folder, trust, clock.now());
    if (before.report.authentic) return before;
    return failure(
        ErrorCode::bad_evidence,
        printable_text(path) + " is not authentic: " + before.report.findings.back().what,
        "name with --ca or --fingerprint whom you trust to have signed it");
}

certs::StatedDrive drive_of(const Json& record, const certs::StatedDrive& given) {
    const Json drive = member(record, "drive").value_or(Json::object());
    certs::StatedDrive stated;
    stated.model = text_in(drive, "model");
    stated.serial = text_in(drive, "serial");
    stated.wwn = text_in(drive, "wwn");
    stated.asset_tag = given.asset_tag.empty() ? text_in(drive, "asset_tag") : given.asset_tag;
    if (const auto size = integer_member(drive, "size_bytes")) stated.size_bytes = *size;
    // A drive without a serial number is known by its record alone.
    if (stated.serial.empty()) stated.serial = "none; see the record before";
    return stated;
}

Result<std::vector<certs::Picture>> hashed(const std::vector<std::string>& files) {
    std::vector<certs::Picture> pictures;
    for (const std::string& file : files) {
        auto digest = sha256_hex_of_file(file);
        if (!digest) return failure(ErrorCode::usage, "--photo: " + digest.error().message);
        std::error_code fault;
        const auto size = std::filesystem::file_size(file, fault);
        if (fault) return failure(ErrorCode::usage, "--photo: " + file + ": " + fault.message());
        pictures.push_back({.name = std::filesystem::path{file}.filename().string(),
                            .sha256 = std::move(*digest),
                            .bytes = size});
    }
    return pictures;
}

void put_pictures(certs::StatementBody& body, std::vector<certs::Picture> pictures) {
    if (auto* destroyed = std::get_if<certs::Destruction>(&body))
        destroyed->pictures = std::move(pictures);
    else if (auto* silent = std::get_if<certs::Unresponsive>(&body))
        silent->pictures = std::move(pictures);
}

// What others made lies in the folder under a name that none of ours has.
Result<certs::Folder> attached(const std::vector<std::string>& files) {
    certs::Folder folder;
    for (const std::string& file : files) {
        auto bytes = read_whole_file(file, kAttachmentSizeMax);
        if (!bytes) return failure(ErrorCode::usage, "--report: " + bytes.error().message);
        folder["attached-" + std::to_string(folder.size() + 1) + ".bin"] = std::move(*bytes);
    }
    return folder;
}

// With the host's own key and register where the state folder is ours to use; else with what was
// given.
struct Desk {
    certs::SigningKey key;
    std::optional<certs::Register> log;
    std::string why_no_log;
};

Result<Desk> open_statement_desk(const Settings& settings, UtcTime now) {
    const StateDir state{settings.state_dir};
    const auto prepared = state.prepare();
    if (!prepared && settings.key_file.empty()) return tl::unexpected{prepared.error()};
    auto loaded = QUIETUS_TRY(load_or_make_key(state, settings, now));
    Desk desk{.key = std::move(loaded.key), .log = std::nullopt, .why_no_log = {}};
    if (!prepared) {
        desk.why_no_log = prepared.error().message;
        return desk;
    }
    desk.log = QUIETUS_TRY(open_register(state, /*create=*/true));
    return desk;
}

// Signed, then registered, then written; what could not be written is said to be lost.
Result<Stated> file_statement(const certs::Statement& statement, Desk& desk,
                              const Settings& settings, UtcTime now) {
    const certs::IssueContext context =
        QUIETUS_TRY(issue_context(settings, now, desk.log ? &*desk.log : nullptr));
    certs::Folder folder = QUIETUS_TRY(certs::issue_statement(statement, context, desk.key));
    const std::string stem = certs::stem_of(statement.body);
    QUIETUS_TRY(stamp_signature(settings, stem, folder));
    const std::string bytes = folder.at(stem + ".json");
    const Json json = QUIETUS_TRY(parse_json(bytes));
    // A folder that cannot be written must not leave an entry behind.
    std::size_t size = 0;
    for (const auto& [name, content] : folder) size += content.size();
    QUIETUS_TRY(check_writable(settings.out_dir(), size, "evidence (--out)"));
    // Nor one that no reader would take, for its number of files or their size.
    QUIETUS_TRY(certs::check_limits(folder));
    if (desk.log) {
        const auto leaf = QUIETUS_TRY(certs::leaf_of(json, folder, stem));
        folder["receipt.json"] = QUIETUS_TRY_CONTEXT(desk.log->append(leaf), "register");
    }
    Stated stated;
    stated.folder = QUIETUS_TRY(write_evidence(
        settings.out_dir(), certs::folder_name(statement.drive.serial, now, statement.id),
        statement.id, folder));
    stated.id = statement.id;
    stated.type = stem;
    stated.fingerprint = desk.key.fingerprint_sha256();
    stated.sentence = certs::sentence_of(json);
    stated.why_not_registered = desk.why_no_log;
    return stated;
}

}  // namespace

Result<Stated> make_statement(const Host& host, const Settings& settings, const Clock& clock,
                              const StatementRequest& request) {
    const UtcTime now = clock.now();
    if (now < kEarliestPlausibleTime)
        return failure(ErrorCode::config, "the clock says " + to_rfc3339(now) + ", which cannot be",
                       "set the clock: evidence with a wrong time is worthless");
    QUIETUS_CHECK(!request.people.empty());
    Desk desk = QUIETUS_TRY(open_statement_desk(settings, now));
    certs::Statement statement;
    statement.body = request.body;
    statement.drive = request.label;
    statement.people = request.people;
    if (!request.about.empty()) {
        const Before before = QUIETUS_TRY(read_before(settings, clock, request));
        if (std::holds_alternative<certs::Validation>(request.body))
            QUIETUS_TRY(check_validator(before.report, before.folder, desk.key,
                                        request.people.front().name));
        statement.drive = drive_of(before.report.record, request.label);
        statement.previous.push_back({.id = before.report.id,
                                      .type = before.report.type,
                                      .sha256 = before.report.record_sha256});
    }
    put_pictures(statement.body, QUIETUS_TRY(hashed(request.pictures)));
    statement.attachments = QUIETUS_TRY(attached(request.attachments));
    const OperatorFacts login = gather_operator_facts(host, settings);
    statement.people.front().authenticated_by = login.authenticated_by;
    statement.people.front().login_uid = login.login_uid;
    statement.organisation = settings.order.organisation;
    statement.organisation_address = settings.order.organisation_address;
    statement.organisation_contact = settings.order.organisation_contact;
    statement.tool = gather_tool_facts();
    statement.id = QUIETUS_TRY(new_uuid_v7(now));
    return file_statement(statement, desk, settings, now);
}

Result<Stated> import_report(const Host& host, const Settings& settings, const Clock& clock,
                             const ImportRequest& request) {
    const auto report = read_whole_file(request.report_file, certs::kForeignReportMax);
    if (!report) return failure(ErrorCode::usage, "--report: " + report.error().message);
    const auto claims = QUIETUS_TRY(certs::read_foreign(request.format, *report));
    StatementRequest statement = request.statement;
    std::string serial = statement.label.serial;
    if (!statement.about.empty()) {
        const Before before = QUIETUS_TRY(read_before(settings, clock, statement));
        serial = drive_of(before.report.record, {}).serial;
    }
    const certs::ForeignClaim* found = nullptr;
    for (const certs::ForeignClaim& claim : claims) {
        if (claim.serial != printable_text(serial)) continue;
        if (found != nullptr)
            return failure(ErrorCode::bad_evidence, "the report names this drive more than once",
                           "cut it down to the run that is meant");
        found = &claim;
    }
    if (found == nullptr)
        return failure(ErrorCode::bad_evidence,
                       "the report names no drive with serial number " + printable_text(serial),
                       "it names " + std::to_string(claims.size()) + " drive(s), the first with '" +
                           claims.front().serial + "'");
    statement.body = certs::ThirdParty{.format = request.format, .claim = *found};
    if (statement.label.model.empty()) statement.label.model = found->model;
    statement.attachments = {request.report_file};
    return make_statement(host, settings, clock, statement);
}

}  // namespace quietus::app
