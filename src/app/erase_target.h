#pragma once
// One drive of a call of erase on its way, and what has been said against it.

#include <optional>
#include <string>
#include <vector>

#include "app/manifest.h"
#include "app/observer.h"
#include "discovery/discovery.h"
#include "plan/consent.h"
#include "plan/plan.h"

namespace quietus::app {

struct Resumption;

/// Filled from top to bottom.
struct Target {
    std::string typed;
    const ManifestRow* row{nullptr};
    const Resumption* resumes{nullptr};
    discovery::NamedDevice device;
    std::optional<DeviceSnapshot> snapshot;
    Plan plan;
    Consent consent;
    DriveResult result;
    std::vector<Objection> objections;
    bool out{false};          ///< Its result has been told, and nothing more is done to it.
    bool done_before{false};  ///< Only its evidence was missing.
};

/// What it is to become: the call's goal, or that of the run it carries on.
const Goal& goal_of(const Target& target, const Goal& of_call);

/// The limits of its run: the call's, or those of the run it carries on.
const RunLimits& limits_of(const Target& target, const RunLimits& of_call);

/// Is this the drive that was being erased, and would it be erased the same way? bad_evidence says
/// what differs.
Result<void> check_resumption(const Target& target);

/// The call's consent, with what was said of the run that is carried on where that still holds.
Consent consent_for(const Target& target, const Consent& said,
                    const std::vector<DeviceSnapshot>& all);

/// A failure as an objection that nothing lifts.
Objection objection_of(const std::string& rule, const Error& error);

/// Into the drive's result: the first cause and remedy, the worst status.
void blame(Target& target, const Objection& objection);
/// The same, and kept to be shown.
void object(Target& target, std::vector<Objection> objections);
void object(Target& target, const std::string& rule, const Error& error);

}  // namespace quietus::app
