#include "plan/technique.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace quietus {

namespace {

constexpr std::string_view kPatternPrefix = "pattern:";
constexpr std::string_view kDrawnPrefix = "drawn:";
constexpr std::string_view kComplementPrefix = "drawn-complement:";

const Technique* row_named(std::string_view name) {
    const auto rows = technique_table();
    const auto row =
        std::find_if(rows.begin(), rows.end(), [&](const Technique& r) { return r.name == name; });
    return row == rows.end() ? nullptr : &*row;
}

Result<Technique> pattern_technique(std::string_view hex) {
    const Bytes bytes = QUIETUS_TRY_CONTEXT(from_hex(hex), "technique pattern:HEX");
    if (bytes.empty() || bytes.size() > kPatternSizeMax) {
        return failure(ErrorCode::usage,
                       "technique pattern:HEX: " + std::to_string(bytes.size()) + " bytes",
                       "give 1 to " + std::to_string(kPatternSizeMax) + " bytes as hex digits");
    }
    // As the row of zeros, which is a pattern of one byte.
    const Technique* zero = row_named("zero");
    QUIETUS_CHECK(zero != nullptr);
    Technique technique = *zero;
    technique.name = std::string{kPatternPrefix} + to_hex(bytes);
    technique.title = "one pass of a repeated pattern of " + std::to_string(bytes.size()) +
                      (bytes.size() == 1 ? " byte" : " bytes");
    technique.passes = {ConstantPattern{bytes}};
    return technique;
}

std::optional<int> slot_of(std::string_view digits) {
    int slot = 0;
    const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), slot);
    const bool whole = fault == std::errc{} && end == digits.data() + digits.size();
    if (!whole || slot < 1 || slot > kDrawnSlotsMax) return std::nullopt;
    return slot;
}

std::optional<Pattern> drawn_pattern(std::string_view text) {
    for (const bool complement : {false, true}) {
        const std::string_view prefix = complement ? kComplementPrefix : kDrawnPrefix;
        if (!text.starts_with(prefix)) continue;
        const auto slot = slot_of(text.substr(prefix.size()));
        if (slot) return DrawnBytePattern{.slot = *slot, .complement = complement};
    }
    return std::nullopt;
}

std::string hint_for(std::string_view name) {
    if (name == "verify_zero" || name == "verify_one") {
        return std::string{"reading only is quietus verify DEVICE --technique "} +
               (name == "verify_zero" ? "zero" : "ones");
    }
    std::string choices;
    for (const Technique& row : technique_table()) choices += row.name + ", ";
    return "one of " + choices + "pattern:HEX; quietus methods tells more";
}

}  // namespace

std::string to_string(const Pattern& pattern) {
    if (std::holds_alternative<KeystreamPattern>(pattern)) return "keystream";
    if (const auto* drawn = std::get_if<DrawnBytePattern>(&pattern)) {
        return std::string{drawn->complement ? kComplementPrefix : kDrawnPrefix} +
               std::to_string(drawn->slot);
    }
    const std::string hex = to_hex(std::get<ConstantPattern>(pattern).bytes);
    return hex == "00" || hex == "ff" ? hex : std::string{kPatternPrefix} + hex;
}

std::string to_string(DeviceCommand command) {
    switch (command) {
        case DeviceCommand::nvme_sanitize_block:
            return "nvme-sanitize-block";
        case DeviceCommand::nvme_sanitize_crypto:
            return "nvme-sanitize-crypto";
        case DeviceCommand::nvme_sanitize_overwrite:
            return "nvme-sanitize-overwrite";
    }
    return "nvme-sanitize-block";
}

std::uint32_t action_of(DeviceCommand command) {
    switch (command) {
        case DeviceCommand::nvme_sanitize_block:
            return 2;
        case DeviceCommand::nvme_sanitize_overwrite:
            return 3;
        case DeviceCommand::nvme_sanitize_crypto:
            return 4;
    }
    return 0;
}

Result<DeviceCommand> parse_device_command(std::string_view text) {
    for (const DeviceCommand command :
         {DeviceCommand::nvme_sanitize_block, DeviceCommand::nvme_sanitize_crypto,
          DeviceCommand::nvme_sanitize_overwrite}) {
        if (to_string(command) == text) return command;
    }
    return failure(ErrorCode::usage, "unknown command '" + printable_text(text) + "'");
}

bool is_position_unique(const Pattern& pattern) {
    return std::holds_alternative<KeystreamPattern>(pattern);
}

bool is_legacy(const Technique& technique) {
    return technique.status != "current" && technique.profile_sha256.empty();
}

std::vector<std::string> aliases_of(std::string_view name) {
    std::vector<std::string> words;
    for (const TechniqueAlias& alias : technique_aliases()) {
        if (alias.name == name) words.emplace_back(alias.word);
    }
    return words;
}

Result<Technique> find_technique(std::string_view name) {
    const auto aliases = technique_aliases();
    const auto alias = std::find_if(aliases.begin(), aliases.end(),
                                    [&](const TechniqueAlias& a) { return a.word == name; });
    const std::string_view meant = alias == aliases.end() ? name : alias->name;
    if (const Technique* row = row_named(meant)) return *row;
    if (name.starts_with(kPatternPrefix))
        return pattern_technique(name.substr(kPatternPrefix.size()));
    return failure(ErrorCode::usage, "unknown technique '" + printable_text(name) + "'",
                   hint_for(name));
}

Result<Pattern> parse_pattern(std::string_view text) {
    if (text == "keystream") return Pattern{KeystreamPattern{}};
    auto pattern = drawn_pattern(text);
    if (!pattern) {
        const bool prefixed = text.starts_with(kPatternPrefix);
        Bytes bytes = QUIETUS_TRY(from_hex(prefixed ? text.substr(kPatternPrefix.size()) : text));
        if (!bytes.empty() && bytes.size() <= kPatternSizeMax) {
            pattern = ConstantPattern{std::move(bytes)};
        }
    }
    // One spelling only: what to_string would have written.
    if (!pattern || to_string(*pattern) != text) {
        return failure(ErrorCode::usage, "not a pattern: '" + printable_text(text) + "'");
    }
    return *pattern;
}

}  // namespace quietus
