#include "app/stop_drive.h"

#include <algorithm>

#include "app/control_socket.h"
#include "app/run_status.h"
#include "discovery/discovery.h"

namespace quietus::app {

namespace {

const RunningCall* call_with(const std::vector<RunningCall>& calls, const std::string& path) {
    const auto at = std::find_if(calls.begin(), calls.end(), [&](const RunningCall& call) {
        return std::any_of(call.drives.begin(), call.drives.end(),
                           [&](const Progress& drive) { return drive.path == path; });
    });
    return at == calls.end() ? nullptr : &*at;
}

}  // namespace

Result<StopAnswer> stop_drive(const Host& host, const StateDir& state, const std::string& device) {
    const auto calls = QUIETUS_TRY(running_calls(state));
    StopAnswer answer{.path = device, .running = false, .stopped = false};
    // As it is called in the run, so that a drive whose node has vanished can be stopped too.
    const RunningCall* call = call_with(calls, device);
    if (call == nullptr) {
        answer.path = QUIETUS_TRY(discovery::resolve_device(host, device)).path;
        call = call_with(calls, answer.path);
    }
    if (call == nullptr) return answer;
    QUIETUS_TRY(ask_call(control_file(state, call->process), {{"stop", answer.path}},
                         kStopPatienceMs, [&](const Json& line) {
                             answer.running |= bool_member(line, "stopping").value_or(false);
                             answer.stopped |= bool_member(line, "stopped").value_or(false);
                             return !line.contains("stopped");
                         }));
    return answer;
}

}  // namespace quietus::app
