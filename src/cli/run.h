#pragma once

#include "base/utc_time.h"
namespace quietus {
class Host;
}

namespace quietus::cli {

/// The whole program: parses argv, runs one command, returns the exit status of quietus(8). Nothing
/// below throws.
int run(int argc, const char* const* argv, Host& host, const Clock& clock);

}  // namespace quietus::cli
