#pragma once
// NVMe admin pass-through on Linux. Always on the block node that is held: the kernel sends it to
// the controller of that very node, so no name of a controller has to be trusted.

#include <span>
#include <string>

#include "base/result.h"
#include "host/nvme_command.h"

namespace quietus {

/// A drive that does not answer a question within this is as good as gone.
inline constexpr std::chrono::seconds kQueryTimeout{10};

/// NVME_IOCTL_ADMIN_CMD. A failed Result: the kernel did not carry it, or no answer came (then the
/// drive may have it or not).
Result<NvmeCompletion> nvme_admin(int fd, const std::string& node, const NvmeEntry& entry,
                                  std::span<std::byte> data, std::chrono::milliseconds timeout);

}  // namespace quietus
