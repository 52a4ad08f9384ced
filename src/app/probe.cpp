#include "app/probe.h"

#include <unistd.h>

#include "app/fork_worker.h"
#include "base/bytes.h"
#include "device/json.h"

namespace quietus::app {

namespace {

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

// In the worker: all of this may hang.
Result<Json> look(Host& host, const discovery::NamedDevice& device,
                  const std::vector<Place>& places, std::chrono::milliseconds lock_patience,
                  int supervisor) {
    const DeviceSnapshot snapshot =
        QUIETUS_TRY(discovery::inspect_drive(host, device,
                                             {.ignore_processes = {supervisor, getpid()},
                                              .probe_signatures = true,
                                              .patience = discovery::kBriefOpenPatience,
                                              .lock_patience = lock_patience}));
    Json disks = Json::array();
    for (const Place& place : places)
        disks.push_back(QUIETUS_TRY_CONTEXT(discovery::disks_under(host, place.path), place.role));
    return Json{{"snapshot", to_json(snapshot)}, {"disks", disks}};
}

Result<Probed> understand(const std::string& answer, const std::vector<Place>& places) {
    const auto json = parse_json(answer);
    if (!json)
        return failure(ErrorCode::internal, "the worker that looked at it ended without an answer");
    if (json->contains("error")) return tl::unexpected{error_from_json((*json)["error"])};
    Probed probed{
        .snapshot = QUIETUS_TRY(snapshot_from_json(QUIETUS_TRY(member(*json, "snapshot")))),
        .places = {}};
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
                                  std::chrono::milliseconds lock_patience) {
    std::vector<std::function<std::string()>> jobs;
    jobs.reserve(devices.size());
    const int supervisor = host.own_process();
    for (const auto& device : devices) {
        jobs.emplace_back([&host, &device, &places, lock_patience, supervisor] {
            const auto seen = look(host, device, places, lock_patience, supervisor);
            return canonical_json(seen ? *seen : Json{{"error", error_json(seen.error())}});
        });
    }
    const auto answers = run_in_workers(jobs, std::chrono::milliseconds{kProbeDeadlineMs});
    std::vector<Result<Probed>> probed;
    for (std::size_t i = 0; i < answers.size(); ++i) {
        auto one = answers[i] ? understand(*answers[i], places)
                              : Result<Probed>{tl::unexpected{answers[i].error()}};
        if (!one && one.error().message.find(devices[i].path) == std::string::npos)
            one = tl::unexpected{std::move(one).error().with_context(devices[i].path)};
        probed.push_back(std::move(one));
    }
    return probed;
}

}  // namespace quietus::app
