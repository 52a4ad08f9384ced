#pragma once
// `quietus stop DEVICE`: ends the erase of one drive; the other drives of its call go on.

#include <string>

#include "app/state_dir.h"
#include "host/host.h"

namespace quietus::app {

/// A call that was asked answers at once, except while it syncs its journal or signs a record.
inline constexpr int kStopPatienceMs = 60'000;

struct StopAnswer {
    std::string path;
    bool running{false};  ///< There was something to stop.
    bool stopped{false};  ///< And it was stopped; else it came to its own end first.
};

/// Waits until the drive has ended and its record is filed. Fails where DEVICE is no drive's name,
/// where the run folder cannot be read (`config`), and where the call does not answer (`busy`).
Result<StopAnswer> stop_drive(const Host& host, const StateDir& state, const std::string& device);

}  // namespace quietus::app
