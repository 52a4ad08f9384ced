#include "app/probe.h"

#include <unistd.h>

#include "app/fork_worker.h"
#include "base/bytes.h"
#include "device/json.h"
#include "drivers/nvme/anonymous.h"

namespace quietus::app {

namespace {

// Looking at the machine asks nothing of a drive but who is on it.
constexpr int kViewDeadlineMs = 5'000;

Json error_json(const Error& error) {
    return {{"code", static_cast<int>(error.code)},
            {"message", printable_text(error.message)},
            {"errno", error.sys_errno},
            {"hint", printable_text(error.hint)}};
}

Error error_from_json(const Json& json) {
    const auto number = [&](const char* key) {
        return static_cast<int>(integer_member(json, key).value_or(0));
    };
    return {.code = static_cast<ErrorCode>(number("code")),
            .message = string_member(json, "message").value_or("?"),
            .sys_errno = number("errno"),
            .hint = string_member(json, "hint").value_or("")};
}

Result<Json> disks_of(const Host& host, const discovery::MachineView& view,
                      const std::vector<Place>& places) {
    Json disks = Json::array();
    for (const Place& place : places)
        disks.push_back(
            QUIETUS_TRY_CONTEXT(discovery::disks_under(host, view, place.path), place.role));
    return disks;
}

// In a worker of its own: the drive may hang. `disks` are those under the places.
Result<Json> look(Host& host, const discovery::NamedDevice& device, const Result<Json>& disks,
                  const discovery::InspectOptions& options) {
    const DeviceSnapshot snapshot = QUIETUS_TRY(discovery::inspect_drive(host, device, options));
    Json places = QUIETUS_TRY(disks);
    Json seen{{"snapshot", to_json(snapshot)}, {"disks", std::move(places)}};
    if (options.answers != nullptr) {
        const SourcedString& serial = snapshot.identity.serial;
        drivers::nvme::replace_serials(*options.answers,
                                       serial.value ? serial.value->raw : std::string{});
        seen["answers"] = to_json(*options.answers);
    }
    return seen;
}

Json answer_of(const Result<Json>& seen) {
    return seen ? *seen : Json{{"error", error_json(seen.error())}};
}

// The worker of the whole call: looks at the machine and the places once, and has a worker for each
// drive, which inherits what was seen. Answers one line for each drive.
std::string look_at_all(Host& host, const std::vector<discovery::NamedDevice>& devices,
                        const std::vector<Place>& places, std::chrono::milliseconds lock_patience,
                        Answers answers, int supervisor) {
    const std::vector<int> ours{supervisor, getpid()};
    const auto view = discovery::look_at_machine(host, ours);
    const Result<Json> disks = view ? disks_of(host, **view, places) : Json{};
    std::vector<std::function<std::string()>> jobs;
    jobs.reserve(devices.size());
    for (const auto& device : devices) {
        jobs.emplace_back([&, device]() -> std::string {
            if (!view) return canonical_json(answer_of(tl::unexpected{view.error()}));
            std::vector<NvmeAnswer> kept;
            return canonical_json(
                answer_of(look(host, device, disks,
                               {.ignore_processes = ours,
                                .view = view->get(),
                                .probe_signatures = true,
                                .patience = discovery::kBriefOpenPatience,
                                .lock_patience = lock_patience,
                                .answers = answers == Answers::keep ? &kept : nullptr})));
        });
    }
    std::string lines;
    for (const auto& one : run_in_workers(jobs, std::chrono::milliseconds{kProbeDeadlineMs}))
        lines += (one ? *one : canonical_json(answer_of(tl::unexpected{one.error()}))) + "\n";
    return lines;
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    for (std::size_t at = 0, end = 0; (end = text.find('\n', at)) != std::string::npos;
         at = end + 1)
        lines.push_back(text.substr(at, end - at));
    return lines;
}

Result<Probed> understand(const std::string& answer, const std::vector<Place>& places) {
    const auto json = parse_json(answer);
    if (!json)
        return failure(ErrorCode::internal, "the worker that looked at it ended without an answer");
    if (json->contains("error")) return tl::unexpected{error_from_json((*json)["error"])};
    Probed probed;
    probed.snapshot = QUIETUS_TRY(snapshot_from_json(QUIETUS_TRY(member(*json, "snapshot"))));
    if (json->contains("answers"))
        probed.answers = QUIETUS_TRY(nvme_answers_from_json((*json)["answers"]));
    const Json disks = QUIETUS_TRY(member(*json, "disks"));
    QUIETUS_CHECK(disks.is_array() && disks.size() == places.size());
    for (std::size_t i = 0; i < places.size(); ++i) {
        guard::ProtectedPlace place{.role = places[i].role, .path = places[i].path, .disks = {}};
        for (const Json& name : disks[i]) place.disks.push_back(name.get<std::string>());
        probed.places.push_back(std::move(place));
    }
    return probed;
}

}  // namespace

std::vector<Result<Probed>> probe(Host& host, const std::vector<discovery::NamedDevice>& devices,
                                  const std::vector<Place>& places,
                                  std::chrono::milliseconds lock_patience, Answers answers_kept) {
    const int supervisor = host.own_process();
    const std::function<std::string()> all = [&] {
        return look_at_all(host, devices, places, lock_patience, answers_kept, supervisor);
    };
    // The worker of the call answers even where all of its own have hung.
    const auto lines =
        run_in_workers({all}, std::chrono::milliseconds{kProbeDeadlineMs + kViewDeadlineMs})
            .front();
    const std::vector<std::string> answers = lines ? lines_of(*lines) : std::vector<std::string>{};
    std::vector<Result<Probed>> probed;
    for (std::size_t i = 0; i < devices.size(); ++i) {
        auto one = lines ? understand(i < answers.size() ? answers[i] : std::string{}, places)
                         : Result<Probed>{tl::unexpected{lines.error()}};
        if (!one && one.error().message.find(devices[i].path) == std::string::npos)
            one = tl::unexpected{std::move(one).error().with_context(devices[i].path)};
        probed.push_back(std::move(one));
    }
    return probed;
}

}  // namespace quietus::app
