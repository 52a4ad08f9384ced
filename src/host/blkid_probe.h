#pragma once
// libblkid's low-level probe: what is written on a device. No cache file, no udev.

#include <string>
#include <vector>

#include "host/host.h"

namespace quietus {

/// Every superblock and partition table libblkid knows on the open device; empty where there is
/// none.
Result<std::vector<FoundSignature>> blkid_signatures(int fd, const std::string& node);

}  // namespace quietus
