#pragma once
// Diagnostics for the person who runs quietus; base/log.cpp is the only file that names spdlog.
// Evidence never goes through here, and nothing read from a device does unless made printable
// first.

#include <string_view>

#include "base/result.h"

namespace quietus::log {

enum class Level { debug, info, warning, error, off };

/// "debug", "info", "warning", "error", "off"; anything else is `usage`.
Result<Level> parse_level(std::string_view text);

/// Sends messages of `level` and above to standard error as "quietus: LEVEL: text". Call once,
/// early, before any worker is forked: each process writes whole lines, unbuffered.
void start(Level level);

void debug(std::string_view text);
void info(std::string_view text);
void warning(std::string_view text);
void error(std::string_view text);

}  // namespace quietus::log
