#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "plan/plan.h"

namespace quietus {

namespace {

constexpr std::array kRoles{PassRole::technique, PassRole::prove, PassRole::blank, PassRole::device,
                            PassRole::also};

std::string of_pass(const ReadBack& step) {
    switch (step.role) {
        case PassRole::technique:
            return step.pass == 0 ? "" : " of pass " + std::to_string(step.pass);
        case PassRole::prove:
            return " of the proof pass";
        case PassRole::blank:
            return " of the blank pass";
        case PassRole::device:
            return " after the drive erased itself";
        case PassRole::also:
            return " of the overwrite after that";
    }
    return {};
}

bool belongs_to_technique(const Step& step) {
    const auto* pass = std::get_if<OverwritePass>(&step);
    return std::holds_alternative<HardwareErase>(step) ||
           (pass != nullptr && pass->role == PassRole::technique);
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
        case PassRole::device:
            return "device";
        case PassRole::also:
            return "also";
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
        case PassRole::also:
            return "overwrite as well";
        case PassRole::device:
            break;
    }
    return "pass";
}

std::string to_string(const Step& step) {
    if (const auto* pass = std::get_if<OverwritePass>(&step)) {
        return "overwrite " + pass_name(*pass) + " with " + to_string(pass->pattern) +
               ", then flush";
    }
    if (std::holds_alternative<PlantMarkers>(step)) return "plant markers, then flush";
    if (const auto* erase = std::get_if<HardwareErase>(&step))
        return "have the drive erase itself: " + to_string(erase->command);
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
        if (alters(steps[i])) {
            after_technique = belongs_to_technique(steps[i]);
            // Another pass of the technique: what was read back before it is not the last.
            if (after_technique) found.reset();
        } else if (after_technique && !found) {
            found = i;
        }
    }
    return found;
}

bool alters(const Step& step) {
    return !std::holds_alternative<ReadBack>(step);
}

Blast reach_of(const Plan& plan) {
    const bool commands = std::any_of(plan.steps.begin(), plan.steps.end(), [](const Step& step) {
        return std::holds_alternative<HardwareErase>(step);
    });
    return commands ? Blast::subsystem : Blast::device;
}

VerifyMode planned_verify(const Plan& plan) {
    const auto deciding = deciding_read_back(plan.steps);
    return deciding ? std::get<ReadBack>(plan.steps[*deciding]).mode : VerifyMode::none;
}

}  // namespace quietus
