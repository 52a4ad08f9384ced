#include "app/certify.h"

#include <csignal>

namespace quietus::app {

namespace {

ExitStatus status_of(Verdict verdict) {
    switch (verdict) {
        case Verdict::erased:
            return ExitStatus::ok;
        case Verdict::exceptions:
            return ExitStatus::exceptions;
        case Verdict::not_erased:
        case Verdict::unknown:
            return ExitStatus::not_erased;
    }
    return ExitStatus::internal;
}

// Stopped by its own deadline a drive is 10 and not "retry": the same deadline would end the next
// try too, and a drive that is too slow for its time is one to look at.
ExitStatus status_of(const EraseRecord& record, const Ended& ended) {
    if (record.verdict != Verdict::not_erased) return status_of(record.verdict);
    if (record.signal)
        return *record.signal == SIGTERM ? ExitStatus::terminated : ExitStatus::interrupted;
    if (ended.stopped == StopCause::request) return ExitStatus::interrupted;
    return ended.journal_failed ? ExitStatus::host_io : ExitStatus::not_erased;
}

// Of a drive that nothing was written to, although its call did write.
ExitStatus status_of_untouched(const EraseRecord& record, const Ended& ended) {
    if (record.signal || ended.stopped == StopCause::request) return status_of(record, ended);
    if (ended.stopped == StopCause::deadline) return ExitStatus::busy;
    return ended.journal_failed ? ExitStatus::config : ExitStatus::internal;
}

void measure(const EraseRecord& record, DriveResult& result) {
    result.started = record.started;
    result.ended = record.ended;
    for (const StepOutcome& step : record.steps) {
        if (std::holds_alternative<HardwareErase>(step.step)) continue;
        const bool wrote = alters(step.step);
        (wrote ? result.bytes_written : result.bytes_read) += step.bytes_done;
        (wrote ? result.write_ms : result.read_ms) += step.elapsed_ms;
    }
}

void file(EvidenceDesk& desk, Observer& observer, const EraseRecord& record,
          engine::Journal& journal, DriveResult& result) {
    observer.phase(result.path, "signing");
    certs::Folder unsaved;
    const auto filed = file_evidence(desk, record, journal, &unsaved);
    if (!unsaved.empty()) observer.unsaved_evidence(result.path, unsaved);
    tell_filed(filed, result);
    if (filed)
        return observer.certificate(result.path, filed->folder, desk.key.fingerprint_sha256());
    observer.warning(filed.error().message);
}

}  // namespace

Json unsaved_evidence_json(const std::map<std::string, std::string>& files) {
    Json json = Json::object();
    for (const auto& [name, content] : files) json[name] = to_base64(bytes_of(content));
    return json;
}

DriveResult result_for(const std::string& path) {
    DriveResult result;
    result.path = path;
    result.status = ExitStatus::ok;
    return result;
}

DriveResult result_for(const DeviceSnapshot& snapshot) {
    DriveResult result = result_for(snapshot.path);
    result.size = snapshot.geometry.size.bytes;
    result.model = printable(snapshot.identity.model);
    result.serial = printable(snapshot.identity.serial);
    return result;
}

void tell_record(const EraseRecord& record, DriveResult& result) {
    result.id = record.id;
    result.verdict = record.verdict;
    result.media_state = record.media_state;
    result.cause = record.cause;
    result.status = status_of(record.verdict);
}

void tell_filed(const Result<Filed>& filed, DriveResult& result) {
    if (filed) {
        result.folder = filed->folder;
        return;
    }
    result.next_action = filed.error().hint;
    if (result.verdict != Verdict::erased) return;
    result.status = ExitStatus::evidence_incomplete;
    result.cause = "erased, but its evidence is not complete: " + filed.error().message;
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
    tell_record(*record, result);
    result.status = status_of(*record, ended);
    measure(*record, result);
    if (record->any_write_issued) {
        observer.verification(result.path, record->verification);
        return file(desk, observer, *record, *ended.journal, result);
    }
    // Interrupted, or the journal refused, before the first write: untouched, and nothing to file.
    forget_evidence(desk.state, record->id);
    result.status = status_of_untouched(*record, ended);
}

}  // namespace quietus::app
