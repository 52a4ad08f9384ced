#pragma once
// The way from a node to a plan that may run, as the program goes it.

#include <functional>

#include <gtest/gtest.h>

#include "discovery/discovery.h"
#include "guard/guard.h"
#include "host/host.h"
#include "plan/planner.h"

namespace quietus::test {

/// Looks at the node, plans and confirms it. `change` may alter the plan before it is approved.
inline guard::ApprovedPlan approved(Host& host, const std::string& node, const Goal& goal = {},
                                    const std::function<void(Plan&)>& change = {}) {
    const auto named = discovery::resolve_device(host, node);
    QUIETUS_CHECK(named.has_value());
    const auto seen = discovery::inspect_drive(
        host, *named, {.ignore_processes = {host.own_process()}, .probe_signatures = true});
    QUIETUS_CHECK(seen.has_value());
    auto plan = make_plan(*seen, goal);
    QUIETUS_CHECK(plan.has_value());
    if (change) change(*plan);
    const std::vector<DeviceSnapshot> all{*seen};
    Consent consent;
    consent.confirmations = {guard::confirmation_needed(*seen, all)};
    // A lab machine may hide some processes, and its signatures are the test's own.
    consent.accepted = {"processes-unseen", "member-signature", "removable"};
    auto one = guard::Approver::approve({.plan = *plan,
                                         .now = *seen,
                                         .consent = consent,
                                         .all_targets = all,
                                         .protected_places = {}});
    if (!one) {
        for (const Objection& objection : one.error())
            ADD_FAILURE() << objection.rule << ": " << objection.what;
    }
    QUIETUS_CHECK(one.has_value());
    return std::move(*one);
}

}  // namespace quietus::test
