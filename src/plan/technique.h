#pragma once
// Overwrite techniques as rows of data: which passes, from which document, with what standing.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace quietus {

/// One AES-256-CTR (or ChaCha20) keystream with a fresh key: any block can be made again from the
/// key.
struct KeystreamPattern {
    friend bool operator==(const KeystreamPattern&, const KeystreamPattern&) = default;
};
/// The same 1–4096 bytes again and again, the first at byte 0 of the device.
struct ConstantPattern {
    Bytes bytes;
    friend bool operator==(const ConstantPattern&, const ConstantPattern&) = default;
};
using Pattern = std::variant<KeystreamPattern, ConstantPattern>;

inline constexpr std::size_t kPatternSizeMax = 4096;

/// "keystream", "00", "ff", "pattern:deadbeef": as commands take and records print it.
std::string to_string(const Pattern& pattern);
/// Takes exactly what to_string writes; else `usage`.
Result<Pattern> parse_pattern(std::string_view text);

struct Citation {
    std::string document;  ///< "NIST SP 800-88r2"
    std::string edition;   ///< "September 2025"
    std::string status;    ///< "current", "superseded by …", "withdrawn"
    std::string relation;  ///< What the document has to do with the technique, in our words.
    friend bool operator==(const Citation&, const Citation&) = default;
};

struct Technique {
    std::string name;   ///< "random", "zero", "ones", "pattern:HEX"
    std::string title;  ///< "one pass of keystream under a fresh key"
    std::vector<Pattern> passes;
    std::vector<Citation> references;
    friend bool operator==(const Technique&, const Technique&) = default;
};

inline constexpr std::string_view kDefaultTechnique = "random";

/// The rows of the table (without pattern:HEX, which is made from its name).
std::span<const Technique> technique_table();

/// The technique of that name; "pattern:HEX" with 1–4096 bytes; else `usage` listing what there is.
Result<Technique> find_technique(std::string_view name);

}  // namespace quietus
