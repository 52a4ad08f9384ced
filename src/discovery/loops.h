#pragma once
// What lies under each bound loop device.

#include <set>
#include <string>
#include <vector>

#include "discovery/block_graph.h"
#include "discovery/filesystems.h"

namespace quietus::discovery {

/// What is under a bound loop device.
struct LoopUnder {
    std::string name;             ///< "loop3"
    std::set<std::string> disks;  ///< The block device under it,
    std::set<std::string>
        files;  ///< or the devices that carry the filesystem of the file under it.
    bool certain{
        false};  ///< Asked of the device; else told from a path that may mean another namespace.
};

/// From sysfs loop/backing_file: a text path of the mount namespace the loop was bound in. A hint.
std::vector<LoopUnder> loops_by_path(const Host& host, const BlockGraph& graph,
                                     const FileSystems& file_systems);

/// From LOOP_GET_STATUS64 of each bound loop. Where that is not allowed, by path, and `not_seen`
/// says so.
std::vector<LoopUnder> loops_by_asking(Host& host, const BlockGraph& graph,
                                       const FileSystems& file_systems,
                                       std::vector<std::string>& not_seen);

}  // namespace quietus::discovery
