#pragma once
// What `inspect` shows of a drive: lines for people, fields for programs.

#include <string>

#include "base/json.h"
#include "device/snapshot.h"

namespace quietus::cli {

std::string inspect_text(const DeviceSnapshot& seen);

/// Every technique for the drive, the preferred first: {technique, level or null, why}.
Json techniques_json(const DeviceSnapshot& seen);

}  // namespace quietus::cli
