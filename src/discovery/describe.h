#pragma once
// The facts of one drive that sysfs gives: everything of a snapshot but its usage.

#include "discovery/block_graph.h"

namespace quietus::discovery {

/// For a partition: its own path, number and size, and the rest of the disk it belongs to.
DeviceSnapshot describe(const Host& host, const BlockGraph& graph, const BlockNode& node);

}  // namespace quietus::discovery
