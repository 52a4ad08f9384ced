#include "app/plan_drives.h"

#include "app/places.h"
#include "app/probe.h"
#include "guard/guard.h"
#include "plan/planner.h"
#include "plan/token.h"

namespace quietus::app {

namespace {

// What the guards say before anybody was asked: the missing confirmation is what the token is for.
std::vector<Objection> objections_to(const Plan& plan, const std::vector<DeviceSnapshot>& all,
                                     const std::vector<guard::ProtectedPlace>& places) {
    Consent consent;
    consent.confirmations.push_back(guard::confirmation_needed(plan.target, all));
    return guard::review({.plan = plan,
                          .now = plan.target,
                          .consent = consent,
                          .all_targets = all,
                          .protected_places = places})
        .objections;
}

}  // namespace

Planned plan_drives(Host& host, const Clock& clock, const std::vector<std::string>& typed,
                    const Goal& goal, const Settings& settings) {
    Planned planned;
    std::vector<discovery::NamedDevice> devices;
    for (const std::string& name : typed) {
        auto named = discovery::resolve_device(host, name);
        if (named)
            devices.push_back(std::move(*named));
        else
            planned.failures.push_back(std::move(named).error());
    }
    std::vector<guard::ProtectedPlace> places;
    std::vector<DeviceSnapshot> all;
    for (auto& one : probe(host, devices, protected_places(settings))) {
        if (!one) {
            planned.failures.push_back(std::move(one).error());
            continue;
        }
        places = std::move(one->places);
        auto plan = make_plan(one->snapshot, goal);
        if (plan)
            planned.plans.push_back(std::move(*plan));
        else
            planned.failures.push_back(std::move(plan).error());
        all.push_back(std::move(one->snapshot));
    }
    std::vector<ExitStatus> statuses;
    for (const Error& error : planned.failures) statuses.push_back(exit_status_of(error));
    for (const Plan& plan : planned.plans) {
        planned.confirmations.push_back(guard::confirmation_needed(plan.target, all));
        for (Objection& objection : objections_to(plan, all, places)) {
            statuses.push_back(objection.status);
            planned.objections.push_back(std::move(objection));
        }
    }
    planned.status = worst_untouched(statuses);
    if (planned.failures.empty()) planned.token = make_token(planned.plans, clock.now());
    return planned;
}

}  // namespace quietus::app
