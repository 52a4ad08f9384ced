#pragma once

#include "drivers/driver.h"

namespace quietus::drivers {

/// Ordinary writes of the host over every addressable byte; the engine runs the passes.
class Overwrite final : public Driver {
  public:
    std::string_view name() const override { return "overwrite"; }
    std::vector<Offer> offers(const DeviceSnapshot& drive) const override;
    std::vector<HiddenArea> unreached(const DeviceSnapshot& drive) const override;
};

}  // namespace quietus::drivers
