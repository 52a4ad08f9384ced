#pragma once
// What will be done to one drive, and why. A value; the planner that makes it is pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "device/permit.h"
#include "device/snapshot.h"
#include "plan/goal.h"
#include "plan/technique.h"

namespace quietus {

/// What a pass is written for.
enum class PassRole {
    technique,  ///< One of the technique's own passes.
    prove,      ///< --prove: different at every position, read back in full, before the technique.
    blank,      ///< --blank: zeros, after the verification; no part of the technique.
    device,     ///< Around the drive's own commands: markers before, and what is left after.
    also,       ///< --also-overwrite: everything overwritten after the drive has erased itself.
};
std::string to_string(PassRole role);  // "technique", "prove", "blank"
Result<PassRole> parse_pass_role(std::string_view text);

/// Writes one pattern over every addressable byte, then flushes the drive's write cache.
struct OverwritePass {
    int index{1};  ///< Among the passes of its role.
    int of{1};
    Pattern pattern;
    PassRole role{PassRole::technique};
    friend bool operator==(const OverwritePass&, const OverwritePass&) = default;
};

/// Reads back against the pattern of the pass before, past every cache that can be bypassed.
struct ReadBack {
    VerifyMode mode{VerifyMode::full};
    int pass{0};  ///< Index of that pass; 0 where the plan does not name it.
    PassRole role{PassRole::technique};
    friend bool operator==(const ReadBack&, const ReadBack&) = default;
};

/// Writes bytes of a fresh keystream to places drawn at random, to the beginning, the end and old
/// structures, then flushes: what must not be there any more once the drive has erased itself.
struct PlantMarkers {
    friend bool operator==(const PlantMarkers&, const PlantMarkers&) = default;
};

/// Tells the drive to erase itself, and waits until it says that it has.
struct HardwareErase {
    DeviceCommand command{DeviceCommand::nvme_sanitize_block};
    friend bool operator==(const HardwareErase&, const HardwareErase&) = default;
};

using Step = std::variant<OverwritePass, ReadBack, PlantMarkers, HardwareErase>;
std::string to_string(const Step& step);

/// "pass 2 of 7", "proof pass", "blank pass".
std::string pass_name(const OverwritePass& pass);

/// Does it change what is on the drive?
bool alters(const Step& step);

/// The read-back that a verdict may rest on: the first one after the technique's last pass or
/// command, with no write between. Its position in `steps`, or nothing.
std::optional<std::size_t> deciding_read_back(const std::vector<Step>& steps);

/// Why something is as it is: a rule of ours with the clause it rests on (or "unconfirmed").
struct Reason {
    std::string rule;  ///< Stable id: "level.virtual", "verify.small-is-full".
    std::string text;
    std::string source;  ///< Document and clause, "quietus policy v1", or "unconfirmed".
    friend bool operator==(const Reason&, const Reason&) = default;
};

/// Something the plan leaves behind, and why.
struct NotReached {
    std::string what;
    std::string why;
    friend bool operator==(const NotReached&, const NotReached&) = default;
};

struct Plan {
    DeviceSnapshot target;
    Goal goal;
    Technique technique;
    Level level{Level::clear};  ///< What success reaches; never less than asked or needed.
    std::vector<Step> steps;
    std::vector<Reason> reasons;
    std::vector<NotReached> not_reached;
    std::vector<std::string> caches_not_bypassed;  ///< Read-back may be answered from these.
    std::uint64_t estimate_s{0};  ///< From assumed rates of the medium; not part of the digest.
    std::string estimate_basis;
    friend bool operator==(const Plan&, const Plan&) = default;
};

/// How far the commands of the plan reach.
Blast reach_of(const Plan& plan);

/// What of the technique's last pass is read back: that of its ReadBack step; may be more than
/// goal.verify asked for.
VerifyMode planned_verify(const Plan& plan);

inline constexpr std::string_view kPolicyName = "quietus default policy";
inline constexpr std::string_view kPolicyVersion = "1";

/// Digest (lower-case hex SHA-256) over identity, geometry and steps: equal for plans that would do
/// the same to the same drive. Estimates, paths of other drives and use do not enter.
std::string plan_digest(const Plan& plan);

}  // namespace quietus
