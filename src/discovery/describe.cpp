#include "discovery/describe.h"

#include <limits>

#include "base/units.h"
#include "discovery/identity_reader.h"
#include "discovery/sysfs.h"
#include "drivers/registry.h"

namespace quietus::discovery {

namespace {

std::uint32_t sector_size(const Host& host, const std::string& path, std::uint32_t otherwise,
                          std::string& source) {
    const auto size = number_attribute(host, path);
    if (!size || *size == 0 || *size > std::numeric_limits<std::uint32_t>::max()) {
        source = "unavailable; " + std::to_string(otherwise) + " assumed";
        return otherwise;
    }
    return static_cast<std::uint32_t>(*size);
}

ZoneModel zones_of(const Host& host, const std::string& folder) {
    const auto zoned = attribute(host, folder + "/queue/zoned");
    if (zoned == "host-managed") return ZoneModel::host_managed;
    if (zoned == "host-aware") return ZoneModel::host_aware;
    return ZoneModel::none;
}

void read_geometry(const Host& host, const std::string& folder, DeviceSnapshot& snapshot) {
    Geometry& geometry = snapshot.geometry;
    std::string logical = "sysfs:queue/logical_block_size";
    std::string physical = "sysfs:queue/physical_block_size";
    geometry.logical_sector = sector_size(host, folder + "/queue/logical_block_size", 512, logical);
    geometry.physical_sector =
        sector_size(host, folder + "/queue/physical_block_size", geometry.logical_sector, physical);
    geometry.zones = zones_of(host, folder);
    geometry.max_transfer =
        checked_mul(number_attribute(host, folder + "/queue/max_sectors_kb").value_or(0), kKiB)
            .value_or(0);
    snapshot.sources.emplace_back("size", "sysfs:size");
    snapshot.sources.emplace_back("logical sector", logical);
    snapshot.sources.emplace_back("physical sector", physical);
}

Medium medium_of(const Host& host, const std::string& folder, DeviceSnapshot& snapshot) {
    if (is_virtual(snapshot.transport)) return Medium::virtual_device;
    const auto rotational = number_attribute(host, folder + "/queue/rotational");
    std::string source = rotational ? "sysfs:queue/rotational" : "unavailable";
    Medium medium = !rotational        ? Medium::unknown
                    : *rotational != 0 ? Medium::rotational
                                       : Medium::solid_state;
    if (medium == Medium::rotational && snapshot.transport == Transport::usb) {
        // The kernel says "rotational" of every SCSI disk that does not deny it, and USB sticks
        // seldom do.
        medium = Medium::unknown;
        source = "sysfs:queue/rotational is 1, which a USB device gives also where nothing turns";
    }
    snapshot.sources.emplace_back("medium", source);
    return medium;
}

// What this drive was seen to have; what holds for every drive of its kind is the planner's to say
// (plan/beyond_overwrite.h).
void add_hidden_areas(const BlockGraph& graph, DeviceSnapshot& snapshot) {
    const std::string boot = snapshot.whole_disk + "boot0";
    if (snapshot.transport == Transport::mmc && graph.by_name(boot) != nullptr)
        snapshot.hidden_areas.push_back(
            {"boot-partitions", boot + " and further areas are devices of their own"});
}

}  // namespace

DeviceSnapshot describe(const Host& host, const BlockGraph& graph, const BlockNode& node) {
    const BlockNode* found = graph.by_name(node.whole_disk);
    const BlockNode& disk = found != nullptr ? *found : node;
    const std::string folder = sysfs_folder(disk.name);
    DeviceSnapshot snapshot;
    snapshot.path = node_path(node.name);
    snapshot.name = node.name;
    snapshot.number = node.number;
    snapshot.is_partition = node.is_partition();
    snapshot.whole_disk = disk.name;
    snapshot.transport = transport_of(disk);
    snapshot.identity = read_identity(host, disk, snapshot.transport);
    snapshot.identity.size = snapshot.geometry.size = {node.size};
    read_geometry(host, folder, snapshot);
    snapshot.medium = medium_of(host, folder, snapshot);
    snapshot.removable = flag_attribute(host, folder + "/removable");
    snapshot.read_only = flag_attribute(host, sysfs_folder(node.name) + "/ro");
    for (const std::string& name : node.partitions) {
        const BlockNode& part = *graph.by_name(name);
        snapshot.partitions.push_back(
            {part.name, part.number, part.partition, {part.start}, {part.size}});
    }
    add_hidden_areas(graph, snapshot);
    static const drivers::Registry kRegistry = drivers::make_registry();
    snapshot.drivers = drivers::drivers_for(kRegistry, snapshot);
    return snapshot;
}

}  // namespace quietus::discovery
