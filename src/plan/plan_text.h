#pragma once

#include <string>

#include "plan/plan.h"

namespace quietus {

/// The plan for a person: what will run, why (rule and source), what cannot be reached, and the
/// time each verification choice takes. Many lines, each ended; the same plan gives the same text.
/// Holds nothing a device could have put there unprintably, and no token.
std::string plan_text(const Plan& plan);

}  // namespace quietus
