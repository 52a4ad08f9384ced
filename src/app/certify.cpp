#include "app/certify.h"

#include <csignal>

namespace quietus::app {

namespace {

ExitStatus status_of(const EraseRecord& record, bool journal_failed) {
    switch (record.verdict) {
        case Verdict::erased:
            return ExitStatus::ok;
        case Verdict::exceptions:
            return ExitStatus::exceptions;
        case Verdict::not_erased:
            if (record.signal)
                return *record.signal == SIGTERM ? ExitStatus::terminated : ExitStatus::interrupted;
            return journal_failed ? ExitStatus::host_io : ExitStatus::not_erased;
        case Verdict::unknown:
            return ExitStatus::not_erased;
    }
    return ExitStatus::internal;
}

void file(EvidenceDesk& desk, Observer& observer, const EraseRecord& record,
          engine::Journal& journal, DriveResult& result) {
    observer.phase(result.path, "signing");
    const auto filed = file_evidence(desk, record, journal);
    if (filed) {
        result.folder = filed->folder;
        return observer.certificate(result.path, filed->folder, desk.key.fingerprint_sha256());
    }
    observer.warning(filed.error().message);
    result.next_action = filed.error().hint;
    if (record.verdict != Verdict::erased) return;
    result.status = ExitStatus::evidence_incomplete;
    result.cause = "erased, but its evidence is not complete: " + filed.error().message;
}

}  // namespace

DriveResult result_for(const std::string& path) {
    DriveResult result;
    result.path = path;
    result.status = ExitStatus::ok;
    return result;
}

DriveResult result_for(const DeviceSnapshot& snapshot) {
    DriveResult result = result_for(snapshot.path);
    result.model = printable(snapshot.identity.model);
    result.serial = printable(snapshot.identity.serial);
    return result;
}

void certify(EvidenceDesk& desk, Observer& observer, const Ended& ended, const std::string& id,
             DriveResult& result) {
    result.id = id;
    const auto record = engine::fold(ended.journal->entries(), ended.journal->text());
    if (!record) {
        result.verdict = Verdict::unknown;
        result.media_state = MediaState::unknown;
        result.status = ExitStatus::internal;
        result.cause = record.error().message;
        return;
    }
    result.verdict = record->verdict;
    result.media_state = record->media_state;
    result.cause = record->cause;
    result.status = status_of(*record, ended.journal_failed);
    observer.verification(result.path, record->verification);
    if (record->any_write_issued) return file(desk, observer, *record, *ended.journal, result);
    // Interrupted, or the journal refused, before the first write: untouched, and nothing to file.
    forget_evidence(desk.state, record->id);
    if (record->signal) return;
    result.status = ended.journal_failed ? ExitStatus::config : ExitStatus::internal;
}

}  // namespace quietus::app
