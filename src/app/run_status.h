#pragma once
// What is running now: a file per running `quietus erase` under <state>/run, for `quietus status`.

#include <string>
#include <vector>

#include "app/observer.h"
#include "app/state_dir.h"
#include "base/json.h"
#include "base/unique_fd.h"

namespace quietus::app {

/// Of the call with this process id.
std::string status_file(const StateDir& state, int process);
std::string control_file(const StateDir& state, int process);

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

/// Notices when a call publishes, begins or ends (inotify on <state>/run).
class RunWatch {
  public:
    /// `config` where the folder is not there or cannot be watched.
    static Result<RunWatch> open(const StateDir& state);
    /// Returns when something has changed, or after `limit_ms`: a killed call changes no file.
    void wait(int limit_ms) const;

  private:
    explicit RunWatch(UniqueFd fd) : fd_{std::move(fd)} {}
    UniqueFd fd_;
};

}  // namespace quietus::app
