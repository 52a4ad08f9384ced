#pragma once
// What overwriting through the host cannot reach, by kind of drive. One list for the planner and
// for the overwrite driver.

#include <string>
#include <vector>

#include "device/snapshot.h"

namespace quietus {

/// Places that may hold old data and that no write of the host is known to reach. Named whether or
/// not this drive is known to have them: their absence is not ours to claim.
std::vector<HiddenArea> areas_beyond_overwrite(const DeviceSnapshot& target);

/// Places that an NVMe Sanitize does not reach, of those the drive has.
std::vector<HiddenArea> areas_beyond_sanitize(const DeviceSnapshot& target);

/// Those this drive was seen to have, then those above; each kind once.
std::vector<HiddenArea> areas_not_reached(const DeviceSnapshot& target);

/// Where a read-back may be answered from instead of the medium. Never empty: no host can prove
/// more.
std::vector<std::string> caches_beyond_control(const DeviceSnapshot& target);

}  // namespace quietus
