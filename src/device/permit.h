#pragma once

#include <string>
#include <utility>
#include <vector>

#include "device/snapshot.h"

namespace quietus {

namespace guard {
class Approver;
}

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

  private:
    friend class guard::Approver;
    explicit WritePermit(DeviceSnapshot target) : target_{std::move(target)} {}
    DeviceSnapshot target_;
};

}  // namespace quietus
