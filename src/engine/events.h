#pragma once
// The journal's vocabulary, and the way back: an EraseRecord is a fold over its events, made by
// whoever holds the journal, so that a hung or killed worker still has one. Both directions in one
// place.

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "record/erase_record.h"

namespace quietus::engine {

/// "open": the plan, the consent and the machine: everything of a record that is known before the
/// first write, with the runs that are carried on and the steps of theirs that stand.
Json open_event(const EraseRecord& start);
/// "begin" and "end" of a step; "progress" now and then between them (a hint for resume, never a
/// proof); `flushed`: the drive has acknowledged a flush of it.
Json begin_event(const StepOutcome& outcome);
Json end_event(const StepOutcome& outcome);
Json progress_event(int step, const RangeSet& covered, bool flushed);

/// "close": nothing more will be written in this run.
struct Closing {
    UtcTime ended;
    bool identity_confirmed{false};
    std::string cause;
    std::optional<int> signal;
    bool worker_lost{false};  ///< It was killed, hung or vanished: the step it was in has no end.
    bool hung{false};         ///< It was left behind with a request in flight.
};
Json close_event(const Closing& closing);

/// "evidence": the record was signed, put into `folder` and entered as `index` of the register.
struct EvidenceDone {
    std::string folder;
    std::string record_sha256;
    std::string signature_sha256;
    std::string register_id;
    std::string receipt_sha256;
};
Json evidence_event(const EvidenceDone& done);

/// Which drive a journal is about, from its "open" event.
Result<DeviceIdentity> drive_of(const Json& open);

/// Is evidence there for this journal?
bool evidence_is_done(const std::vector<Json>& entries);
/// Has the run come to its end ("close")?
bool is_closed(const std::vector<Json>& entries);

/// The record of a closed or broken-off journal, with its verdict. `text` are the bytes the entries
/// were read from; the record binds those up to and with "close". bad_evidence where the events
/// make no sense.
Result<EraseRecord> fold(const std::vector<Json>& entries, std::string_view text);

}  // namespace quietus::engine
