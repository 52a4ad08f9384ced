#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "plan/goal.h"

namespace quietus::cli {

/// The flags that say what is wanted; the same for plan and erase.
struct GoalFlags {
    std::string purpose, level, technique, verify;

    void add_to(CLI::App& sub);
    /// `usage` with the words that are known.
    Result<Goal> goal() const;
};

/// DEVICEs, --manifest and --skip-refused: which drives a call is about; the same for plan and
/// erase.
void add_drives(CLI::App& sub, std::vector<std::string>& devices, std::string& manifest_file,
                bool& skip_refused);
void add_accept(CLI::App& sub, std::vector<std::string>& rules);
/// `usage` where neither names any.
Result<void> check_drives(const std::vector<std::string>& devices,
                          const std::string& manifest_file);

}  // namespace quietus::cli
