#pragma once
// What the journals of this host tell of earlier runs on a drive.

#include <vector>

#include "app/state_dir.h"
#include "record/erase_record.h"

namespace quietus::app {

/// Oldest first; runs that wrote nothing are left out. Empty where the state folder cannot be read.
std::vector<EraseRecord> earlier_runs(const StateDir& state, const DeviceIdentity& drive);

/// The same, as a record keeps it.
std::vector<Attempt> attempts_before(const StateDir& state, const DeviceIdentity& drive);

}  // namespace quietus::app
