#include "app/evidence.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "app/time_stamps.h"
#include "base/bytes.h"
#include "base/file.h"
#include "base/random.h"
#include "certs/folder_io.h"
#include "certs/register/register.h"

namespace quietus::app {

namespace {

constexpr std::string_view kOwedSuffix = ".owed";
constexpr std::size_t kSaltSize = 32;

std::string owed_file(const StateDir& state, const std::string& id) {
    return state.spool_dir() + "/" + id + std::string{kOwedSuffix};
}

bool exists(const std::string& path) {
    std::error_code fault;
    return std::filesystem::exists(path, fault);
}

// Signed once: the register holds the digest of the signature, and a second signature would be
// another one.
Result<certs::Folder> sign_or_find(EvidenceDesk& desk, const EraseRecord& record,
                                   certs::Folder* unsaved) {
    const std::string spooled = desk.state.spool_dir() + "/" + record.id;
    if (exists(spooled)) return certs::read_own_folder(spooled);
    const certs::IssueContext context =
        QUIETUS_TRY(issue_context(desk.settings, desk.clock.now(), &desk.log));
    certs::Folder folder = QUIETUS_TRY_CONTEXT(certs::issue(record, context, desk.key), "signing");
    auto spooled_now = certs::write_folder(desk.state.spool_dir(), record.id, folder);
    if (!spooled_now) {
        if (unsaved != nullptr) *unsaved = std::move(folder);
        return tl::unexpected{std::move(spooled_now).error().with_context("spool")};
    }
    return folder;
}

// The record was signed with an authority in view, and would be refused for ever without its stamp.
Result<void> check_no_stamp_is_promised(const std::string& record) {
    const Json json = QUIETUS_TRY(parse_json(record));
    const Json evidence = QUIETUS_TRY(member(json, "evidence"));
    const Json stamp = QUIETUS_TRY(member(evidence, "time_stamp"));
    const auto authority = string_member(stamp, "authority");
    if (!authority) return {};
    return failure(ErrorCode::evidence_incomplete,
                   "the record promises a time stamp of " + printable_text(*authority),
                   "give it with --tsa, as it was when the record was signed");
}

// The register's entry covers the stamp: it is kept in the spool before, so that a crash does not
// lead to another one.
Result<void> stamp_or_find(EvidenceDesk& desk, const std::string& id, const std::string& stem,
                           certs::Folder& folder) {
    const std::string name = stem + ".tsr";
    if (folder.contains(name)) return {};
    QUIETUS_TRY(stamp_signature(desk.settings, stem, folder));
    if (!folder.contains(name)) return check_no_stamp_is_promised(folder.at(stem + ".json"));
    return write_file_durably(desk.state.spool_dir() + "/" + id + "/" + name, folder.at(name),
                              0644);
}

Result<void> enter_register(EvidenceDesk& desk, const std::string& stem, certs::Folder& folder) {
    const std::string& bytes = folder.at(stem + ".json");
    const Json record = QUIETUS_TRY(parse_json(bytes));
    const certs::LeafFacts leaf = QUIETUS_TRY(certs::leaf_of(record, folder, stem));
    folder["receipt.json"] = QUIETUS_TRY_CONTEXT(desk.log.append(leaf), "register");
    return {};
}

Result<Filed> file_in_steps(EvidenceDesk& desk, const EraseRecord& record, engine::Journal& journal,
                            certs::Folder* unsaved) {
    certs::Folder folder = QUIETUS_TRY(sign_or_find(desk, record, unsaved));
    const std::string stem = certs::stem_of(record.verdict);
    if (!folder.contains(stem + ".json") || !folder.contains(stem + ".p7s"))
        return failure(ErrorCode::internal, "the spool holds another kind of record");
    QUIETUS_TRY(stamp_or_find(desk, record.id, stem, folder));
    QUIETUS_TRY(enter_register(desk, stem, folder));
    QUIETUS_TRY(make_directories(desk.settings.out_dir(), 0700));
    const std::string path = QUIETUS_TRY_CONTEXT(
        write_evidence(desk.settings.out_dir(), certs::folder_name(record), record.id, folder),
        "evidence");
    const engine::EvidenceDone done{.folder = path,
                                    .record_sha256 = sha256_hex(folder.at(stem + ".json")),
                                    .signature_sha256 = sha256_hex(folder.at(stem + ".p7s")),
                                    .register_id = desk.log.origin(),
                                    .receipt_sha256 = sha256_hex(folder.at("receipt.json"))};
    QUIETUS_TRY(journal.append(engine::evidence_event(done), desk.clock.now(), /*sync=*/true));
    return Filed{.folder = path, .record_sha256 = done.record_sha256};
}

}  // namespace

Result<certs::IssueContext> issue_context(const Settings& settings, UtcTime now,
                                          const certs::Register* log) {
    Bytes salt(kSaltSize);
    QUIETUS_TRY(fill_random(salt));
    certs::IssueContext context;
    context.issued = now;
    context.clock_source = "system clock, not compared with another";
    context.clock_plausible = now >= kEarliestPlausibleTime;
    if (log != nullptr) {
        context.register_id = log->origin();
        context.register_public_key = log->public_key_base64();
    }
    context.durability = "this-host-only";
    context.configuration_sha256 = settings.configuration_sha256;
    context.salt = to_hex(salt);
    context.time_stamp_authority = printable_text(settings.tsa.url);
    context.approved_standard = printable_text(settings.approved_standard);
    return context;
}

// Two drives without a serial may end in the same second with ids that begin alike: then the name
// carries the whole id.
Result<std::string> write_evidence(const std::string& out, const std::string& name,
                                   const std::string& id, const certs::Folder& folder) {
    auto written = certs::write_folder(out, name, folder);
    if (written || written.error().sys_errno != EEXIST) return written;
    return certs::write_folder(out, name + "_" + id, folder);
}

void forget_secrets(EvidenceDesk& desk) {
    { const certs::SigningKey gone = std::move(desk.key); }
    desk.log.forget_key();
}

Result<void> owe_evidence(const EvidenceDesk& desk, const std::string& id) {
    return create_file_durably(owed_file(desk.state, id),
                               canonical_json({{"schema", "quietus/owed/1"}, {"id", id}}), 0600);
}

void forget_evidence(const StateDir& state, const std::string& id) {
    std::error_code ignored;  // what stays behind is looked at again next time
    std::filesystem::remove_all(state.spool_dir() + "/" + id, ignored);
    std::filesystem::remove(owed_file(state, id), ignored);
}

Result<std::vector<std::string>> evidence_owed(const StateDir& state) {
    std::error_code fault;
    std::vector<std::string> ids;
    for (std::filesystem::directory_iterator at{state.spool_dir(), fault}, end; !fault && at != end;
         at.increment(fault)) {
        const std::string name = at->path().filename().string();
        if (name.size() > kOwedSuffix.size() && name.ends_with(kOwedSuffix))
            ids.push_back(name.substr(0, name.size() - kOwedSuffix.size()));
    }
    if (fault) return failure(ErrorCode::config, state.spool_dir() + ": " + fault.message());
    std::sort(ids.begin(), ids.end());
    return ids;
}

Result<Filed> file_evidence(EvidenceDesk& desk, const EraseRecord& record, engine::Journal& journal,
                            certs::Folder* unsaved) {
    auto filed = file_in_steps(desk, record, journal, unsaved);
    if (!filed) {
        Error error = std::move(filed).error();
        error.code = ErrorCode::evidence_incomplete;
        if (error.hint.empty())
            error.hint =
                "mend it, then run the same erase again: it completes the evidence without "
                "touching the drive";
        return tl::unexpected{std::move(error)};
    }
    forget_evidence(desk.state, record.id);
    return filed;
}

}  // namespace quietus::app
