#include "discovery/twins.h"

#include <algorithm>

#include "device/identity.h"

namespace quietus::discovery {

std::string Twins::key_of(const DeviceIdentity& identity, Transport transport) {
    if (is_virtual(transport) && transport != Transport::virtio) return {};
    if (identity.wwn.has_value()) return "wwn " + identity.wwn.value->raw;
    // Namespaces of one NVMe drive share its serial.
    if (transport == Transport::nvme || !has_unique_serial(identity)) return {};
    return "serial " + printable(identity.serial) + "\n" + printable(identity.model) + "\n" +
           std::to_string(identity.size.bytes);
}

void Twins::add(const std::string& key, const std::string& disk) {
    if (!key.empty()) disks_.emplace(key, disk);
}

std::vector<std::string> Twins::of(const std::string& key, const std::string& disk) const {
    std::vector<std::string> twins;
    const auto [first, last] = disks_.equal_range(key);
    for (auto at = first; at != last; ++at) {
        if (at->second != disk) twins.push_back(at->second);
    }
    return twins;
}

std::vector<Use> other_path_uses(const BlockGraph& graph, const std::string& disk,
                                 const std::string& twin, const std::vector<Use>& own,
                                 const std::vector<Use>& of_twin) {
    std::vector<Use> uses;
    const BlockNode* node = graph.by_name(twin);
    for (const Use& use : of_twin) {
        const bool named = std::any_of(own.begin(), own.end(), [&](const Use& mine) {
            return mine.kind == UseKind::holder && use.kind == UseKind::holder &&
                   mine.what == use.what;
        });
        if (named || node == nullptr) continue;
        uses.push_back({.kind = UseKind::other_path,
                        .where = disk,
                        .what = "the same drive as " + shown_name(*node) + ", which is " + use.what,
                        .remedy = use.remedy});
    }
    return uses;
}

}  // namespace quietus::discovery
