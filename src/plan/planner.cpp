#include "plan/planner.h"

#include <algorithm>

#include "base/bytes.h"
#include "plan/beyond_overwrite.h"
#include "plan/estimate.h"

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

Result<void> check_level(const DeviceSnapshot& target, const Goal& goal) {
    const Level needed = level_needed(goal.purpose);
    const bool asked = goal.level == Level::purge;
    if (needed != Level::purge && !asked) return {};
    const std::string who = asked ? "--level purge was asked for"
                                  : "purpose " + to_string(goal.purpose) + " needs purge";
    const std::string why =
        is_virtual(target.transport)
            ? "through a virtual device only its logical bytes can be reached (level.virtual)"
            : "no purge technique is available for this drive in this version (level.no-purge)";
    return failure(ErrorCode::unsupported, named(target) + ": " + who + ", and " + why,
                   "clear is enough only for a drive that stays (--purpose internal-reuse) or is "
                   "destroyed next "
                   "(--purpose destruction); else have it destroyed");
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
             "purge would be preferred where a drive offers it; this version has "
             "no purge technique",
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

void explain_technique(Plan& plan) {
    plan.reasons.push_back(
        {"technique.one-pass", "one overwriting pass is enough for clear", kOnePassSource});
    if (plan.goal.technique_is_default) {
        plan.reasons.push_back({"technique.default",
                                "keystream is the default: no two blocks are equal, so read-back "
                                "also finds writes that "
                                "went to another place or were never made",
                                kPolicySource});
    }
    const bool constant =
        std::any_of(plan.technique.passes.begin(), plan.technique.passes.end(),
                    [](const Pattern& p) { return std::holds_alternative<ConstantPattern>(p); });
    if (constant) {
        plan.reasons.push_back({"technique.repeats",
                                "the pattern repeats: read-back cannot tell a write from one that "
                                "went to another place, "
                                "nor from bytes that were equal before",
                                kPolicySource});
    }
}

void decide_verification(Plan& plan) {
    const VerifyMode mode = effective_verify(plan.target, plan.goal.verify);
    if (mode != plan.goal.verify) {
        plan.reasons.push_back(
            {"verify.small-is-full",
             "a drive below 64 MiB is read back in full: a sample would save nothing",
             kPolicySource});
    }
    switch (mode) {
        case VerifyMode::none:
            plan.reasons.push_back({"verify.none",
                                    "nothing is read back: the verdict cannot be better than "
                                    "exceptions, and no certificate is made",
                                    kPolicySource});
            return;
        case VerifyMode::sample:
            plan.reasons.push_back(
                {"verify.sample",
                 "places drawn at random after the last write are read back, at "
                 "least a tenth of the drive; the rest is listed as not verified",
                 kSampleSource});
            break;
        case VerifyMode::full:
            plan.reasons.push_back(
                {"verify.full",
                 "every addressable byte is read back and compared: nothing is left to chance",
                 kPolicySource});
            break;
    }
    plan.steps.emplace_back(ReadBack{mode});
}

void add_passes(Plan& plan) {
    const int count = static_cast<int>(plan.technique.passes.size());
    int index = 0;
    for (const Pattern& pattern : plan.technique.passes) {
        plan.steps.emplace_back(OverwritePass{++index, count, pattern});
    }
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
    for (const HiddenArea& area : areas_not_reached(target))
        plan.not_reached.push_back({printable_text(area.kind), printable_text(area.why)});
}

}  // namespace

std::string to_string(const Step& step) {
    if (const auto* pass = std::get_if<OverwritePass>(&step)) {
        return "overwrite pass " + std::to_string(pass->index) + " of " + std::to_string(pass->of) +
               " with " + to_string(pass->pattern) + ", then flush";
    }
    switch (std::get<ReadBack>(step).mode) {
        case VerifyMode::none:
            return "read back nothing";
        case VerifyMode::sample:
            return "read back a random sample";
        case VerifyMode::full:
            return "read back every addressable byte";
    }
    return "read back nothing";
}

Result<Plan> make_plan(const DeviceSnapshot& target, const Goal& goal) {
    Plan plan;
    plan.target = target;
    plan.goal = goal;
    plan.technique = QUIETUS_TRY(find_technique(goal.technique));
    QUIETUS_TRY(check_level(target, goal));
    QUIETUS_TRY(check_driver(target));
    // From here on the drive can do what is asked; what remains is to say how, and what is left
    // over.
    decide_level(plan);
    explain_technique(plan);
    add_passes(plan);
    decide_verification(plan);
    list_not_reached(plan);
    plan.caches_not_bypassed = caches_beyond_control(target);
    const Estimate time = estimate(target, plan.technique.passes.size(), planned_verify(plan));
    plan.estimate_s = time.seconds;
    plan.estimate_basis = time.basis;
    return plan;
}

VerifyMode effective_verify(const DeviceSnapshot& target, VerifyMode asked) {
    const bool small = target.geometry.size < kSampleMin;
    return asked == VerifyMode::sample && small ? VerifyMode::full : asked;
}

VerifyMode planned_verify(const Plan& plan) {
    for (const Step& step : plan.steps) {
        if (const auto* read_back = std::get_if<ReadBack>(&step)) return read_back->mode;
    }
    return VerifyMode::none;
}

}  // namespace quietus
