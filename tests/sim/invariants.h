#pragma once
// What must hold of every case, whatever happened. Nothing here asks the engine what it did: the
// drive's content, its diary and the rules say, and the record is held to them.

#include <string>
#include <vector>

#include "sim/run.h"

namespace quietus::sim {

/// What a read-back in full of that pattern shows.
test::DetectableBy power_of(const Pattern& pattern);
/// Does the fault let a drive say that something was done which was not?
bool is_a_lie(test::Fault fault);
bool shows(test::DetectableBy power, test::Fault fault);

/// "1024 bytes in 2 ranges, the first 0+512"
std::string text_of(const RangeSet& set);

/// Each is a sentence about what does not hold; empty where all does.
std::vector<std::string> broken_invariants(const Story& story);

}  // namespace quietus::sim
