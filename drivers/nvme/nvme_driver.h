#pragma once

#include "drivers/driver.h"

namespace quietus::drivers {

/// NVMe drives told to erase themselves by Sanitize.
class Nvme final : public Driver {
  public:
    std::string_view name() const override { return "nvme"; }
    std::vector<Offer> offers(const DeviceSnapshot& drive) const override;
    std::vector<HiddenArea> unreached(const DeviceSnapshot& drive) const override;
};

}  // namespace quietus::drivers
