#pragma once
// `quietus erase`: plan → guards → consent → erase → verify → sign → register, for several drives
// at once.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "app/observer.h"
#include "app/settings.h"
#include "app/signals.h"
#include "base/utc_time.h"
#include "host/host.h"
#include "plan/consent.h"
#include "plan/goal.h"

namespace quietus::app {

struct EraseRequest {
    std::vector<std::string> devices;
    Goal goal;
    Consent consent;
    Settings settings;
    /// Asks a person at a terminal to type the drive's confirmation; returns what was typed, or
    /// nothing (refused, or interrupted). Unset without a terminal.
    std::function<std::optional<std::string>(const Plan& plan, const std::string& expected)> ask;
};

struct Services {
    Host& host;
    const Clock& clock;
    Observer& observer;
    Signals& signals;
};

/// The exit status of the call. Results and objections have been told to the observer, one result
/// per drive.
ExitStatus erase_drives(const EraseRequest& request, Services services);

}  // namespace quietus::app
