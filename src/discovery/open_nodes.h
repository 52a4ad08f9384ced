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

/// Looks through /proc/[pid]/fd and map_files for the device numbers in `wanted` (number → kernel
/// name).
OpenNodes find_open_nodes(const Host& host, const std::map<DeviceNumber, std::string>& wanted,
                          const std::vector<int>& ignore_processes);

}  // namespace quietus::discovery
