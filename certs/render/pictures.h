#pragma once

#include <vector>

#include "base/json.h"
#include "certs/render/page.h"

namespace quietus::certs {

/// Where on the drive something was left; of a record without sanitization nothing.
AreaMap area_map_of(const Json& record);

/// The last pass and the last read-back whose speed was measured.
std::vector<SpeedCurve> speed_of(const Json& record);

}  // namespace quietus::certs
