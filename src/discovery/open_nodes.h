#pragma once
// Which processes hold a block device open or mapped. O_EXCL does not see them: QEMU, a database on
// a raw disk and dd open without it.

#include <map>
#include <string>
#include <vector>

#include "host/host.h"

namespace quietus::discovery {

struct OpenNodes {
    std::vector<Use> uses;
    std::vector<std::string> not_seen;
};

/// A block device that is looked for, and the disk it belongs to.
struct WantedNode {
    std::string name;
    std::string disk;
};

/// Looks through /proc/[pid]/fd and map_files for the device numbers in `wanted`.
/// `ignore_processes` and their children are ours: they look at drives too.
OpenNodes find_open_nodes(const Host& host, const std::map<DeviceNumber, WantedNode>& wanted,
                          const std::vector<int>& ignore_processes);

}  // namespace quietus::discovery
