#pragma once

#include <memory>

#include "host/host.h"

namespace quietus {

/// Host::open_writable on Linux: the only function of the program that opens a block device for
/// writing.
Result<std::unique_ptr<WriteHandle>> open_linux_writable(const WritePermit& permit, int wait_ms);

}  // namespace quietus
