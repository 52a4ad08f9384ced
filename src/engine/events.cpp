#include "engine/events.h"

#include <algorithm>

#include "base/bytes.h"
#include "device/json.h"
#include "plan/json.h"
#include "record/json.h"

namespace quietus::engine {

namespace {

constexpr int kJournalVersion = 1;

std::string kind_of(const Json& entry) {
    return string_member(entry, "event").value_or(std::string{});
}

Result<ConsentMeans> parse_means(const std::string& text) {
    for (const auto means : {ConsentMeans::none, ConsentMeans::typed_serial,
                             ConsentMeans::confirm_flag, ConsentMeans::plan_token}) {
        if (to_string(means) == text) return means;
    }
    return failure(ErrorCode::bad_evidence, "unknown consent '" + printable_text(text) + "'");
}

// What runs before this one did, and what of it stands.
Result<void> fold_done(const Json& entry, EraseRecord& record) {
    const Json done = QUIETUS_TRY(member(entry, "done"));
    if (!done.is_array()) return failure(ErrorCode::bad_evidence, "\"done\" is not an array");
    for (const Json& item : done) {
        StepOutcome outcome = QUIETUS_TRY(outcome_from_json(item, record.plan));
        if (outcome.index != static_cast<int>(record.steps.size()) ||
            !came_to_its_end(outcome.end) || record.resumed.empty())
            return failure(ErrorCode::bad_evidence, "steps are said to be done that cannot be");
        record.steps.push_back(std::move(outcome));
    }
    return {};
}

Result<void> fold_open(const Json& entry, EraseRecord& record) {
    if (QUIETUS_TRY(integer_member(entry, "version")) != kJournalVersion)
        return failure(ErrorCode::bad_evidence, "a journal of another version");
    record.id = QUIETUS_TRY(string_member(entry, "id"));
    record.plan = QUIETUS_TRY(plan_from_json(QUIETUS_TRY(member(entry, "plan"))));
    record.consent = QUIETUS_TRY(consent_from_json(QUIETUS_TRY(member(entry, "consent"))));
    record.consent_means =
        QUIETUS_TRY(parse_means(QUIETUS_TRY(string_member(entry, "consent_means"))));
    record.accepted = QUIETUS_TRY(list_member<Objection>(entry, "accepted", objection_from_json));
    record.started = QUIETUS_TRY(parse_rfc3339(QUIETUS_TRY(string_member(entry, "started"))));
    record.ended = record.started;
    record.host = QUIETUS_TRY(host_facts_from_json(QUIETUS_TRY(member(entry, "host"))));
    record.tool = QUIETUS_TRY(tool_facts_from_json(QUIETUS_TRY(member(entry, "tool"))));
    record.operated_by =
        QUIETUS_TRY(operator_facts_from_json(QUIETUS_TRY(member(entry, "operator"))));
    record.order = QUIETUS_TRY(order_facts_from_json(QUIETUS_TRY(member(entry, "order"))));
    record.limits = QUIETUS_TRY(run_limits_from_json(QUIETUS_TRY(member(entry, "limits"))));
    record.unaddressable_bytes = record.plan.target.geometry.unaddressable().bytes;
    record.attempts_before =
        QUIETUS_TRY(list_member<Attempt>(entry, "attempts_before", attempt_from_json));
    record.resumed = QUIETUS_TRY(list_member<ResumedRun>(entry, "resumed", resumed_run_from_json));
    record.any_write_issued = !record.resumed.empty();  // by them
    return fold_done(entry, record);
}

Result<void> fold_begin(const Json& entry, EraseRecord& record) {
    StepOutcome outcome =
        QUIETUS_TRY(outcome_from_json(QUIETUS_TRY(member(entry, "outcome")), record.plan));
    if (outcome.index != static_cast<int>(record.steps.size()))
        return failure(ErrorCode::bad_evidence, "steps out of order");
    if (!record.steps.empty() && record.steps.back().end == StepEnd::not_ended)
        return failure(ErrorCode::bad_evidence,
                       "a step begins although the one before it has not ended");
    outcome.end = StepEnd::not_ended;
    record.any_write_issued = record.any_write_issued || alters(outcome.step);
    record.steps.push_back(std::move(outcome));
    return {};
}

Result<void> fold_end(const Json& entry, EraseRecord& record) {
    StepOutcome outcome =
        QUIETUS_TRY(outcome_from_json(QUIETUS_TRY(member(entry, "outcome")), record.plan));
    if (record.steps.empty() || record.steps.back().index != outcome.index ||
        record.steps.back().end != StepEnd::not_ended) {
        return failure(ErrorCode::bad_evidence, "a step ends that did not begin");
    }
    // The key that was promised before the first write is the one that counts.
    if (record.steps.back().keystream != outcome.keystream ||
        record.steps.back().sample_seed != outcome.sample_seed ||
        record.steps.back().drawn_byte != outcome.drawn_byte) {
        return failure(ErrorCode::bad_evidence, "a step ends with another key than it began with");
    }
    record.steps.back() = std::move(outcome);
    return {};
}

Result<void> fold_close(const Json& entry, EraseRecord& record) {
    record.ended = QUIETUS_TRY(parse_rfc3339(QUIETUS_TRY(string_member(entry, "ended"))));
    record.identity_confirmed_after = QUIETUS_TRY(bool_member(entry, "identity_confirmed"));
    record.cause = QUIETUS_TRY(string_member(entry, "cause"));
    if (entry.contains("signal"))
        record.signal = static_cast<int>(QUIETUS_TRY(integer_member(entry, "signal")));
    const bool hung = QUIETUS_TRY(bool_member(entry, "hung"));
    if (!record.steps.empty() && record.steps.back().end == StepEnd::not_ended) {
        record.steps.back().cause = record.cause;
        if (hung) record.steps.back().end = StepEnd::hung;
    }
    return {};
}

std::string expected_of(const StepOutcome& pass) {
    const auto& step = std::get<OverwritePass>(pass.step);
    const std::string pattern = to_string(written_pattern(pass));
    const bool the_only_one = step.role == PassRole::technique && step.of == 1;
    return the_only_one ? pattern : pattern + " (" + pass_name(step) + ")";
}

VerificationOutcome outcome_of(const StepOutcome& read_back, const Verification& seen) {
    if (!read_back.mismatched.empty()) return VerificationOutcome::fail;
    if (!came_to_its_end(read_back.end)) return VerificationOutcome::unknown;
    const std::uint64_t promised =
        seen.mode == VerifyMode::full ? seen.total_bytes : read_back.bytes_promised;
    return read_back.end == StepEnd::completed && seen.covered_bytes >= promised
               ? VerificationOutcome::pass
               : VerificationOutcome::incomplete;
}

void describe_read_back(const StepOutcome& outcome, const StepOutcome* pass, Verification& seen) {
    seen.mode = outcome.sample_seed ? VerifyMode::sample : VerifyMode::full;
    seen.covered_bytes = outcome.bytes_done;
    seen.mismatched = outcome.mismatched;
    seen.unreadable = outcome.unreadable;
    seen.outcome = outcome_of(outcome, seen);
    if (pass != nullptr) seen.expected = expected_of(*pass);
    if (std::get<ReadBack>(outcome.step).role == PassRole::device)
        seen.expected = "no marker anywhere, and only what the method leaves";
}

// Only the deciding read-back may say "pass": an earlier one speaks of bytes that have been
// overwritten since, and one of the blank pass of no part of the technique.
void fold_verification(EraseRecord& record) {
    record.verification.total_bytes = record.plan.target.geometry.addressable().bytes;
    const auto deciding = deciding_read_back(record.plan.steps);
    const StepOutcome* last_pass = nullptr;
    for (const StepOutcome& outcome : record.steps) {
        if (const auto* pass = std::get_if<OverwritePass>(&outcome.step)) {
            if (pass->role != PassRole::blank) last_pass = &outcome;
            continue;
        }
        if (alters(outcome.step)) continue;
        const bool decides = deciding && static_cast<int>(*deciding) == outcome.index;
        const bool clean = outcome.mismatched.empty() && outcome.unreadable.empty();
        const bool of_blank = std::get<ReadBack>(outcome.step).role == PassRole::blank;
        if (decides || (!clean && !of_blank))
            describe_read_back(outcome, last_pass, record.verification);
    }
}

// The drive says of all of itself that it is erased, or of nothing.
void fold_not_erased(EraseRecord& record) {
    std::size_t done = 0;
    for (const StepOutcome& outcome : record.steps) {
        const auto* erase = std::get_if<HardwareErase>(&outcome.step);
        if (erase != nullptr && outcome.end == StepEnd::completed && outcome.device &&
            prove_sanitize(*outcome.device, action_of(erase->command)))
            ++done;
        const auto* pass = std::get_if<OverwritePass>(&outcome.step);
        if (pass != nullptr && pass->role == PassRole::also)
            record.unwritten.add(
                outcome.covered.complement(record.plan.target.geometry.addressable().bytes));
    }
    const auto& steps = record.plan.steps;
    const auto planned = std::count_if(steps.begin(), steps.end(), [](const Step& step) {
        return std::holds_alternative<HardwareErase>(step);
    });
    if (done == static_cast<std::size_t>(planned)) return;
    record.unwritten.add({0, record.plan.target.geometry.addressable().bytes});
    record.never_written = record.unwritten;
}

// A technique asks every pass of every byte; old data is left where none of them got.
void fold_unwritten(EraseRecord& record) {
    const std::uint64_t addressable = record.plan.target.geometry.addressable().bytes;
    if (is_device_technique(record.plan.technique)) return fold_not_erased(record);
    RangeSet written;
    bool begun = false;
    for (const StepOutcome& outcome : record.steps) {
        const auto* pass = std::get_if<OverwritePass>(&outcome.step);
        if (pass == nullptr || pass->role == PassRole::blank) continue;
        begun = true;
        // What was not flushed may be in a cache that power can lose.
        const RangeSet& lasting = outcome.flushed ? outcome.covered : outcome.kept;
        written.add(lasting);
        record.unwritten.add(lasting.complement(addressable));
    }
    if (!begun) record.unwritten.add({0, addressable});
    record.never_written = written.complement(addressable);
}

}  // namespace

Json open_event(const EraseRecord& start) {
    return {{"event", "open"},
            {"version", kJournalVersion},
            {"id", start.id},
            {"plan", to_json(start.plan)},
            {"consent", to_json(start.consent)},
            {"consent_means", to_string(start.consent_means)},
            {"accepted", list_to_json<Objection>(start.accepted, to_json)},
            {"started", to_rfc3339(start.started)},
            {"host", to_json(start.host)},
            {"tool", to_json(start.tool)},
            {"operator", to_json(start.operated_by)},
            {"order", to_json(start.order)},
            {"limits", to_json(start.limits)},
            {"attempts_before", list_to_json<Attempt>(start.attempts_before, to_json)},
            {"resumed", list_to_json<ResumedRun>(start.resumed, to_json)},
            {"done", list_to_json<StepOutcome>(start.steps, to_json)}};
}

Json begin_event(const StepOutcome& outcome) {
    return {{"event", "begin"}, {"outcome", to_json(outcome)}};
}
Json end_event(const StepOutcome& outcome) {
    return {{"event", "end"}, {"outcome", to_json(outcome)}};
}
Json progress_event(int step, const RangeSet& covered, bool flushed) {
    return {
        {"event", "progress"}, {"step", step}, {"covered", to_json(covered)}, {"flushed", flushed}};
}

Json close_event(const Closing& closing) {
    Json event{{"event", "close"},
               {"ended", to_rfc3339(closing.ended)},
               {"identity_confirmed", closing.identity_confirmed},
               {"cause", printable_text(closing.cause)},
               {"worker_lost", closing.worker_lost},
               {"hung", closing.hung}};
    if (closing.signal) event["signal"] = *closing.signal;
    return event;
}

Json evidence_event(const EvidenceDone& done) {
    return {{"event", "evidence"},
            {"folder", text_to_json(done.folder)},
            {"record_sha256", done.record_sha256},
            {"signature_sha256", done.signature_sha256},
            {"register_id", done.register_id},
            {"receipt_sha256", done.receipt_sha256}};
}

Result<DeviceIdentity> drive_of(const Json& open) {
    const Json plan = QUIETUS_TRY(member(open, "plan"));
    const Json target = QUIETUS_TRY(member(plan, "target"));
    return identity_from_json(QUIETUS_TRY(member(target, "identity")));
}

bool evidence_is_done(const std::vector<Json>& entries) {
    return std::any_of(entries.begin(), entries.end(),
                       [](const Json& entry) { return kind_of(entry) == "evidence"; });
}

bool is_closed(const std::vector<Json>& entries) {
    return std::any_of(entries.begin(), entries.end(),
                       [](const Json& entry) { return kind_of(entry) == "close"; });
}

Result<EraseRecord> fold(const std::vector<Json>& entries, std::string_view text) {
    EraseRecord record;
    std::size_t bound = 0;  // bytes of the journal the record speaks for
    for (const Json& entry : entries) {
        const std::string kind = kind_of(entry);
        const bool first = record.journal_entries == 0;
        if (first != (kind == "open"))
            return failure(ErrorCode::bad_evidence, "journal: does not begin with \"open\"");
        if (kind == "open")
            QUIETUS_TRY_CONTEXT(fold_open(entry, record), "journal");
        else if (kind == "begin")
            QUIETUS_TRY_CONTEXT(fold_begin(entry, record), "journal");
        else if (kind == "end")
            QUIETUS_TRY_CONTEXT(fold_end(entry, record), "journal");
        else if (kind == "close")
            QUIETUS_TRY_CONTEXT(fold_close(entry, record), "journal");
        else if (kind != "progress")
            return failure(ErrorCode::bad_evidence,
                           "journal: unknown event '" + printable_text(kind) + "'");
        const auto line_end = text.find('\n', bound);
        if (line_end == std::string_view::npos)
            return failure(ErrorCode::internal, "journal: fewer lines than entries");
        bound = line_end + 1;
        ++record.journal_entries;
        if (kind == "close") break;
    }
    if (record.journal_entries == 0) return failure(ErrorCode::bad_evidence, "journal: empty");
    record.journal_digest = sha256_hex(text.substr(0, bound));
    fold_verification(record);
    fold_unwritten(record);
    const Judgement judgement = judge(record);
    record.verdict = judgement.verdict;
    record.media_state = judgement.media_state;
    record.cause = judgement.cause;
    return record;
}

}  // namespace quietus::engine
