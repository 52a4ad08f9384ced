#pragma once

#include <string>

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

}  // namespace quietus::cli
