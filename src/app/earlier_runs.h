#pragma once
// What the journals of this host tell of earlier runs on a drive.

#include <vector>

#include "app/state_dir.h"
#include "record/erase_record.h"

namespace quietus::app {

/// Oldest first; runs that wrote nothing are left out. Empty where the state folder cannot be read.
std::vector<EraseRecord> earlier_runs(const StateDir& state, const DeviceIdentity& drive);

/// Those of every drive: for a call of many, which reads the journals once.
std::vector<EraseRecord> all_runs(const StateDir& state);

/// Those of `runs` that were on the drive, as a record keeps them.
std::vector<Attempt> attempts_before(const std::vector<EraseRecord>& runs,
                                     const DeviceIdentity& drive);

}  // namespace quietus::app
