#include "app/check_drives.h"

#include <filesystem>

#include "app/fork_worker.h"
#include "app/probe.h"
#include "app/spot_check.h"
#include "app/state_dir.h"
#include "app/verify_drive.h"
#include "base/bytes.h"
#include "base/file.h"
#include "engine/journal.h"

namespace quietus::app {

namespace {

constexpr std::size_t kRecordSizeMax = 64 * 1024 * 1024;
constexpr std::string_view kYes = "yes";
constexpr std::string_view kWritten = "written";

// Where the certificate may be: where its journal says, and under --out by the id in the name.
std::vector<std::string> folders_of(const Settings& settings, const std::string& id) {
    std::vector<std::string> folders;
    const StateDir state{settings.state_dir};
    if (const auto journal = engine::read_journal(state.journal_of(id))) {
        for (const Json& entry : journal->entries) {
            if (string_member(entry, "event").value_or("") == "evidence")
                folders.push_back(string_member(entry, "folder").value_or(""));
        }
    }
    std::error_code fault;
    const std::string start = "_" + id.substr(0, 8);
    for (std::filesystem::directory_iterator at{settings.out_dir(), fault}, end;
         !fault && at != end; at.increment(fault)) {
        if (at->path().filename().string().find(start) != std::string::npos)
            folders.push_back(at->path().string());
    }
    return folders;
}

// The stored bytes are what the register holds the digest of: no other certificate will do.
Result<Json> certificate_of(const Settings& settings, const certs::LeafFacts& entry) {
    for (const std::string& folder : folders_of(settings, entry.id)) {
        const auto bytes = read_whole_file(folder + "/certificate.json", kRecordSizeMax);
        if (bytes && sha256_hex(*bytes) == entry.record_sha256) return parse_json(*bytes);
    }
    return failure(ErrorCode::bad_evidence,
                   "its certificate is not under " + printable_text(settings.out_dir()));
}

Result<Expected> expected_on(const ListedDrive& drive, const Settings& settings) {
    if (drive.newest->type != "sanitization")
        return failure(ErrorCode::bad_evidence, "its newest record is no certificate, but a " +
                                                    printable_text(drive.newest->type));
    const Json record = QUIETUS_TRY(certificate_of(settings, *drive.newest));
    QUIETUS_TRY(compare_with_record(drive.snapshot, record));
    Expectation expected = QUIETUS_TRY(from_record(record));
    return Expected{.pattern = std::move(expected.pattern),
                    .keystream = std::move(expected.keystream)};
}

// In a worker.
std::string look(Host& host, const DeviceSnapshot& drive, const Expected& expected) {
    const auto same_node = [&]() -> Result<bool> {
        const auto handle = QUIETUS_TRY(host.open_query(drive.path));
        const HandleFacts facts = QUIETUS_TRY(handle->facts());
        return facts.number == drive.number && facts.size == drive.geometry.size;
    }();
    if (!same_node || !*same_node) return "another device is behind the node now";
    const auto same = still_intact(host, expected, drive.geometry, drive.path);
    if (!same) return printable_text(same.error().message);
    return std::string{*same ? kYes : kWritten};
}

DriveCheck understand(const Result<std::string>& answer) {
    if (!answer) return {.intact = Intact::not_known, .why = answer.error().message};
    if (*answer == kYes) return {.intact = Intact::yes, .why = {}};
    if (*answer == kWritten) return {.intact = Intact::written_since, .why = {}};
    return {.intact = Intact::not_known,
            .why = answer->empty() ? "the worker ended without an answer" : *answer};
}

}  // namespace

std::string to_string(Intact intact) {
    switch (intact) {
        case Intact::yes:
            return "still intact";
        case Intact::written_since:
            return "written since";
        case Intact::not_known:
            return "not known";
    }
    return "not known";
}

Result<std::vector<std::optional<DriveCheck>>> check_drives(
    Host& host, const Settings& settings, const std::vector<ListedDrive>& drives) {
    if (!host.is_root())
        return failure(ErrorCode::refused, "--check reads drives, and that needs root",
                       "run it with sudo");
    std::vector<std::optional<DriveCheck>> checks(drives.size());
    std::vector<std::function<std::string()>> jobs;
    std::vector<std::size_t> whose;
    for (std::size_t i = 0; i < drives.size(); ++i) {
        if (!drives[i].newest) continue;
        auto expected = expected_on(drives[i], settings);
        if (!expected) {
            checks[i] = DriveCheck{.intact = Intact::not_known, .why = expected.error().message};
            continue;
        }
        whose.push_back(i);
        jobs.emplace_back([&host, &drive = drives[i].snapshot, expected = std::move(*expected)] {
            return look(host, drive, expected);
        });
    }
    const auto answers = run_in_workers(jobs, std::chrono::milliseconds{kProbeDeadlineMs});
    for (std::size_t i = 0; i < answers.size(); ++i) checks[whose[i]] = understand(answers[i]);
    return checks;
}

}  // namespace quietus::app
