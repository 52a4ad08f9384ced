#include <algorithm>

#include "guard/guard.h"

namespace quietus::guard {

namespace {

bool is_same_node(const DeviceSnapshot& a, const DeviceSnapshot& b) {
    return a.number == b.number;
}

bool shares_its_serial(const DeviceSnapshot& target, std::span<const DeviceSnapshot> all_targets) {
    return std::any_of(all_targets.begin(), all_targets.end(), [&](const DeviceSnapshot& other) {
        return !is_same_node(target, other) &&
               printable(other.identity.serial) == printable(target.identity.serial);
    });
}

}  // namespace

std::string confirmation_needed(const DeviceSnapshot& target,
                                std::span<const DeviceSnapshot> all_targets) {
    if (has_unique_serial(target.identity) && !shares_its_serial(target, all_targets)) {
        return printable(target.identity.serial);
    }
    return target.path + ":" + std::to_string(target.identity.size.bytes);
}

ConsentMeans means_of(const Consent& consent, const DeviceSnapshot& target,
                      std::span<const DeviceSnapshot> all_targets) {
    const std::string needed = confirmation_needed(target, all_targets);
    const auto& given = consent.confirmations;
    if (std::find(given.begin(), given.end(), needed) != given.end()) {
        return consent.typed ? ConsentMeans::typed_serial : ConsentMeans::confirm_flag;
    }
    return consent.plan_token_holds ? ConsentMeans::plan_token : ConsentMeans::none;
}

std::vector<std::string> unmatched_confirmations(const Consent& consent,
                                                 std::span<const DeviceSnapshot> all_targets) {
    std::vector<std::string> unmatched;
    for (const std::string& given : consent.confirmations) {
        const bool matches =
            std::any_of(all_targets.begin(), all_targets.end(), [&](const DeviceSnapshot& target) {
                return confirmation_needed(target, all_targets) == given;
            });
        if (!matches) unmatched.push_back(given);
    }
    return unmatched;
}

bool same_medium(const DeviceSnapshot& a, const DeviceSnapshot& b) {
    if (is_same_node(a, b)) return true;
    const DeviceIdentity& x = a.identity;
    const DeviceIdentity& y = b.identity;
    if (x.backing && y.backing) {
        // Whatever the offsets: two loops over one file may overlap, and a mistake costs more than
        // a second call.
        if (x.backing->disk || y.backing->disk) return x.backing->disk == y.backing->disk;
        return x.backing->file_system == y.backing->file_system &&
               x.backing->inode == y.backing->inode;
    }
    // A WWN tells namespaces of one NVMe drive apart, which share their serial.
    if (x.wwn.has_value() && y.wwn.has_value()) return printable(x.wwn) == printable(y.wwn);
    return has_unique_serial(x) && has_unique_serial(y) &&
           printable(x.serial) == printable(y.serial) && printable(x.model) == printable(y.model) &&
           x.size == y.size;
}

}  // namespace quietus::guard
