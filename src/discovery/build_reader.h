#pragma once
// How a drive is built and attached, from sysfs alone: what only an answer of the drive could tell
// is unavailable, and says so.

#include "discovery/block_graph.h"

namespace quietus::discovery {

/// `disk` is a whole disk.
Build read_build(const Host& host, const BlockNode& disk, Transport transport);

}  // namespace quietus::discovery
