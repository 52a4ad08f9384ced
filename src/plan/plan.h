#pragma once
// What will be done to one drive, and why. A value; the planner that makes it is pure.

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "device/snapshot.h"
#include "plan/goal.h"
#include "plan/technique.h"

namespace quietus {

/// Writes one pattern over every addressable byte, then flushes the drive's write cache.
struct OverwritePass {
    int index{1};
    int of{1};
    Pattern pattern;
    friend bool operator==(const OverwritePass&, const OverwritePass&) = default;
};

/// Reads back against the pattern of the pass before, past every cache that can be bypassed.
struct ReadBack {
    VerifyMode mode{VerifyMode::full};
    friend bool operator==(const ReadBack&, const ReadBack&) = default;
};

using Step = std::variant<OverwritePass, ReadBack>;
std::string to_string(const Step& step);

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

/// What of the last pass is read back: that of its ReadBack step; may be more than goal.verify
/// asked for.
VerifyMode planned_verify(const Plan& plan);

inline constexpr std::string_view kPolicyName = "quietus default policy";
inline constexpr std::string_view kPolicyVersion = "1";

/// Digest (lower-case hex SHA-256) over identity, geometry and steps: equal for plans that would do
/// the same to the same drive. Estimates, paths of other drives and use do not enter.
std::string plan_digest(const Plan& plan);

}  // namespace quietus
