#pragma once
// Golden text: what a function prints, kept in a file that reviewers read.

#include <string>

namespace quietus::test {

/// Compares `text` with tests/golden/NAME. UPDATE_GOLDEN=1 rewrites the file; a missing file is
/// written and the test fails once, so that a forgotten one cannot pass.
void expect_golden(const std::string& name, const std::string& text);

}  // namespace quietus::test
