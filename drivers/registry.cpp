#include "drivers/registry.h"

#include <algorithm>

#include "drivers/nvme/nvme_driver.h"
#include "drivers/overwrite/overwrite.h"

namespace quietus::drivers {

namespace {

bool offers_a_level(const Driver& driver, const DeviceSnapshot& drive) {
    const auto offers = driver.offers(drive);
    return std::any_of(offers.begin(), offers.end(),
                       [](const Offer& o) { return o.level.has_value(); });
}

// Areas of `a` whose kind is also in `b`.
std::vector<HiddenArea> common(const std::vector<HiddenArea>& a, const std::vector<HiddenArea>& b) {
    std::vector<HiddenArea> both;
    for (const HiddenArea& area : a) {
        const bool shared = std::any_of(
            b.begin(), b.end(), [&](const HiddenArea& other) { return other.kind == area.kind; });
        if (shared) both.push_back(area);
    }
    return both;
}

}  // namespace

Registry make_registry() {
    Registry registry;
    registry.push_back(std::make_unique<Nvme>());
    registry.push_back(std::make_unique<Overwrite>());
    return registry;
}

std::vector<std::string> drivers_for(const Registry& registry, const DeviceSnapshot& drive) {
    std::vector<std::string> names;
    for (const auto& driver : registry) {
        if (offers_a_level(*driver, drive)) names.emplace_back(driver->name());
    }
    return names;
}

std::vector<HiddenArea> unreached_by_all(const Registry& registry, const DeviceSnapshot& drive) {
    std::optional<std::vector<HiddenArea>> areas;
    for (const auto& driver : registry) {
        if (!offers_a_level(*driver, drive)) continue;
        const auto its = driver->unreached(drive);
        areas = areas ? common(*areas, its) : its;
    }
    return areas.value_or(std::vector<HiddenArea>{});
}

}  // namespace quietus::drivers
