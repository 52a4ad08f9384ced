#include "drivers/nvme/nvme_driver.h"

#include "plan/beyond_overwrite.h"
#include "plan/ladder.h"

namespace quietus::drivers {

std::vector<Offer> Nvme::offers(const DeviceSnapshot& drive) const {
    std::vector<Offer> offers;
    for (const Rung& rung : ladder(drive)) {
        const auto technique = find_technique(rung.technique);
        if (!technique || !is_device_technique(*technique)) continue;
        offers.push_back({rung.technique, rung.level, rung.level ? std::string{} : rung.why});
    }
    return offers;
}

std::vector<HiddenArea> Nvme::unreached(const DeviceSnapshot& drive) const {
    return areas_beyond_sanitize(drive);
}

}  // namespace quietus::drivers
