#include "sim/table.h"

#include "plan/planner.h"
#include "sim/invariants.h"
#include "support/machine_builder.h"

namespace quietus::sim {

namespace {

std::string power_text(test::DetectableBy power) {
    return power == test::DetectableBy::none ? "nothing" : std::string{test::to_string(power)};
}

}  // namespace

std::string undetectable_pairs() { return power_text(test::DetectableBy::none); }

}  // namespace quietus::sim
