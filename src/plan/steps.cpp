#include <array>

#include "base/bytes.h"
#include "plan/plan.h"

namespace quietus {

namespace {

constexpr std::array kRoles{PassRole::technique, PassRole::prove, PassRole::blank};

std::string of_pass(const ReadBack& step) {
    switch (step.role) {
        case PassRole::technique:
            return step.pass == 0 ? "" : " of pass " + std::to_string(step.pass);
        case PassRole::prove:
            return " of the proof pass";
        case PassRole::blank:
            return " of the blank pass";
    }
    return {};
}

}  // namespace

std::string to_string(PassRole role) {
    switch (role) {
        case PassRole::technique:
            return "technique";
        case PassRole::prove:
            return "prove";
        case PassRole::blank:
            return "blank";
    }
    return "technique";
}

Result<PassRole> parse_pass_role(std::string_view text) {
    for (const PassRole role : kRoles) {
        if (to_string(role) == text) return role;
    }
    return failure(ErrorCode::usage, "unknown role of a pass '" + printable_text(text) + "'");
}

std::string pass_name(const OverwritePass& pass) {
    switch (pass.role) {
        case PassRole::technique:
            return "pass " + std::to_string(pass.index) + " of " + std::to_string(pass.of);
        case PassRole::prove:
            return "proof pass";
        case PassRole::blank:
            return "blank pass";
    }
    return "pass";
}

std::string to_string(const Step& step) {
    if (const auto* pass = std::get_if<OverwritePass>(&step)) {
        return "overwrite " + pass_name(*pass) + " with " + to_string(pass->pattern) +
               ", then flush";
    }
    const ReadBack& read_back = std::get<ReadBack>(step);
    switch (read_back.mode) {
        case VerifyMode::none:
            return "read back nothing";
        case VerifyMode::sample:
            return "read back a random sample" + of_pass(read_back);
        case VerifyMode::full:
            return "read back every addressable byte" + of_pass(read_back);
    }
    return "read back nothing";
}

std::optional<std::size_t> deciding_read_back(const std::vector<Step>& steps) {
    std::optional<std::size_t> found;
    bool after_technique = false;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        if (const auto* pass = std::get_if<OverwritePass>(&steps[i])) {
            after_technique = pass->role == PassRole::technique;
            // Another pass of the technique: what was read back before it is not the last.
            if (after_technique) found.reset();
        } else if (after_technique && !found) {
            found = i;
        }
    }
    return found;
}

VerifyMode planned_verify(const Plan& plan) {
    const auto deciding = deciding_read_back(plan.steps);
    return deciding ? std::get<ReadBack>(plan.steps[*deciding]).mode : VerifyMode::none;
}

}  // namespace quietus
