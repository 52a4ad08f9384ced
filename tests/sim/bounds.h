#pragma once
// How many requests may fail for a bad area, and how long a step may take.

#include <string>
#include <vector>

#include "sim/run.h"

namespace quietus::sim {

/// Adds a sentence to `broken` for each step of the run that asked for more, or took longer, than
/// the policy of bad areas allows (engine/request_order.h).
void bounds_hold(const Story& story, const Leg& leg, std::vector<std::string>& broken);

}  // namespace quietus::sim
