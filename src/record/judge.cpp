// The verdict of a run. Every sentence of a certificate hangs on this file, so it is written as a
// list of reasons to say no; what survives them all is erased.

#include <algorithm>
#include <map>
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

RangeSet whole_of(std::uint64_t addressable) {
    RangeSet whole;
    whole.add({0, addressable});
    return whole;
}

// Together they are `whole`, and no byte is in both.
bool share(const RangeSet& whole, const RangeSet& one, const RangeSet& other) {
    RangeSet both = one;
    both.add(other);
    return both == whole && one.total() + other.total() == whole.total();
}

// It left nothing out, or ended as a step does that names what it left out.
bool ended_as_it_should(const StepOutcome& outcome, const RangeSet& left_out) {
    return outcome.end == (left_out.empty() ? StepEnd::completed : StepEnd::partial);
}

// Why a pass does not count as done, as far as it can be; nullopt where it does.
std::optional<std::string> fault_of_overwrite(const StepOutcome& outcome,
                                              std::uint64_t addressable) {
    if (!came_to_its_end(outcome.end)) return how_it_ended(outcome);
    // A pass reads nothing: one that knows of wrong bytes is not trusted.
    if (!ended_as_it_should(outcome, outcome.failed) || !outcome.mismatched.empty() ||
        !outcome.unreadable.empty())
        return step_name(outcome) + ": requests failed";
    if (!share(whole_of(addressable), outcome.covered, outcome.failed) ||
        outcome.bytes_done != outcome.covered.total()) {
        return step_name(outcome) + ": covered " + std::to_string(outcome.covered.total()) +
               " of " + std::to_string(addressable) + " bytes";
    }
    if (!outcome.flushed) return step_name(outcome) + ": the drive did not acknowledge a flush";
    const bool draws =
        std::holds_alternative<DrawnBytePattern>(std::get<OverwritePass>(outcome.step).pattern);
    if (draws != outcome.drawn_byte.has_value())
        return step_name(outcome) + ": the byte it wrote is not known";
    return std::nullopt;
}

// `pass` is the one that was read back; none where the plan has none before it.
std::optional<std::string> fault_of_read_back(const StepOutcome& outcome, const ReadBack& step,
                                              const StepOutcome* pass, std::uint64_t addressable) {
    if (!outcome.mismatched.empty())
        return step_name(outcome) + ": " + std::to_string(outcome.mismatched.total()) +
               " bytes read back as something else";
    if (!outcome.unreadable.empty() && outcome.end != StepEnd::partial)
        return step_name(outcome) + ": " + std::to_string(outcome.unreadable.total()) +
               " bytes cannot be read back";
    if (!came_to_its_end(outcome.end)) return how_it_ended(outcome);
    if (!ended_as_it_should(outcome, outcome.unreadable) || !outcome.failed.empty())
        return step_name(outcome) + ": requests failed";
    if (!outcome.covered.empty() && outcome.covered.ranges().back().end() > addressable)
        return step_name(outcome) + ": read beyond the end of the drive";
    if (outcome.bytes_done + outcome.unreadable.total() != outcome.bytes_promised ||
        outcome.covered.total() != outcome.bytes_done)
        return step_name(outcome) + ": read less than promised";
    const bool full = step.mode == VerifyMode::full;
    const RangeSet written = pass != nullptr ? pass->covered : whole_of(addressable);
    if (full && !share(written, outcome.covered, outcome.unreadable))
        return step_name(outcome) + ": read less than the whole drive";
    if (!full && outcome.bytes_done < addressable / kSampleShareMin)
        return step_name(outcome) + ": the sample is smaller than a tenth";
    return std::nullopt;
}

// Bytes that are to be looked for must be there first.
std::optional<std::string> fault_of_markers(const StepOutcome& outcome) {
    if (!came_to_its_end(outcome.end)) return how_it_ended(outcome);
    // Where a tenth of them could not be written, they say little of the rest.
    const bool enough = outcome.covered.total() >= outcome.bytes_promised / 10 * 9;
    if (outcome.covered.empty() || !enough || !outcome.keystream || !outcome.sample_seed)
        return step_name(outcome) + ": too few markers were written";
    if (!outcome.flushed) return step_name(outcome) + ": the drive did not acknowledge a flush";
    return std::nullopt;
}

// The drive's own word, and what proves it.
std::optional<std::string> fault_of_hardware(const StepOutcome& outcome,
                                             const HardwareErase& step) {
    if (outcome.end != StepEnd::completed) return how_it_ended(outcome);
    if (!outcome.device) return step_name(outcome) + ": what the drive said is not known";
    const auto proof = prove_sanitize(*outcome.device, action_of(step.command));
    if (!proof) return step_name(outcome) + ": " + proof.error();
    return std::nullopt;
}

struct Faults {
    std::optional<std::string> overwrite;
    std::optional<std::string> read_back;
    std::optional<std::string> blank;  ///< Of the pass after the verification, and its read-back.
    std::string first;      ///< In the order of the steps; what comes later follows from it.
    bool undecided{false};  ///< Hung, or ended without a word: what the drive did is not known.
};

