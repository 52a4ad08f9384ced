#pragma once
// `quietus inspect --record`: what a drive answered, in a file that a test can play back.

#include <string>

#include "app/list.h"

namespace quietus::app {

/// Writes the answers to FOLDER/<kernel name>.json (0600, the folder 0700 where it is missing) and
/// returns that path; "" where the drive answered nothing. A file that is already there is left as
/// it is: `config`.
Result<std::string> record_answers(const std::string& folder, const Inspected& drive);

}  // namespace quietus::app
