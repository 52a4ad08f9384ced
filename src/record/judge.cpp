// The verdict of a run. Every sentence of a certificate hangs on this file, so it is written as a
// list of reasons to say no; what survives them all is erased.

#include <algorithm>
#include <optional>

#include "record/erase_record.h"

namespace quietus {

namespace {

const OverwritePass* as_overwrite(const Step& step) {
    return std::get_if<OverwritePass>(&step);
}
const ReadBack* as_read_back(const Step& step) {
    return std::get_if<ReadBack>(&step);
}

/// NIST SP 800-88r1 §4.7: two samples of at least 5 % in each subsection, so at least a tenth is
/// read.
constexpr std::uint64_t kSampleShareMin = 10;

std::string step_name(const StepOutcome& outcome) {
    return "step " + std::to_string(outcome.index + 1) + " (" + to_string(outcome.step) + ")";
}

std::string how_it_ended(const StepOutcome& outcome) {
    const std::string how = outcome.end == StepEnd::not_ended
                                ? " did not come to its end"
                                : " ended as " + to_string(outcome.end);
    return step_name(outcome) + how + (outcome.cause.empty() ? "" : ": " + outcome.cause);
}

// Why a pass does not count as done; nullopt where it does.
std::optional<std::string> fault_of_overwrite(const StepOutcome& outcome,
                                              std::uint64_t addressable) {
    if (outcome.end != StepEnd::completed) return how_it_ended(outcome);
    // A pass reads nothing: one that knows of wrong bytes is as little trusted as one with failed
    // requests.
    if (!outcome.failed.empty() || !outcome.mismatched.empty() || !outcome.unreadable.empty())
        return step_name(outcome) + ": requests failed";
    if (outcome.covered.ranges() != std::vector<Range>{{0, addressable}} ||
        outcome.bytes_done != addressable) {
        return step_name(outcome) + ": covered " + std::to_string(outcome.covered.total()) +
               " of " + std::to_string(addressable) + " bytes";
    }
    if (!outcome.flushed) return step_name(outcome) + ": the drive did not acknowledge a flush";
    return std::nullopt;
}

std::optional<std::string> fault_of_read_back(const StepOutcome& outcome, const ReadBack& step,
                                              std::uint64_t addressable) {
    if (!outcome.mismatched.empty())
        return step_name(outcome) + ": " + std::to_string(outcome.mismatched.total()) +
               " bytes read back as something else";
    if (!outcome.unreadable.empty())
        return step_name(outcome) + ": " + std::to_string(outcome.unreadable.total()) +
               " bytes cannot be read back";
    if (outcome.end != StepEnd::completed) return how_it_ended(outcome);
    if (!outcome.failed.empty()) return step_name(outcome) + ": requests failed";
    if (!outcome.covered.empty() && outcome.covered.ranges().back().end() > addressable)
        return step_name(outcome) + ": read beyond the end of the drive";
    if (outcome.bytes_done != outcome.bytes_promised ||
        outcome.covered.total() != outcome.bytes_done)
        return step_name(outcome) + ": read less than promised";
    const bool full = step.mode == VerifyMode::full;
    if (full && outcome.covered.ranges() != std::vector<Range>{{0, addressable}})
        return step_name(outcome) + ": read less than the whole drive";
    if (!full && outcome.bytes_done < addressable / kSampleShareMin)
        return step_name(outcome) + ": the sample is smaller than a tenth";
    return std::nullopt;
}

struct Faults {
    std::optional<std::string> overwrite;
    std::optional<std::string> read_back;
    bool undecided{false};  ///< Hung, or ended without a word: what the drive did is not known.
};

Faults faults_of(const EraseRecord& record) {
    const std::uint64_t addressable = record.plan.target.geometry.addressable().bytes;
    Faults faults;
    for (std::size_t i = 0; i < record.plan.steps.size(); ++i) {
        const bool writes = as_overwrite(record.plan.steps[i]) != nullptr;
        auto& slot = writes ? faults.overwrite : faults.read_back;
        const auto outcome =
            std::find_if(record.steps.begin(), record.steps.end(),
                         [&](const StepOutcome& o) { return o.index == static_cast<int>(i); });
        if (outcome == record.steps.end() || outcome->step != record.plan.steps[i]) {
            if (!slot)
                slot = "step " + std::to_string(i + 1) + " (" + to_string(record.plan.steps[i]) +
                       ") was not run";
            continue;
        }
        faults.undecided = faults.undecided || outcome->end == StepEnd::hung ||
                           (outcome->end == StepEnd::not_ended && !writes);
        if (slot) continue;
        slot = writes ? fault_of_overwrite(*outcome, addressable)
                      : fault_of_read_back(*outcome, *as_read_back(outcome->step), addressable);
    }
    return faults;
}

bool plan_overwrites(const Plan& plan) {
    return std::any_of(plan.steps.begin(), plan.steps.end(),
                       [](const Step& step) { return as_overwrite(step) != nullptr; });
}

// A read-back counts only after the last pass.
bool plan_reads_back_last(const Plan& plan) {
    return !plan.steps.empty() && as_read_back(plan.steps.back()) != nullptr;
}

}  // namespace

Judgement judge(const EraseRecord& record) {
    if (!record.any_write_issued) {
        return {Verdict::not_erased, MediaState::untouched,
                record.cause.empty() ? "nothing was written" : record.cause};
    }
    const Faults faults = faults_of(record);
    if (faults.undecided)
        return {Verdict::unknown, MediaState::unknown,
                faults.overwrite ? *faults.overwrite
                                 : faults.read_back.value_or("the drive did not answer")};
    if (!plan_overwrites(record.plan))
        return {Verdict::not_erased, MediaState::altered, "the plan overwrites nothing"};
    if (faults.overwrite) return {Verdict::not_erased, MediaState::altered, *faults.overwrite};
    if (record.plan.target.geometry.addressable().bytes == 0)
        return {Verdict::not_erased, MediaState::altered, "the drive has no addressable byte"};
    if (!record.identity_confirmed_after) {
        return {Verdict::unknown, MediaState::unknown,
                record.cause.empty() ? "the drive's identity was not confirmed after the last step"
                                     : record.cause};
    }
    if (faults.read_back) return {Verdict::not_erased, MediaState::altered, *faults.read_back};
    if (!plan_reads_back_last(record.plan))
        return {Verdict::exceptions, MediaState::altered, "no verification was asked for"};
    if (record.unaddressable_bytes != 0) {
        return {Verdict::exceptions, MediaState::altered,
                "the last " + std::to_string(record.unaddressable_bytes) +
                    " bytes are less than a logical sector and cannot be addressed"};
    }
    if (!record.unwritten.empty())
        return {Verdict::not_erased, MediaState::altered,
                std::to_string(record.unwritten.total()) + " bytes were not written"};
    return {Verdict::erased, MediaState::complete, {}};
}

std::string method_achieved(const EraseRecord& record) {
    return record.verdict == Verdict::erased ? to_string(record.plan.level) : "none";
}

}  // namespace quietus