PassRole role_of(const Step& step) {
    if (const auto* pass = as_overwrite(step)) return pass->role;
    const auto* read_back = as_read_back(step);
    return read_back != nullptr ? read_back->role : PassRole::device;
}

// Whether a step that was cut short leaves open what became of the drive's old bytes.
bool leaves_undecided(const StepOutcome& outcome) {
    if (outcome.end == StepEnd::hung || outcome.end == StepEnd::unproven) return true;
    // What a drive was told to do to itself goes on without us.
    const bool by_itself = std::holds_alternative<HardwareErase>(outcome.step);
    const bool writes = !by_itself && alters(outcome.step);
    return (outcome.end == StepEnd::not_ended && !writes) ||
           (outcome.end == StepEnd::interrupted && by_itself);
}

std::optional<std::string>& slot_of(Faults& faults, const Step& step) {
    if (role_of(step) == PassRole::blank) return faults.blank;
    return alters(step) ? faults.overwrite : faults.read_back;
}

// Does a read-back that names its pass stand behind that pass?
std::optional<std::string> fault_of_order(const std::vector<Step>& steps, std::size_t index) {
    const ReadBack* read_back = as_read_back(steps[index]);
    if (read_back == nullptr || read_back->pass == 0) return std::nullopt;
    for (std::size_t i = index; i-- > 0;) {
        const OverwritePass* pass = as_overwrite(steps[i]);
        if (pass == nullptr) continue;
        if (pass->index == read_back->pass && pass->role == read_back->role) return std::nullopt;
        break;
    }
    return "step " + std::to_string(index + 1) + " (" + to_string(steps[index]) +
           ") reads back another pass than the one before it";
}

// A pass and its complement must have written what they say of each other.
std::optional<std::string> fault_of_draws(const EraseRecord& record) {
    std::map<int, std::byte> draws;
    for (const StepOutcome& outcome : record.steps) {
        const OverwritePass* pass = as_overwrite(outcome.step);
        if (pass == nullptr || !outcome.drawn_byte) continue;
        const auto* drawn = std::get_if<DrawnBytePattern>(&pass->pattern);
        if (drawn == nullptr) continue;
        const std::byte byte = drawn->complement ? ~*outcome.drawn_byte : *outcome.drawn_byte;
        if (draws.emplace(drawn->slot, byte).first->second != byte)
            return step_name(outcome) + ": another byte than the passes it belongs to";
    }
    return std::nullopt;
}

const StepOutcome* outcome_of(const EraseRecord& record, std::size_t index) {
    const auto found =
        std::find_if(record.steps.begin(), record.steps.end(),
                     [&](const StepOutcome& o) { return o.index == static_cast<int>(index); });
    return found == record.steps.end() ? nullptr : &*found;
}

const StepOutcome* pass_before(const EraseRecord& record, std::size_t index) {
    while (index-- > 0) {
        if (as_overwrite(record.plan.steps[index]) != nullptr) return outcome_of(record, index);
    }
    return nullptr;
}

// Why step `index` of the plan does not count as done; nullopt where it does.
std::optional<std::string> fault_of_step(const EraseRecord& record, std::size_t index,
                                         const StepOutcome* outcome) {
    const Step& step = record.plan.steps[index];
    if (outcome == nullptr || outcome->step != step)
        return "step " + std::to_string(index + 1) + " (" + to_string(step) + ") was not run";
    if (auto fault = fault_of_order(record.plan.steps, index)) return fault;
    if (std::holds_alternative<PlantMarkers>(step)) return fault_of_markers(*outcome);
    if (const auto* erase = std::get_if<HardwareErase>(&step))
        return fault_of_hardware(*outcome, *erase);
    const std::uint64_t addressable = record.plan.target.geometry.addressable().bytes;
    return as_overwrite(step) != nullptr
               ? fault_of_overwrite(*outcome, addressable)
               : fault_of_read_back(*outcome, *as_read_back(step), pass_before(record, index),
                                    addressable);
}

void note_fault(Faults& faults, std::optional<std::string>& slot, std::string fault) {
    if (faults.first.empty()) faults.first = fault;
    if (!slot) slot = std::move(fault);
}

Faults faults_of(const EraseRecord& record) {
    const std::vector<Step>& steps = record.plan.steps;
    Faults faults;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        const StepOutcome* outcome = outcome_of(record, i);
        if (outcome != nullptr && outcome->step == steps[i]) {
            faults.undecided = faults.undecided || leaves_undecided(*outcome);
        }
        if (auto fault = fault_of_step(record, i, outcome))
            note_fault(faults, slot_of(faults, steps[i]), std::move(*fault));
        else if (outcome->end == StepEnd::partial && role_of(steps[i]) == PassRole::blank)
            note_fault(faults, faults.blank, how_it_ended(*outcome));
    }
    if (auto fault = fault_of_draws(record))
        note_fault(faults, faults.overwrite, std::move(*fault));
    return faults;
}

