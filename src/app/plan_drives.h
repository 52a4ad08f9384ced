#pragma once
// `quietus plan`: exactly what erase would do, what stands against it, and the token. Writes
// nothing.

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "app/manifest.h"
#include "app/settings.h"
#include "base/utc_time.h"
#include "guard/guard.h"
#include "host/host.h"
#include "plan/consent.h"
#include "plan/plan.h"

namespace quietus::app {

/// What the drives of a call are called: as typed, or, where none was, as the manifest's rows name
/// them.
std::vector<std::string> names_of_call(const std::vector<std::string>& typed,
                                       const std::optional<Manifest>& manifest);

/// What stands against the plan apart from that nobody has confirmed it: the missing confirmation
/// is what prompt, --confirm and token are for. Nor what `accepted` lifts.
std::vector<Objection> objections_to(const Plan& plan, const std::vector<DeviceSnapshot>& all,
                                     const std::vector<guard::ProtectedPlace>& places,
                                     const std::set<std::string>& accepted);
/// Does a rule stand against it that nothing lifts?
bool is_stopped(const std::vector<Objection>& objections);

struct PlanRequest {
    std::vector<std::string> devices;
    std::string manifest_file;  ///< May be empty.
    Goal goal;
    bool skip_refused{false};
    std::set<std::string> accepted{};  ///< --accept RULE_ID
};

struct Planned {
    std::vector<Plan> plans;
    std::vector<std::string> confirmations;  ///< What --confirm takes for each plan.
    std::vector<Objection> objections;  ///< Of the guards, except that nobody has confirmed yet.
    std::vector<Error> failures;        ///< Drives no plan could be made for.
    /// Over all plans; empty unless every drive has one. With skip_refused over those of drives
    /// that nothing stops, and empty where there is none.
    std::string token;
    ExitStatus status{ExitStatus::internal};
};

Planned plan_drives(Host& host, const Clock& clock, const PlanRequest& request,
                    const Settings& settings);

}  // namespace quietus::app
