#pragma once
// Evidence that an earlier run could not complete (73): the same erase again completes it without
// writing the drive.

#include "app/evidence.h"
#include "app/observer.h"
#include "host/host.h"
#include "plan/plan.h"

namespace quietus::app {

struct Pending {
    /// The drive was erased as this plan asks, is still as it was left, and only evidence was
    /// missing: nothing is to be erased, and `result` (already filed, or 73 again) is this drive's
    /// result.
    bool completes_this_call{false};
    DriveResult result;
};

/// Looks through what is owed for this drive. Whatever ended is filed, whatever its verdict: a
/// failure record is evidence too. A run that broke off without an end stays in its journal and is
/// not touched (and is no erase).
Pending finish_pending(EvidenceDesk& desk, Host& host, Observer& observer, const Plan& plan);

}  // namespace quietus::app
