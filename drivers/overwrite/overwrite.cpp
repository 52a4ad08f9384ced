#include "drivers/overwrite/overwrite.h"

#include "plan/beyond_overwrite.h"

namespace quietus::drivers {

namespace {

// Why the drive cannot be overwritten; empty where it can. Use and consent are the guards'
// business.
std::string obstacle(const DeviceSnapshot& drive) {
    if (drive.geometry.zones == ZoneModel::host_managed) {
        return "its zones must be written in order (host-managed)";
    }
    if (drive.geometry.logical_sector == 0) return "its sector size is not known";
    return {};
}

}  // namespace

std::vector<Offer> Overwrite::offers(const DeviceSnapshot& drive) const {
    const std::string why_not = obstacle(drive);
    if (!why_not.empty()) return {Offer{"overwrite", std::nullopt, why_not}};
    return {Offer{"overwrite", Level::clear, {}}};
}

std::vector<HiddenArea> Overwrite::unreached(const DeviceSnapshot& drive) const {
    return areas_beyond_overwrite(drive);
}

}  // namespace quietus::drivers
