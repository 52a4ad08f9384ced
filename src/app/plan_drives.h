#pragma once
// `quietus plan`: exactly what erase would do, what stands against it, and the token. Writes
// nothing.

#include <string>
#include <vector>

#include "app/settings.h"
#include "base/utc_time.h"
#include "host/host.h"
#include "plan/consent.h"
#include "plan/plan.h"

namespace quietus::app {

struct Planned {
    std::vector<Plan> plans;
    std::vector<std::string> confirmations;  ///< What --confirm takes for each plan.
    std::vector<Objection> objections;  ///< Of the guards, except that nobody has confirmed yet.
    std::vector<Error> failures;        ///< Drives no plan could be made for.
    std::string token;                  ///< Over all plans; empty unless every drive has one.
    ExitStatus status{ExitStatus::internal};
};

Planned plan_drives(Host& host, const Clock& clock, const std::vector<std::string>& typed,
                    const Goal& goal, const Settings& settings);

}  // namespace quietus::app
