#pragma once
// A passphrase or PIN typed on the terminal, unseen.

#include <string>

#include "base/memory.h"
#include "base/result.h"

namespace quietus::app {

/// Standard input and standard error are a terminal: somebody can be asked.
bool can_ask();

/// Asks for `what` and reads one line with the echo off, which is on again afterwards whatever
/// happens: the signals that would end or stop the program wait until then. `interrupted` where one
/// came; it is still pending.
Result<SecretBytes> ask_secret(const std::string& what);

}  // namespace quietus::app
