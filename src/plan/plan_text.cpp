#include "plan/plan_text.h"

#include <algorithm>

#include "base/bytes.h"
#include "plan/estimate.h"
#include "plan/planner.h"

namespace quietus {

namespace {

constexpr std::size_t kModeWidth = 8;  // "sample" and two blanks
// A pattern of thousands of bytes would bury the rest; plan tokens and records hold it whole.
constexpr std::size_t kNameMax = 80;
constexpr std::size_t kHeadKept = 56;
constexpr std::size_t kTailKept = 16;  // of a step: ", then flush"

std::string shortened(const std::string& text) {
    if (text.size() <= kNameMax) return text;
    return text.substr(0, kHeadKept) + "..." + text.substr(text.size() - kTailKept);
}

std::string padded(std::string text) {
    text.resize(std::max(text.size() + 1, kModeWidth), ' ');
    return text;
}

std::string head(const Plan& plan) {
    const DeviceSnapshot& target = plan.target;
    const Goal& goal = plan.goal;
    std::string text = printable_text(target.path) + ": " + to_string(target.identity) + "\n";
    text += "  drive:     " + human_size(target.identity.size) + " (" +
            std::to_string(target.identity.size.bytes) + " bytes), " + to_string(target.medium) +
            ", " + to_string(target.transport) + "\n";
    text += "  purpose:   " + to_string(goal.purpose) +
            (goal.purpose_is_default ? " (default)" : "") + "\n";
    text += "  level:     " + to_string(plan.level) + (goal.level ? " (asked for)" : "") + "\n";
    text += "  technique: " + shortened(plan.technique.name) +
            (goal.technique_is_default ? " (default): " : ": ") + plan.technique.title + "\n";
    text += "  policy:    " + std::string{kPolicyName} + " " + std::string{kPolicyVersion} + "\n";
    return text;
}

std::string steps(const Plan& plan) {
    std::string text = "steps:\n";
    int number = 0;
    for (const Step& step : plan.steps) {
        text += "  " + std::to_string(++number) + ". " + shortened(to_string(step)) + "\n";
    }
    return text;
}

std::string reasons(const Plan& plan) {
    std::string text = "why:\n";
    for (const Reason& reason : plan.reasons) {
        text += "  " + reason.rule + ": " + reason.text + " [" + reason.source + "]\n";
    }
    text += "documents:\n";
    for (const Citation& citation : plan.technique.references) {
        text += "  " + citation.document + " (" + citation.edition + "; " + citation.status +
                "): " + citation.relation + "\n";
    }
    return text;
}

std::string limits(const Plan& plan) {
    std::string text = "not reached:\n";
    for (const NotReached& place : plan.not_reached) {
        text += "  " + place.what + ": " + place.why + "\n";
    }
    text += "read-back may be answered from:\n";
    for (const std::string& cache : plan.caches_not_bypassed) text += "  " + cache + "\n";
    return text;
}

std::string times(const Plan& plan) {
    std::string text = "time (" + plan.estimate_basis + "):\n";
    for (const VerifyMode mode : {VerifyMode::none, VerifyMode::sample, VerifyMode::full}) {
        Goal goal = plan.goal;
        goal.verify = mode;
        if (!check_goal(goal)) continue;
        const Estimate time =
            estimate(plan.target, work_of(plan_steps(plan.target, plan.technique, goal)));
        text += "  --verify " + padded(to_string(mode)) + human_duration(time.seconds);
        if (mode == plan.goal.verify) text += "  <- this plan";
        if (mode == VerifyMode::none) text += "  (cannot end in status 0)";
        text += "\n";
    }
    return text;
}

}  // namespace

std::string plan_text(const Plan& plan) {
    return head(plan) + steps(plan) + reasons(plan) + limits(plan) + times(plan);
}

}  // namespace quietus
