#include "plan/planner.h"

#include <algorithm>

#include "base/bytes.h"
#include "plan/beyond_overwrite.h"
#include "plan/estimate.h"
#include "plan/ladder.h"

namespace quietus {

namespace {

constexpr const char* kPolicySource = "quietus policy v1";
constexpr const char* kOnePassSource = "NIST SP 800-88r2 section 3.1.1 footnote 5; FAQ Q6";
constexpr const char* kSampleSource = "NIST SP 800-88r1 section 4.7.3 (withdrawn)";

// r1's sampling splits a drive into 1000 parts and reads a tenth; below this size reading all of it
// takes seconds, so a sample would only lose evidence.
constexpr ByteCount kSampleMin{64 * kMiB};

std::string named(const DeviceSnapshot& target) {
    return printable_text(target.path);
}

// ---- refusals
// ------------------------------------------------------------------------------------

bool offers_purge(const DeviceSnapshot& target) {
    const auto rungs = ladder(target);
    return !rungs.empty() && rungs.front().level == Level::purge;
}

Result<void> check_level(const DeviceSnapshot& target, const Goal& goal, Level reached) {
    if (reached == Level::purge) return {};
    const Level needed = level_needed(goal.purpose);
    const bool asked = goal.level == Level::purge;
    if (needed != Level::purge && !asked) return {};
    const std::string who = asked ? "--level purge was asked for"
                                  : "purpose " + to_string(goal.purpose) + " needs purge";
    const std::string why =
        is_virtual(target.transport)
            ? "through a virtual device only its logical bytes can be reached (level.virtual)"
        : offers_purge(target)
            ? "the technique asked for reaches clear (level.no-purge)"
            : "no purge technique is available for this drive in this version (level.no-purge)";
    return failure(ErrorCode::unsupported, named(target) + ": " + who + ", and " + why,
                   "clear is enough only for a drive that stays (--purpose internal-reuse) or is "
                   "destroyed next "
                   "(--purpose destruction); else have it destroyed");
}

// Without a technique asked for, the best the drive offers; where nothing will do, overwriting, so
// that the refusal speaks of it.
Result<Technique> technique_for(const DeviceSnapshot& target, const Goal& goal) {
    if (goal.profile) return *goal.profile;
    const bool free = goal.technique_is_default && !goal.prove && !goal.verify_each;
    if (free && goal.technique == kDefaultTechnique) {
        if (const auto rung = chosen_rung(target, goal)) return find_technique(rung->technique);
    }
    return find_technique(goal.technique);
}

Result<void> check_device_technique(const DeviceSnapshot& target, const Technique& technique,
                                    const Goal& goal) {
    if (const auto obstacle = obstacle_to(technique, target)) {
        return failure(ErrorCode::unsupported,
                       named(target) + ": technique " + technique.name + ": " + *obstacle,
                       "quietus inspect tells which techniques the drive offers");
    }
    if (goal.verify_each || goal.prove) {
        return failure(ErrorCode::usage,
                       "--verify-each and --prove speak of overwriting passes; technique " +
                           technique.name + " has none",
                       "leave them out: markers are planted before, and looked for after");
    }
    return {};
}

Result<void> check_driver(const DeviceSnapshot& target) {
    const auto& drivers = target.drivers;
    if (std::find(drivers.begin(), drivers.end(), "overwrite") == drivers.end()) {
        const bool zoned = target.geometry.zones == ZoneModel::host_managed;
        return failure(ErrorCode::unsupported,
                       named(target) + ": no driver of this version can erase it" +
                           (zoned ? ": its zones must be written in order (host-managed)" : ""),
                       "have the drive destroyed, or use a tool that knows it");
    }
    if (target.geometry.logical_sector == 0) {
        return failure(ErrorCode::unsupported, named(target) + ": its sector size is not known",
                       "attach the drive another way");
    }
    return {};
}

// ---- what is decided, and why
// --------------------------------------------------------------------

void decide_level(Plan& plan) {
    const Goal& goal = plan.goal;
    plan.level = Level::clear;
    plan.reasons.push_back(
        {"level.overwrite-is-clear",
         "overwriting through the host reaches what a host can address, and no more: clear",
         "NIST SP 800-88r2 (clause unconfirmed)"});
    plan.reasons.push_back({"level.purpose",
                            "purpose " + to_string(goal.purpose) +
                                (goal.purpose_is_default ? " (the default: none was given)" : "") +
                                " needs " + to_string(level_needed(goal.purpose)),
                            kPolicySource});
    if (goal.purpose == Purpose::internal_reuse && !is_virtual(plan.target.transport)) {
        plan.reasons.push_back(
            {"level.no-purge",
             offers_purge(plan.target)
                 ? "purge would be preferred, and the drive offers it; what was asked for reaches "
                   "clear"
                 : "purge would be preferred where a drive offers it; no purge technique is "
                   "available for this one in this version",
             "NIST SP 800-88r2 section 3.1.2"});
    }
    if (is_virtual(plan.target.transport)) {
        plan.reasons.push_back(
            {"level.virtual",
             "the device is virtual (" + to_string(plan.target.transport) +
                 "): what is cleared is the logical device, not the storage under it",
             kPolicySource});
    }
}

void give(Plan& plan, std::string rule, std::string text, std::string source = kPolicySource) {
    plan.reasons.push_back({std::move(rule), std::move(text), std::move(source)});
}

void explain_standing(Plan& plan) {
    const Technique& technique = plan.technique;
    const std::string source = technique.references.empty()
                                   ? "the profile's author"
                                   : technique.references.front().document + " (" +
                                         technique.references.front().edition + ")";
    if (is_legacy(technique)) {
        give(
            plan, "technique.legacy",
            "kept for those whose contract names it, not because it does more: " + technique.status,
            source);
    }
    if (!technique.profile_sha256.empty()) {
        give(plan, "technique.profile",
             "an own profile, SHA-256 of its file " + technique.profile_sha256 +
                 ": only its author vouches for the choice of passes",
             source);
    }
    if (!technique.note.empty()) give(plan, "technique.note", technique.note, source);
}

void explain_passes(Plan& plan) {
    const auto& passes = plan.technique.passes;
    if (passes.size() == 1) {
        give(plan, "technique.one-pass", "one overwriting pass is enough for clear",
             kOnePassSource);
    } else {
        give(plan, "technique.more-passes",
             std::to_string(passes.size()) +
                 " passes are written because the technique has them; one is enough for clear, and "
                 "more passes never mean a higher level",
             kOnePassSource);
    }
    const bool draws = std::any_of(passes.begin(), passes.end(), [](const Pattern& p) {
        return std::holds_alternative<DrawnBytePattern>(p);
    });
    if (draws) {
        give(plan, "technique.drawn",
             "a byte left to us is drawn from the kernel before its pass begins; the journal and "
             "the record name it");
    }
}

void explain_technique(Plan& plan) {
    explain_passes(plan);
    explain_standing(plan);
    if (plan.goal.technique_is_default) {
        give(plan, "technique.default",
             "keystream is the default: no two blocks are equal, so read-back also finds writes "
             "that went to another place or were never made");
    }
    if (!is_position_unique(plan.technique.passes.back()) && !plan.goal.prove) {
        give(plan, "technique.repeats",
             "the pattern repeats: read-back cannot tell a write from one that went to another "
             "place, nor from bytes that were equal before; --prove can");
    }
}

void explain_mode(Plan& plan, VerifyMode mode) {
    if (mode != plan.goal.verify) {
        give(plan, "verify.small-is-full",
             "a drive below 64 MiB is read back in full: a sample would save nothing");
    }
    switch (mode) {
        case VerifyMode::none:
            give(plan, "verify.none",
                 "nothing is read back: the verdict cannot be better than exceptions, and no "
                 "certificate is made");
            return;
        case VerifyMode::sample:
            give(plan, "verify.sample",
                 "places drawn at random after the last write are read back, at least a tenth of "
                 "the drive; the rest is listed as not verified",
                 kSampleSource);
            return;
        case VerifyMode::full:
            give(plan, "verify.full",
                 "every addressable byte is read back and compared: nothing is left to chance");
            return;
    }
}

bool verifies_before_the_last(const Technique& technique) {
    const int last = static_cast<int>(technique.passes.size());
    return std::any_of(technique.verified.begin(), technique.verified.end(),
                       [&](int pass) { return pass < last; });
}

bool needs_proof(const Technique& technique, const Goal& goal) {
    return goal.prove && !is_position_unique(technique.passes.back());
}

void explain_verification(Plan& plan) {
    const Goal& goal = plan.goal;
    const VerifyMode mode = effective_verify(plan.target, goal.verify);
    explain_mode(plan, mode);
    if (goal.verify_each) {
        give(plan, "verify.each", "every pass is read back before the next one is written");
    } else if (verifies_before_the_last(plan.technique)) {
        give(plan, "verify.standard",
             mode == VerifyMode::none
                 ? "the technique itself has a pass read back before the last; that is left out too"
                 : "the technique itself has a pass read back before the last one is written");
    }
    if (needs_proof(plan.technique, goal)) {
        give(plan, "verify.prove",
             "before the technique's own passes one pass of keystream is written and read back in "
             "full: blocks that are stale, shared or made up cannot hide behind a pattern that "
             "repeats");
    } else if (goal.prove) {
        give(plan, "verify.prove-not-needed",
             "the technique's last pass is a keystream, different at every position: no further "
             "pass is needed to tell blocks apart in what is read back");
    }
    if (goal.blank) {
        give(plan, "blank.no-part",
             "after the verification zeros are written, because --blank asks for it; that pass is "
             "no part of the technique, and the drive then holds zeros, not what was verified");
    }
}

void add_technique_passes(std::vector<Step>& steps, const Technique& technique, const Goal& goal,
                          VerifyMode mode) {
    const int count = static_cast<int>(technique.passes.size());
    int index = 0;
    for (const Pattern& pattern : technique.passes) {
        steps.emplace_back(OverwritePass{++index, count, pattern});
        const bool by_standard = std::find(technique.verified.begin(), technique.verified.end(),
                                           index) != technique.verified.end();
        if (mode == VerifyMode::none) continue;
        if (index == count || by_standard || goal.verify_each)
            steps.emplace_back(ReadBack{mode, index});
    }
}

bool has_failed_to_sanitize(const DeviceSnapshot& target) {
    return target.nvme && target.nvme->sanitize_log &&
           target.nvme->sanitize_log->state == NvmeSanitizeLog::State::failed;
}

// What the drive says that it takes for itself.
void add_estimate_of_the_drive(Plan& plan) {
    const auto& log = plan.target.nvme->sanitize_log;
    const auto seconds_of = [&](DeviceCommand command) -> std::optional<std::uint32_t> {
        if (!log) return std::nullopt;
        switch (command) {
            case DeviceCommand::nvme_sanitize_block:
                return log->block_erase_s;
            case DeviceCommand::nvme_sanitize_crypto:
                return log->crypto_erase_s;
            case DeviceCommand::nvme_sanitize_overwrite:
                return log->overwrite_s;
        }
        return std::nullopt;
    };
    bool all_known = true;
    for (const DeviceCommand command : plan.technique.commands) {
        const auto seconds = seconds_of(command);
        all_known = all_known && seconds;
        plan.estimate_s += seconds.value_or(0);
    }
    plan.estimate_basis += all_known ? "; and what the drive says that it takes for itself"
                                     : "; how long the drive takes for itself, it does not say";
}

void explain_device_level(Plan& plan) {
    const Goal& goal = plan.goal;
    plan.level = plan.technique.level;
    give(plan, "level.device",
         plan.level == Level::purge
             ? "the drive's own command reaches every place of its medium, those that hosts cannot "
               "address included: purge, if the drive does what it says"
             : "a change of the drive's key alone is taken for clear: what was written in plain "
               "text before, or which copies of the key there are, is not known here",
         "quietus policy v1, from NIST SP 800-88r2 section 3.2 and the NVMe base specification "
         "(clauses unconfirmed)");
    give(plan, "level.purpose",
         "purpose " + to_string(goal.purpose) +
             (goal.purpose_is_default ? " (the default: none was given)" : "") + " needs " +
             to_string(level_needed(goal.purpose)));
    if (goal.technique_is_default) {
        for (const Rung& rung : ladder(plan.target)) {
            const bool taken = rung.technique == plan.technique.name;
            give(plan, taken ? "ladder.taken" : "ladder.left",
                 rung.technique +
                     (rung.level ? " (" + to_string(*rung.level) + "): " : ": not offered: ") +
                     rung.why);
        }
    }
}

void explain_device_technique(Plan& plan) {
    explain_device_level(plan);
    give(plan, "device.markers",
         "before the command bytes nobody can foresee are written to at least 2000 places, to the "
         "beginning, the end and between: not one of them may be there afterwards");
    if (has_failed_to_sanitize(plan.target)) {
        give(plan, "device.recover",
             "an earlier sanitize has failed and the drive takes no writes until one succeeds: it "
             "is sanitized once before the markers are planted");
    }
    give(plan, "device.proof",
         "the command counts as carried out only where the drive's status says success, names the "
         "very command that was sent, and has changed since");
    explain_mode(plan, effective_verify(plan.target, plan.goal.verify));
    if (plan.goal.also_overwrite) {
        give(plan, "device.also-overwrite",
             "afterwards every addressable byte is overwritten with a keystream and read back, "
             "because --also-overwrite asks for it");
    } else {
        give(plan, "device.not-overwritten",
             "nothing is overwritten by the host; --also-overwrite does that as well");
    }
    explain_standing(plan);
}

void list_not_reached(Plan& plan) {
    const DeviceSnapshot& target = plan.target;
    if (const ByteCount tail = target.geometry.unaddressable(); tail.bytes > 0) {
        plan.not_reached.push_back(
            {"the last " + std::to_string(tail.bytes) + (tail.bytes == 1 ? " byte" : " bytes"),
             "below one logical sector of " + std::to_string(target.geometry.logical_sector) +
                 " bytes: no command addresses them"});
        plan.reasons.push_back({"verdict.unaddressable",
                                "bytes that no command addresses are left: the verdict cannot be "
                                "better than exceptions",
                                kPolicySource});
    }
    const auto areas = is_device_technique(plan.technique) ? areas_beyond_sanitize(target)
                                                           : areas_not_reached(target);
    for (const HiddenArea& area : areas)
        plan.not_reached.push_back({printable_text(area.kind), printable_text(area.why)});
}

}  // namespace

std::vector<Step> plan_steps(const DeviceSnapshot& target, const Technique& technique,
                             const Goal& goal) {
    const VerifyMode mode = effective_verify(target, goal.verify);
    std::vector<Step> steps;
    if (is_device_technique(technique)) {
        // A drive that has failed to erase itself takes no writes until it succeeds.
        if (has_failed_to_sanitize(target))
            steps.emplace_back(HardwareErase{technique.commands.front()});
        steps.emplace_back(PlantMarkers{});
        for (const DeviceCommand command : technique.commands)
            steps.emplace_back(HardwareErase{command});
        if (mode != VerifyMode::none) steps.emplace_back(ReadBack{mode, 0, PassRole::device});
        if (goal.also_overwrite) {
            steps.emplace_back(OverwritePass{1, 1, KeystreamPattern{}, PassRole::also});
            if (mode != VerifyMode::none) steps.emplace_back(ReadBack{mode, 1, PassRole::also});
        }
    } else if (needs_proof(technique, goal)) {
        steps.emplace_back(OverwritePass{1, 1, KeystreamPattern{}, PassRole::prove});
        steps.emplace_back(ReadBack{VerifyMode::full, 1, PassRole::prove});
    }
    if (!is_device_technique(technique)) add_technique_passes(steps, technique, goal, mode);
    if (goal.blank) {
        steps.emplace_back(
            OverwritePass{1, 1, ConstantPattern{{std::byte{0x00}}}, PassRole::blank});
        if (goal.verify_each) steps.emplace_back(ReadBack{mode, 1, PassRole::blank});
    }
    return steps;
}

Result<Plan> make_plan(const DeviceSnapshot& target, const Goal& goal) {
    Plan plan;
    plan.target = target;
    plan.goal = goal;
    plan.technique = QUIETUS_TRY(technique_for(target, goal));
    QUIETUS_TRY(check_goal(goal));
    QUIETUS_TRY(check_level(target, goal, plan.technique.level));
    QUIETUS_TRY(check_driver(target));
    const bool by_device = is_device_technique(plan.technique);
    if (by_device) {
        QUIETUS_TRY(check_device_technique(target, plan.technique, goal));
    } else if (goal.also_overwrite) {
        return failure(ErrorCode::usage,
                       "--also-overwrite goes with a technique of the drive itself; " +
                           plan.technique.name + " overwrites already",
                       "leave it out");
    }
    // From here on the drive can do what is asked; what remains is to say how, and what is left
    // over.
    if (by_device) {
        explain_device_technique(plan);
    } else {
        decide_level(plan);
        explain_technique(plan);
        explain_verification(plan);
    }
    plan.steps = plan_steps(target, plan.technique, goal);
    list_not_reached(plan);
    plan.caches_not_bypassed = caches_beyond_control(target);
    const Estimate time = estimate(target, work_of(plan.steps));
    plan.estimate_s = time.seconds;
    plan.estimate_basis = time.basis;
    if (by_device) add_estimate_of_the_drive(plan);
    return plan;
}

VerifyMode effective_verify(const DeviceSnapshot& target, VerifyMode asked) {
    const bool small = target.geometry.size < kSampleMin;
    return asked == VerifyMode::sample && small ? VerifyMode::full : asked;
}

}  // namespace quietus
