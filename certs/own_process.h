#pragma once
// Work with other people's libraries in a process of its own: a PKCS#11 module, which OpenSSL's
// engine cannot unload again, and the PIN it has kept, end with that process.

#include <chrono>
#include <functional>
#include <string>

#include "base/result.h"

namespace quietus::certs {

/// Runs `work` in a child process, whose standard output and error lead nowhere, and gives what it
/// gave. `config` where it dies or has not answered within `limit`.
Result<std::string> in_own_process(const std::function<Result<std::string>()>& work,
                                   std::chrono::seconds limit);

}  // namespace quietus::certs