// Every step did what could be done; what could not, is named in the record.
std::string what_was_left_out(const EraseRecord& record) {
    RangeSet unreadable;
    const StepOutcome* first = nullptr;
    for (const StepOutcome& outcome : record.steps) {
        if (outcome.end != StepEnd::partial || role_of(outcome.step) == PassRole::blank) continue;
        if (first == nullptr) first = &outcome;
        unreadable.add(outcome.unreadable);
    }
    if (first == nullptr) return {};
    const auto bytes = [](const RangeSet& set, const std::string& what) {
        return std::to_string(set.total()) + " bytes in " + std::to_string(set.ranges().size()) +
               (set.ranges().size() == 1 ? " range " : " ranges ") + what;
    };
    std::string text;
    if (!record.unwritten.empty()) text = bytes(record.unwritten, "could not be written");
    if (!unreadable.empty())
        text += (text.empty() ? "" : ", ") + bytes(unreadable, "could not be read back");
    if (text.empty()) text = "markers could not be written everywhere";
    return text + "; the first: " + first->cause;
}

// Proof and blank passes are no erase: the technique has to be there, all of it.
bool plan_erases(const Plan& plan) {
    std::vector<DeviceCommand> commands;
    bool overwrites = false;
    bool marks = false;
    for (const Step& step : plan.steps) {
        // What came before the markers is not looked for by them.
        if (std::holds_alternative<PlantMarkers>(step)) {
            commands.clear();
            marks = true;
        }
        if (const auto* erase = std::get_if<HardwareErase>(&step))
            commands.push_back(erase->command);
        overwrites =
            overwrites || (as_overwrite(step) != nullptr && role_of(step) == PassRole::technique);
    }
    return is_device_technique(plan.technique) ? marks && commands == plan.technique.commands
                                               : overwrites;
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
                faults.first.empty() ? "the drive did not answer" : faults.first};
    if (!plan_erases(record.plan))
        return {Verdict::not_erased, MediaState::altered, "the plan overwrites nothing"};
    if (faults.overwrite) return {Verdict::not_erased, MediaState::altered, faults.first};
    if (record.plan.target.geometry.addressable().bytes == 0)
        return {Verdict::not_erased, MediaState::altered, "the drive has no addressable byte"};
    if (!record.identity_confirmed_after) {
        return {Verdict::unknown, MediaState::unknown,
                record.cause.empty() ? "the drive's identity was not confirmed after the last step"
                                     : record.cause};
    }
    if (faults.read_back) return {Verdict::not_erased, MediaState::altered, faults.first};
    if (!deciding_read_back(record.plan.steps))
        return {Verdict::exceptions, MediaState::altered, "no verification was asked for"};
    if (auto left_out = what_was_left_out(record); !left_out.empty())
        return {Verdict::exceptions, MediaState::altered, std::move(left_out)};
    // Erased and verified, but not left as was asked, by a drive that has begun to fail: no
    // success, and nobody may overlook it.
    if (faults.blank)
        return {Verdict::exceptions, MediaState::altered,
                "the technique was completed and verified, the blank pass after it was not: " +
                    *faults.blank};
    if (record.unaddressable_bytes != 0) {
        return {Verdict::exceptions, MediaState::altered,
                "the last " + std::to_string(record.unaddressable_bytes) +
                    " bytes are less than a logical sector and cannot be addressed"};
    }
    if (!record.unwritten.empty())  // by steps that all say they left nothing out
        return {Verdict::not_erased, MediaState::altered,
                std::to_string(record.unwritten.total()) + " bytes were not written"};
    return {Verdict::erased, MediaState::complete, {}};
}

Pattern written_pattern(const StepOutcome& outcome) {
    const OverwritePass* pass = as_overwrite(outcome.step);
    QUIETUS_CHECK(pass != nullptr);
    if (!std::holds_alternative<DrawnBytePattern>(pass->pattern) || !outcome.drawn_byte)
        return pass->pattern;
    return ConstantPattern{{*outcome.drawn_byte}};
}

namespace {

// Read, and gone: what could not be read back lies elsewhere.
bool every_marker_was_read(const EraseRecord& record) {
    const StepOutcome* planted = nullptr;
    for (const StepOutcome& outcome : record.steps) {
        if (std::holds_alternative<PlantMarkers>(outcome.step)) planted = &outcome;
        const auto* read_back = as_read_back(outcome.step);
        if (planted == nullptr || read_back == nullptr || read_back->role != PassRole::device)
            continue;
        const auto& places = planted->covered.ranges();
        RangeSet left = planted->covered;
        for (const Range& range : outcome.covered.ranges()) left.subtract(range);
        return !places.empty() && left.empty() && came_to_its_end(outcome.end);
    }
    return false;
}

}  // namespace

std::string method_achieved(const EraseRecord& record) {
    // A drive that has purged itself has done so, whatever could not be read back of it.
    const bool purged = record.verdict == Verdict::exceptions &&
                        is_device_technique(record.plan.technique) &&
                        record.plan.level == Level::purge && every_marker_was_read(record);
    return record.verdict == Verdict::erased || purged ? to_string(record.plan.level) : "none";
}

}  // namespace quietus
