#include "discovery/usage_parts.h"

namespace quietus::discovery {

namespace {

void add_system_disk(const Picture& picture, const std::string& disk, std::vector<Use>& uses) {
    const auto folders = picture.system_disks().find(disk);
    if (folders == picture.system_disks().end()) return;
    std::string what = "the running system stands on it:";
    for (const std::string& folder : folders->second) what += " " + folder;
    uses.push_back({.kind = UseKind::system_disk, .where = disk, .what = what, .remedy = {}});
}

}  // namespace

std::vector<std::string> nodes_of_disk(const BlockNode& disk) {
    std::vector<std::string> nodes{disk.name};
    nodes.insert(nodes.end(), disk.partitions.begin(), disk.partitions.end());
    return nodes;
}

std::vector<Use> uses_of_disk(const Picture& picture, const BlockNode& disk) {
    std::vector<Use> uses = picture.uses_of(nodes_of_disk(disk));
    add_system_disk(picture, disk.name, uses);
    return uses;
}

std::vector<Use> uses_of_partition(const Picture& picture, const BlockNode& partition) {
    std::vector<Use> uses = picture.uses_of({partition.name, partition.whole_disk});
    add_system_disk(picture, partition.whole_disk, uses);
    return uses;
}

void append(std::vector<Use>& uses, const std::vector<Use>& more) {
    uses.insert(uses.end(), more.begin(), more.end());
}

}  // namespace quietus::discovery
