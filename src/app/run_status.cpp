#include "app/run_status.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <poll.h>
#include <unistd.h>

#include <sys/inotify.h>

#include "base/bytes.h"
#include "base/file.h"

namespace quietus::app {

namespace {

constexpr std::size_t kStatusSizeMax = 1024 * 1024;

// proc_pid_stat(5) field 22: with the pid it names one process for ever, also when numbers are used
// again.
std::string start_time_of(int process) {
    const auto stat = read_whole_file("/proc/" + std::to_string(process) + "/stat", 65536);
    if (!stat) return {};
    auto at = stat->rfind(')');
    for (int field = 2; field < 22 && at != std::string::npos; ++field)
        at = stat->find(' ', at + 1);
    return at == std::string::npos ? std::string{}
                                   : stat->substr(at + 1, stat->find(' ', at + 1) - at - 1);
}

Result<Progress> progress_from_json(const Json& json) {
    Progress progress;
    progress.path = QUIETUS_TRY(string_member(json, "path"));
    progress.step = static_cast<int>(QUIETUS_TRY(integer_member(json, "step")));
    progress.steps = static_cast<int>(QUIETUS_TRY(integer_member(json, "steps")));
    progress.writing = QUIETUS_TRY(bool_member(json, "writing"));
    progress.pass = static_cast<int>(QUIETUS_TRY(integer_member(json, "pass")));
    progress.passes = static_cast<int>(QUIETUS_TRY(integer_member(json, "passes")));
    progress.role = QUIETUS_TRY(parse_pass_role(QUIETUS_TRY(string_member(json, "role"))));
    progress.done = QUIETUS_TRY(integer_member(json, "done"));
    progress.total = QUIETUS_TRY(integer_member(json, "total"));
    progress.rate = QUIETUS_TRY(integer_member(json, "rate"));
    progress.eta_s = QUIETUS_TRY(integer_member(json, "eta_s"));
    progress.waiting = QUIETUS_TRY(bool_member(json, "waiting"));
    return progress;
}

Result<RunningCall> read_call(const std::string& file) {
    const Json json = QUIETUS_TRY(parse_json(QUIETUS_TRY(read_whole_file(file, kStatusSizeMax))));
    RunningCall call;
    call.process = static_cast<int>(QUIETUS_TRY(integer_member(json, "process")));
    call.updated = QUIETUS_TRY(string_member(json, "updated"));
    if (QUIETUS_TRY(string_member(json, "process_started")) != start_time_of(call.process))
        return failure(ErrorCode::busy, "not running any more");
    const Json drives = QUIETUS_TRY(member(json, "drives"));
    for (const Json& drive : drives) call.drives.push_back(QUIETUS_TRY(progress_from_json(drive)));
    return call;
}

}  // namespace

std::string status_file(const StateDir& state, int process) {
    return state.run_dir() + "/" + std::to_string(process) + ".json";
}
std::string control_file(const StateDir& state, int process) {
    return state.run_dir() + "/" + std::to_string(process) + ".sock";
}

Json to_json(const Progress& progress) {
    return {{"path", printable_text(progress.path)},
            {"step", progress.step},
            {"steps", progress.steps},
            {"writing", progress.writing},
            {"pass", progress.pass},
            {"passes", progress.passes},
            {"role", to_string(progress.role)},
            {"done", json_integer(progress.done)},
            {"total", json_integer(progress.total)},
            {"rate", json_integer(progress.rate)},
            {"eta_s", json_integer(progress.eta_s)},
            {"waiting", progress.waiting}};
}

void publish_status(const std::string& file, const std::vector<Progress>& running, UtcTime now) {
    Json drives = Json::array();
    for (const Progress& progress : running) drives.push_back(to_json(progress));
    const int process = getpid();
    const std::string text = canonical_json({{"schema", "quietus/status/1"},
                                             {"process", process},
                                             {"process_started", start_time_of(process)},
                                             {"updated", to_rfc3339(now)},
                                             {"drives", drives}});
    static_cast<void>(replace_file(file, text, 0600));
}

Result<std::vector<RunningCall>> running_calls(const StateDir& state) {
    std::error_code fault;
    std::vector<RunningCall> calls;
    std::filesystem::directory_iterator folder{state.run_dir(), fault};
    if (fault == std::errc::no_such_file_or_directory) return calls;
    if (fault)
        return failure(ErrorCode::config, state.run_dir() + ": " + fault.message(),
                       "run as root, or name the state folder with --state-dir");
    for (const auto& entry : folder) {
        if (entry.path().extension() != ".json") continue;
        if (auto call = read_call(entry.path().string())) calls.push_back(std::move(*call));
    }
    std::sort(calls.begin(), calls.end(),
              [](const RunningCall& a, const RunningCall& b) { return a.process < b.process; });
    return calls;
}

Result<RunWatch> RunWatch::open(const StateDir& state) {
    UniqueFd fd{inotify_init1(IN_NONBLOCK | IN_CLOEXEC)};
    // A status file is renamed into its place and deleted at the end.
    if (!fd.is_open() ||
        inotify_add_watch(fd.get(), state.run_dir().c_str(), IN_MOVED_TO | IN_DELETE) < 0) {
        Error error = sys_error("watch " + state.run_dir(), errno);
        error.code = ErrorCode::config;
        return tl::unexpected{std::move(error)};
    }
    return RunWatch{std::move(fd)};
}

void RunWatch::wait(int limit_ms) const {
    pollfd waiting{.fd = fd_.get(), .events = POLLIN, .revents = 0};
    if (poll(&waiting, 1, limit_ms) <= 0) return;
    // What changed is looked up anew; the events themselves say nothing more.
    std::array<char, 4096> events{};
    while (::read(fd_.get(), events.data(), events.size()) > 0) {
    }
}

}  // namespace quietus::app
