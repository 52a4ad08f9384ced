#pragma once

#include <memory>
#include <string>
#include <vector>

#include "drivers/driver.h"

namespace quietus::drivers {

using Registry = std::vector<std::unique_ptr<const Driver>>;

/// Every driver, the preferred first. Written out by hand: what is not listed does not run.
Registry make_registry();

/// Names of the drivers that offer the drive a level, the preferred first: DeviceSnapshot::drivers.
std::vector<std::string> drivers_for(const Registry& registry, const DeviceSnapshot& drive);

/// What not one of the drivers that offer a level reaches, each kind once.
std::vector<HiddenArea> unreached_by_all(const Registry& registry, const DeviceSnapshot& drive);

}  // namespace quietus::drivers
