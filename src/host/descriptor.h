#pragma once
// Block-device ioctls on an open descriptor, shared by read and write handles.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/result.h"
#include "host/host.h"

namespace quietus {

/// What an open descriptor says of its device (fstat, BLKGETSIZE64, BLKSSZGET, BLKPBSZGET, BLKROGET,
/// BLKGETDISKSEQ, LOOP_GET_STATUS64). `unsupported` where it is not a block device.
Result<HandleFacts> facts_of_descriptor(int fd, const std::string& node);

/// pread until `out` is full; fewer bytes is `io`.
Result<void> read_exactly(int fd, std::uint64_t offset, std::span<std::byte> out, const std::string& node);

}  // namespace quietus
