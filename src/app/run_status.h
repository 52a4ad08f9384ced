#pragma once
// What is running now: a file per running `quietus erase` under <state>/run, for `quietus status`.

#include <string>
#include <vector>

#include "app/observer.h"
#include "app/state_dir.h"
#include "base/json.h"

namespace quietus::app {

/// Replaces the file at once (rename, not synced: after a crash it means nothing). Failure is no
/// reason to stop.
void publish_status(const std::string& file, const std::vector<Progress>& running, UtcTime now);

struct RunningCall {
    int process{0};
    std::string updated;
    std::vector<Progress> drives;
};

/// Every call that is alive; files of dead ones are passed over. `config` where the folder cannot
/// be read.
Result<std::vector<RunningCall>> running_calls(const StateDir& state);

Json to_json(const Progress& progress);

}  // namespace quietus::app
