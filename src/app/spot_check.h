#pragma once
// Is an erased drive still as it was left? A look at a few positions, reading only.

#include <cstddef>
#include <optional>
#include <string>

#include "host/host.h"
#include "record/erase_record.h"

namespace quietus::app {

/// First and last sector and so many between, evenly spread: enough to notice a filesystem, not a
/// proof.
inline constexpr std::size_t kSpotPositions = 64;

/// What a place on the drive should hold.
struct Expected {
    Pattern pattern;
    std::optional<Keystream> keystream;
};

/// Compares with `expected`. `false` where any position reads as something else; a failure where
/// the drive cannot be read or is too small. Opens the drive: call it in a worker.
Result<bool> still_intact(Host& host, const Expected& expected, const Geometry& geometry,
                          const std::string& node);

/// Compares against the last pass of the record. `false` where any position reads as something
/// else; a failure where the drive cannot be read. Opens the drive: call it in a worker.
Result<bool> still_intact(Host& host, const EraseRecord& record, const std::string& node);

}  // namespace quietus::app
