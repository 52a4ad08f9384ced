#pragma once
// Which faults which technique cannot show, as docs/undetectable.md prints it.

#include <string>

namespace quietus::sim {

/// A table in Markdown: a row for each fault that lets a drive lie and a column for each technique.
std::string undetectable_pairs();

}  // namespace quietus::sim
