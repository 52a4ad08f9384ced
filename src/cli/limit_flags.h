#pragma once

#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "record/erase_record.h"

namespace quietus::cli {

/// The flags that bound a run: how fast, how long, and how far for the sake of a bad area.
struct LimitFlags {
    std::string max_rate, min_rate, deadline, request_deadline, bad_area_time, direction;
    std::optional<unsigned> retries;

    void add_to(CLI::App& sub);
    /// `usage` where a value is out of bounds, or two do not go together.
    Result<RunLimits> limits() const;
};

}  // namespace quietus::cli
