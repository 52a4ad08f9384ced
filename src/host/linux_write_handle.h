#pragma once
// The way to a writable drive on Linux; LinuxHost::open_writable is its only caller.

#include <memory>

#include "host/host.h"

namespace quietus {

/// See Host::open_writable.
Result<std::unique_ptr<WriteHandle>> open_linux_writable(const WritePermit& permit,
                                                         int lock_wait_ms);

}  // namespace quietus
