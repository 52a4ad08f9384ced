#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "plan/goal.h"
#include "plan/profile.h"

namespace quietus::cli {

/// The flags that say what is wanted; the same for plan and erase.
struct GoalFlags {
    std::string purpose, level, technique, verify;
    bool verify_each{false}, prove{false}, blank{false}, also_overwrite{false};

    void add_to(CLI::App& sub);
    /// `usage` with the words that are known; bad_evidence for a file that is no profile.
    Result<Goal> goal() const;
};

/// What --technique and `methods` take: a name, an alias, pattern:HEX, or the file of an own
/// profile (a word with a '/' in it, or ending in .toml). A file that cannot be read is `usage`.
Result<Profile> technique_named(const std::string& word);

/// DEVICEs, --manifest and --skip-refused: which drives a call is about; the same for plan and
/// erase.
void add_drives(CLI::App& sub, std::vector<std::string>& devices, std::string& manifest_file,
                bool& skip_refused);
void add_accept(CLI::App& sub, std::vector<std::string>& rules);
/// `usage` where neither names any.
Result<void> check_drives(const std::vector<std::string>& devices,
                          const std::string& manifest_file);

}  // namespace quietus::cli
