#include "plan/technique.h"

#include <algorithm>

namespace quietus {

namespace {

constexpr std::string_view kPatternPrefix = "pattern:";

// What each document has to do with one overwriting pass. We say what it says in our words, and
// claim no conformity: nobody certifies tools against them.
std::vector<Citation> single_pass_references() {
    return {
        {"NIST SP 800-88r2", "September 2025", "current",
         "for clear by overwriting it holds one pass to be enough (section 3.1.1 footnote 5; FAQ "
         "Q6); the choice of pattern is ours"},
        {"NIST SP 800-88r1", "2014", "withdrawn; superseded by NIST SP 800-88r2",
         "meant by clear, as r2 does, that every user-addressable place is reached through "
         "ordinary "
         "commands"},
    };
}

Technique single_pass(std::string name, std::string title, Pattern pattern) {
    return {std::move(name), std::move(title), {std::move(pattern)}, single_pass_references()};
}

std::vector<Technique> make_table() {
    return {
        single_pass("random", "one pass of keystream under a fresh key", KeystreamPattern{}),
        single_pass("zero", "one pass of zero bytes", ConstantPattern{{std::byte{0x00}}}),
        single_pass("ones", "one pass of 0xff bytes", ConstantPattern{{std::byte{0xFF}}}),
    };
}

Result<Technique> pattern_technique(std::string_view hex) {
    const Bytes bytes = QUIETUS_TRY_CONTEXT(from_hex(hex), "technique pattern:HEX");
    if (bytes.empty() || bytes.size() > kPatternSizeMax) {
        return failure(ErrorCode::usage,
                       "technique pattern:HEX: " + std::to_string(bytes.size()) + " bytes",
                       "give 1 to " + std::to_string(kPatternSizeMax) + " bytes as hex digits");
    }
    return single_pass(std::string{kPatternPrefix} + to_hex(bytes),
                       "one pass of a repeated pattern of " + std::to_string(bytes.size()) +
                           (bytes.size() == 1 ? " byte" : " bytes"),
                       ConstantPattern{bytes});
}

}  // namespace

std::string to_string(const Pattern& pattern) {
    const auto* constant = std::get_if<ConstantPattern>(&pattern);
    if (constant == nullptr) return "keystream";
    const std::string hex = to_hex(constant->bytes);
    return hex == "00" || hex == "ff" ? hex : std::string{kPatternPrefix} + hex;
}

std::span<const Technique> technique_table() {
    static const std::vector<Technique> kTable = make_table();
    return kTable;
}

Result<Technique> find_technique(std::string_view name) {
    std::string choices;
    for (const Technique& row : technique_table()) {
        if (row.name == name) return row;
        choices += row.name + ", ";
    }
    if (name.substr(0, kPatternPrefix.size()) == kPatternPrefix) {
        return pattern_technique(name.substr(kPatternPrefix.size()));
    }
    return failure(ErrorCode::usage, "unknown technique '" + printable_text(name) + "'",
                   "one of " + choices + "pattern:HEX");
}

Result<Pattern> parse_pattern(std::string_view text) {
    if (text == "keystream") return Pattern{KeystreamPattern{}};
    const bool prefixed = text.substr(0, kPatternPrefix.size()) == kPatternPrefix;
    Bytes bytes = QUIETUS_TRY(from_hex(prefixed ? text.substr(kPatternPrefix.size()) : text));
    const Pattern pattern{ConstantPattern{std::move(bytes)}};
    const std::size_t size = std::get<ConstantPattern>(pattern).bytes.size();
    // One spelling only: what to_string would have written.
    if (size == 0 || size > kPatternSizeMax || to_string(pattern) != text) {
        return failure(ErrorCode::usage, "not a pattern: '" + printable_text(text) + "'");
    }
    return pattern;
}

}  // namespace quietus
