#pragma once

#include <vector>

#include "base/result.h"
#include "plan/plan.h"

namespace quietus {

/// What would be done to this drive for that goal. Pure: same inputs, same plan, byte for byte.
/// A goal the drive cannot reach is `unsupported` with the reason, never a lower level.
Result<Plan> make_plan(const DeviceSnapshot& target, const Goal& goal);

/// The steps alone: the proof pass where it is asked for and needed, the technique's passes with
/// their read-backs, the blank pass.
std::vector<Step> plan_steps(const DeviceSnapshot& target, const Technique& technique,
                             const Goal& goal);

/// What a plan does for that choice: a sample of a drive too small to sample becomes the whole.
VerifyMode effective_verify(const DeviceSnapshot& target, VerifyMode asked);

}  // namespace quietus
