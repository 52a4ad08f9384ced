#pragma once
// Overwrite techniques as rows of data: which passes, from which document, with what standing.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "plan/level.h"

namespace quietus {

/// Something the drive itself is told to do.
enum class DeviceCommand { nvme_sanitize_block, nvme_sanitize_crypto, nvme_sanitize_overwrite };
std::string to_string(DeviceCommand command);  // "nvme-sanitize-block"
Result<DeviceCommand> parse_device_command(std::string_view text);
/// SANACT of NVMe Sanitize, CDW10 bits 2:0.
std::uint32_t action_of(DeviceCommand command);

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
/// One byte at every position, drawn from the kernel before the pass begins: what standards call a
/// character of one's choice. Passes with the same slot share the draw.
struct DrawnBytePattern {
    int slot{1};             ///< 1–kDrawnSlotsMax
    bool complement{false};  ///< Writes the complement of the slot's byte.
    friend bool operator==(const DrawnBytePattern&, const DrawnBytePattern&) = default;
};
using Pattern = std::variant<KeystreamPattern, ConstantPattern, DrawnBytePattern>;

inline constexpr std::size_t kPatternSizeMax = 4096;
/// No technique may have more passes: the longest known has 35, and a hundred take weeks.
inline constexpr std::size_t kPassesMax = 100;
inline constexpr int kDrawnSlotsMax = static_cast<int>(kPassesMax);

/// "keystream", "00", "ff", "pattern:deadbeef", "drawn:1", "drawn-complement:1": as records print
/// it.
std::string to_string(const Pattern& pattern);
/// Takes exactly what to_string writes; else `usage`.
Result<Pattern> parse_pattern(std::string_view text);

/// Does what a pass leaves differ at every position, so that reading it back tells blocks apart?
bool is_position_unique(const Pattern& pattern);

struct Citation {
    std::string document;  ///< "NIST SP 800-88r2"
    std::string edition;   ///< "September 2025"
    std::string status;    ///< "current", "superseded by …", "withdrawn"
    std::string relation;  ///< What the document has to do with the technique, in our words.
    friend bool operator==(const Citation&, const Citation&) = default;
};

struct Technique {
    std::string name;   ///< "random", "dod-3", "pattern:HEX", or the name an own profile gives
    std::string title;  ///< "one pass of keystream under a fresh key"
    std::vector<Pattern> passes;
    std::vector<Citation> references;
    /// Passes, from 1, that the standard itself has read back. The last pass is read back anyway.
    std::vector<int> verified{};
    /// Begins with one of kStandings.
    std::string status{};
    /// Where the row departs from its documents, or chooses between them; may be empty.
    std::string note{};
    Level level{Level::clear};     ///< The most it may claim, however many passes it has.
    int rounds{1};                 ///< How often the passes of an own profile were repeated.
    std::string profile_sha256{};  ///< Of the file of an own profile, in hex; empty for our rows.
    /// What the drive is told to do, in this order; such a technique has no passes of its own.
    std::vector<DeviceCommand> commands{};
    friend bool operator==(const Technique&, const Technique&) = default;
};

/// Does the drive erase itself?
inline bool is_device_technique(const Technique& technique) {
    return !technique.commands.empty();
}

inline constexpr std::string_view kDefaultTechnique = "random";

/// How each status begins.
inline constexpr std::string_view kStandings[] = {"current",  "superseded by ", "withdrawn",
                                                  "disputed", "not a standard", "own profile"};

/// Is the technique kept for contracts that ask for it, not because it does more?
bool is_legacy(const Technique& technique);

/// The rows of the table (without pattern:HEX, which is made from its name).
std::span<const Technique> technique_table();

/// A word of another program and the row it means here; its passes there may differ: see the note.
struct TechniqueAlias {
    std::string_view word;
    std::string_view name;
};
std::span<const TechniqueAlias> technique_aliases();
std::vector<std::string> aliases_of(std::string_view name);

/// The technique of that name or alias; "pattern:HEX" with 1–4096 bytes; else `usage` listing what
/// there is.
Result<Technique> find_technique(std::string_view name);

}  // namespace quietus
