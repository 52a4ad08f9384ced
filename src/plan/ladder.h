#pragma once
// What could be done to one drive, the best first, and why: one pure function. Nothing else ranks
// techniques.

#include <optional>
#include <string>
#include <vector>

#include "device/snapshot.h"
#include "plan/goal.h"

namespace quietus {

/// One technique on one drive.
struct Rung {
    std::string technique;       ///< As find_technique takes it.
    std::optional<Level> level;  ///< The most that success reaches; nothing where it cannot run.
    std::string why;             ///< Why it stands here, or why it cannot run.
    friend bool operator==(const Rung&, const Rung&) = default;
};

/// Every technique class for the drive, the preferred first; those that cannot run come last.
std::vector<Rung> ladder(const DeviceSnapshot& target);

/// What is done where no technique was asked for: the best level the drive offers, or, where a
/// level was asked for, the first rung of exactly that level. Nothing where no rung will do.
std::optional<Rung> chosen_rung(const DeviceSnapshot& target, const Goal& goal);

/// Why the technique cannot run on the drive; nothing where it can. Pure.
std::optional<std::string> obstacle_to(const Technique& technique, const DeviceSnapshot& target);

}  // namespace quietus
