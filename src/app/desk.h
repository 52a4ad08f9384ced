#pragma once

#include "app/erase.h"
#include "app/evidence.h"

namespace quietus::app {

/// Everything that erasing and vouching for it need of the host: a plausible clock, root,
/// algorithms that pass their self-test, the state folder, the signing key (made on first use, and
/// told), the register. `state` and `settings` must outlive it.
Result<EvidenceDesk> open_desk(const StateDir& state, const Settings& settings,
                               const Services& services);

}  // namespace quietus::app
