#pragma once
// What becomes of an erase on a drive with each fault, as docs/undetectable.md prints it.

#include <string>

namespace quietus::sim {

/// A table in Markdown: a row for each fault and a column for each technique.
std::string undetectable_pairs();

}  // namespace quietus::sim
