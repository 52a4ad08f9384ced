#pragma once
// Is an erased drive still as it was left? A look at a few positions, reading only.

#include <cstddef>

#include "host/host.h"
#include "record/erase_record.h"

namespace quietus::app {

/// First and last sector and so many between, evenly spread: enough to notice a filesystem, not a
/// proof.
inline constexpr std::size_t kSpotPositions = 64;

/// Compares against the last pass of the record. `false` where any position reads as something
/// else; a failure where the drive cannot be read. Opens the drive: call it in a worker.
Result<bool> still_intact(Host& host, const EraseRecord& record, const std::string& node);

}  // namespace quietus::app
