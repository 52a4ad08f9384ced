#pragma once

#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "app/limits.h"

namespace quietus::cli {

/// The flags that bound a run: how fast, how long, and how far for the sake of a bad area.
struct LimitFlags {
    std::string max_rate, min_rate, deadline, request_deadline, bad_area_time, direction;
    std::optional<unsigned> retries;

    void add_to(CLI::App& sub);
    /// `usage` where a value cannot be read.
    Result<app::SaidLimits> said() const;
};

}  // namespace quietus::cli
