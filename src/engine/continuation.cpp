#include "engine/continuation.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/endian.h"
#include "drivers/nvme/wire.h"
#include "engine/events.h"
#include "host/nvme_command.h"
#include "record/json.h"

namespace quietus::engine {

namespace {

const OverwritePass* as_pass(const StepOutcome& outcome) {
    return std::get_if<OverwritePass>(&outcome.step);
}

bool writes(const StepOutcome& outcome) {
    return as_pass(outcome) != nullptr || std::holds_alternative<PlantMarkers>(outcome.step);
}

bool stands(const StepOutcome& outcome) {
    return came_to_its_end(outcome.end) && (!writes(outcome) || outcome.flushed);
}

// Nothing stands that was read back as something else: the pass that wrote it is done again, all of
// it and with a new key.
void distrust(std::vector<StepOutcome>& done) {
    while (!done.empty() && !writes(done.back())) done.pop_back();
    if (!done.empty()) done.pop_back();
}

// Every step has ended, but the run has not said so: the last read-back is done again. What it read
// is gone where a pass stands behind it (the blank pass): then that pass is done again.
void do_the_last_again(std::vector<StepOutcome>& done) {
    const auto last = std::find_if(done.rbegin(), done.rend(), [](const StepOutcome& outcome) {
        return !alters(outcome.step);
    });
    if (last == done.rend()) return;
    done.erase(last == done.rbegin() ? std::prev(last.base()) : last.base(), done.end());
}

// Written and flushed, as the end of the step or the last checkpoint in it says.
Result<RangeSet> flushed_of(const StepOutcome& pass, const std::vector<Json>& entries) {
    if (pass.flushed) return pass.covered;
    RangeSet flushed = pass.kept;
    for (const Json& entry : entries) {
        if (string_member(entry, "event").value_or("") != "progress") continue;
        if (!bool_member(entry, "flushed").value_or(false)) continue;
        if (integer_member(entry, "step").value_or(0) != static_cast<std::uint64_t>(pass.index))
            continue;
        flushed = QUIETUS_TRY(ranges_from_json(QUIETUS_TRY(member(entry, "covered"))));
    }
    return flushed;
}

std::string how_it_ended(const EraseRecord& record) {
    if (!record.cause.empty()) return record.cause;
    return "it ended without a word";
}

}  // namespace

Continuation still_holding(Continuation next, const DeviceSnapshot& now) {
    bool marks = false;
    const DeviceAnswer* last = nullptr;
    const auto look = [&](const StepOutcome& outcome) {
        marks = marks || std::holds_alternative<PlantMarkers>(outcome.step);
        if (outcome.device) last = &*outcome.device;
    };
    for (const StepOutcome& outcome : next.done) look(outcome);
    const bool was_at_it = next.unfinished && next.unfinished->device;
    if (next.unfinished) look(*next.unfinished);
    if (!marks && last == nullptr) return next;
    bool holds = false;
    if (last != nullptr && now.nvme && now.nvme->sanitize_log &&
        last->command.size() == sizeof(NvmeEntry)) {
        const NvmeSanitizeLog& log = *now.nvme->sanitize_log;
        const bool runs = was_at_it && log.state == NvmeSanitizeLog::State::in_progress;
        holds = log.command_dword10 == little32(last->command, drivers::nvme::kDword10At) &&
                (runs || (log.succeeded() && log.global_data_erased));
    }
    if (holds) return next;
    next.done.clear();
    next.unfinished.reset();
    if (!next.runs.empty()) next.runs.back().kept_steps = next.runs.back().kept_bytes = 0;
    return next;
}

Result<Unfinished> unfinished_run(const std::vector<Json>& entries, std::string_view text) {
    Unfinished found;
    found.record = QUIETUS_TRY(fold(entries, text));
    const EraseRecord& record = found.record;
    if (!record.any_write_issued)
        return failure(ErrorCode::usage,
                       "the run of " + to_rfc3339(record.started) +
                           " wrote nothing: there is nothing to resume",
                       "quietus erase begins a new one");
    if (record.verdict == Verdict::erased || record.verdict == Verdict::exceptions)
        return failure(ErrorCode::usage, "the run of " + to_rfc3339(record.started) +
                                             " came to its end (" + to_string(record.verdict) +
                                             "): there is nothing to resume");
    Continuation& next = found.continuation;
    const auto& steps = record.steps;
    const auto end = std::find_if_not(steps.begin(), steps.end(), stands);
    next.done.assign(steps.begin(), end);
    if (end == steps.end()) {
        if (steps.size() == record.plan.steps.size()) do_the_last_again(next.done);
    } else if (end->end == StepEnd::mismatch) {
        distrust(next.done);
    } else if (as_pass(*end) != nullptr) {
        next.unfinished = *end;
        next.unfinished->kept = QUIETUS_TRY(flushed_of(*end, entries));
    } else if (std::holds_alternative<HardwareErase>(end->step) && end->device) {
        // The drive may be at it still, or have done it meanwhile.
        next.unfinished = *end;
    }
    next.runs = record.resumed;
    next.runs.push_back({.id = record.id,
                         .journal_sha256 = sha256_hex(text),
                         .started = record.started,
                         .boot_id = record.host.boot_id,
                         .cause = how_it_ended(record),
                         .kept_steps = next.done.size(),
                         .kept_bytes = next.unfinished ? next.unfinished->kept.total() : 0});
    return found;
}

}  // namespace quietus::engine
