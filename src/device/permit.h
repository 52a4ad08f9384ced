#pragma once

#include <string>
#include <utility>
#include <vector>

#include "device/snapshot.h"

namespace quietus {

namespace guard {
class Approver;
}

/// How far a command to a device reaches.
enum class Blast {
    device,     ///< The device node alone.
    subsystem,  ///< Every namespace and controller of the NVM subsystem it belongs to.
};

/// The right to write to one device, once. Only guard::Approver can make one, and opening a device
/// for writing takes one: a code path that skips the guards does not compile.
class WritePermit {
  public:
    WritePermit(WritePermit&&) noexcept = default;
    WritePermit& operator=(WritePermit&&) noexcept = default;
    WritePermit(const WritePermit&) = delete;
    WritePermit& operator=(const WritePermit&) = delete;
    ~WritePermit() = default;

    /// The device as the guards saw it; whoever opens it compares.
    const DeviceSnapshot& target() const noexcept { return target_; }
    /// The furthest that a command may reach: every guard was asked about all of it.
    Blast reach() const noexcept { return reach_; }

  private:
    friend class guard::Approver;
    WritePermit(DeviceSnapshot target, Blast reach) : target_{std::move(target)}, reach_{reach} {}
    DeviceSnapshot target_;
    Blast reach_;
};

}  // namespace quietus
