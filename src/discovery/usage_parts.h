#pragma once
// Pieces of a drive's usage that listing and inspecting share.

#include <string>
#include <vector>

#include "discovery/picture.h"

namespace quietus::discovery {

/// The disk and its partitions, by kernel name.
std::vector<std::string> nodes_of_disk(const BlockNode& disk);

/// Uses of the disk and its partitions, and whether the running system stands on it.
std::vector<Use> uses_of_disk(const Picture& picture, const BlockNode& disk);

/// The same for a partition: its own uses, and those of the whole disk's node.
std::vector<Use> uses_of_partition(const Picture& picture, const BlockNode& partition);

void append(std::vector<Use>& uses, const std::vector<Use>& more);

}  // namespace quietus::discovery
