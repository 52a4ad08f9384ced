#include "plan/goal.h"

#include <array>
#include <span>

#include "base/bytes.h"

namespace quietus {

namespace {

constexpr std::array kLevels{Level::clear, Level::purge};
constexpr std::array kPurposes{Purpose::internal_reuse, Purpose::external_reuse,
                               Purpose::manufacturer, Purpose::recycler, Purpose::destruction};
constexpr std::array kVerifyModes{VerifyMode::none, VerifyMode::sample, VerifyMode::full};

// The value that prints as `text`; else `usage` naming all that would do.
template <class Enum>
Result<Enum> parse_as(std::span<const Enum> values, std::string_view text, const char* what) {
    std::string choices;
    for (const Enum value : values) {
        if (to_string(value) == text) return value;
        choices += (choices.empty() ? "" : ", ") + to_string(value);
    }
    return failure(ErrorCode::usage,
                   std::string{"unknown "} + what + " '" + printable_text(text) + "'",
                   "one of " + choices);
}

}  // namespace

std::string to_string(Level level) {
    switch (level) {
        case Level::clear:
            return "clear";
        case Level::purge:
            return "purge";
    }
    return "clear";
}

std::string to_string(Purpose purpose) {
    switch (purpose) {
        case Purpose::internal_reuse:
            return "internal-reuse";
        case Purpose::external_reuse:
            return "external-reuse";
        case Purpose::manufacturer:
            return "manufacturer";
        case Purpose::recycler:
            return "recycler";
        case Purpose::destruction:
            return "destruction";
    }
    return "external-reuse";
}

std::string to_string(VerifyMode mode) {
    switch (mode) {
        case VerifyMode::none:
            return "none";
        case VerifyMode::sample:
            return "sample";
        case VerifyMode::full:
            return "full";
    }
    return "none";
}

Result<Level> parse_level(std::string_view text) {
    return parse_as<Level>(kLevels, text, "level");
}

Result<Purpose> parse_purpose(std::string_view text) {
    return parse_as<Purpose>(kPurposes, text, "purpose");
}

Result<VerifyMode> parse_verify_mode(std::string_view text) {
    return parse_as<VerifyMode>(kVerifyModes, text, "verification");
}

Result<void> check_goal(const Goal& goal) {
    if (goal.verify != VerifyMode::none) return {};
    if (!goal.verify_each && !goal.prove) return {};
    return failure(ErrorCode::usage,
                   std::string{goal.verify_each ? "--verify-each" : "--prove"} +
                       " reads back, and nothing is to be read back",
                   "leave out --verify none (or verify = \"none\" of the profile)");
}

Level level_needed(Purpose purpose) {
    switch (purpose) {
        // The drive stays, or is destroyed next: nobody outside can put it in a laboratory.
        case Purpose::internal_reuse:
        case Purpose::destruction:
            return Level::clear;
        case Purpose::external_reuse:
        case Purpose::manufacturer:
        case Purpose::recycler:
            return Level::purge;
    }
    return Level::purge;
}

}  // namespace quietus
