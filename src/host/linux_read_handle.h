#pragma once
// Reading a block device through a descriptor, and what a descriptor tells of the device behind it.
// The write handle reads the same way, so the parts are free functions.

#include <string>

#include <sys/types.h>

#include "base/unique_fd.h"
#include "host/host.h"

namespace quietus {

DeviceNumber device_number_of(dev_t number);

/// Opens a block device with `flags` (O_CLOEXEC is added). The node is looked at before its
/// driver's open() runs: anything but a block device is `refused`, and no FIFO, tape or watchdog is
/// touched.
Result<UniqueFd> open_block_device(const std::string& node, int flags);

/// What the descriptor says of itself; `node` is for messages.
Result<HandleFacts> handle_facts(int fd, const std::string& node);

/// LOOP_GET_STATUS64; nullopt where the loop device is not bound.
Result<std::optional<LoopBacking>> loop_backing_of(int fd, const std::string& node);

/// pread(2) until `out` is full. The end of the device before that is `io`.
Result<void> read_exactly(int fd, std::uint64_t offset, std::span<std::byte> out,
                          const std::string& node);

/// O_RDONLY|O_NONBLOCK; read_direct through a second O_DIRECT descriptor, opened at the first read.
Result<std::unique_ptr<ReadHandle>> open_linux_query(const std::string& node);

}  // namespace quietus
