#include "discovery/block_graph.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "base/bytes.h"
#include "base/units.h"
#include "discovery/sysfs.h"

namespace quietus::discovery {

namespace {

// "size" and "start" count 512-byte units whatever the sector size
// (Documentation/ABI/stable/sysfs-block).
constexpr std::uint64_t kSysfsSector = 512;

std::uint64_t bytes_attribute(const Host& host, const std::string& path) {
    return checked_mul(number_attribute(host, path).value_or(0), kSysfsSector).value_or(0);
}

void read_stacking(const Host& host, const std::string& folder, BlockNode& node) {
    node.holders = names_in(host, folder + "/holders");
    // Only devices made of other devices have slaves, and those live under /sys/devices/virtual.
    if (node.device_path.find("/devices/virtual/") != std::string::npos) {
        node.slaves = names_in(host, folder + "/slaves");
    }
    if (node.name.starts_with("dm-")) {
        node.dm_name = attribute(host, folder + "/dm/name").value_or("");
        node.dm_uuid = attribute(host, folder + "/dm/uuid").value_or("");
    }
    if (node.name.starts_with("loop") && !node.is_partition()) {
        node.loop_file = attribute(host, folder + "/loop/backing_file");
    }
}

bool is_unbound_loop(const Host& host, const std::string& folder, const std::string& name) {
    return name.starts_with("loop") && !attribute(host, folder + "/loop/backing_file");
}

std::optional<BlockNode> read_node(const Host& host, const std::string& name) {
    const std::string folder = sysfs_folder(name);
    const auto link = host.read_link(folder);
    if (!link) return std::nullopt;
    const auto number = attribute(host, folder + "/dev");
    const auto parsed = number ? parse_device_number(*number) : std::nullopt;
    BlockNode node;
    node.name = name;
    node.device_path = join_path("/sys/class/block", *link);
    node.whole_disk = name;
    node.hidden = !parsed || flag_attribute(host, folder + "/hidden");
    node.number = parsed.value_or(DeviceNumber{});
    node.size = bytes_attribute(host, folder + "/size");
    // An unbound loop device has nothing on it and nothing below: hosts have hundreds of them.
    if (node.size == 0 && is_unbound_loop(host, folder, name)) return node;
    if (const auto index = number_attribute(host, folder + "/partition");
        index && *index > 0 && *index < 1'000'000) {
        node.partition = static_cast<int>(*index);
        node.start = bytes_attribute(host, folder + "/start");
        const std::string parent = node.device_path.substr(0, node.device_path.rfind('/'));
        node.whole_disk = parent.substr(parent.rfind('/') + 1);
    }
    read_stacking(host, folder, node);
    return node;
}

// eMMC: mmcblk0boot0, mmcblk0boot1, mmcblk0gp0, mmcblk0rpmb (drivers/mmc/core/block.c).
bool is_mmc_area(const std::string& name) {
    if (!name.starts_with("mmcblk")) return false;
    return name.find_first_not_of("0123456789", 6) != std::string::npos;
}

bool is_drive(const BlockNode& node) {
    if (node.is_partition() || node.hidden || is_mmc_area(node.name)) return false;
    constexpr std::array<std::string_view, 3> kNoDrives{"ram", "sr", "fd"};
    const std::string letters = node.name.substr(0, node.name.find_first_of("0123456789"));
    if (std::find(kNoDrives.begin(), kNoDrives.end(), letters) != kNoDrives.end()) return false;
    if (letters == "loop") return node.loop_file.has_value();
    if (letters == "zram" || letters == "nbd" || letters == "md") return node.size > 0;
    return true;
}

}  // namespace

Result<BlockGraph> BlockGraph::read(const Host& host) {
    const std::vector<std::string> names =
        QUIETUS_TRY_CONTEXT(host.list_directory("/sys/class/block"), "listing block devices");
    BlockGraph graph;
    for (const std::string& name : names) {
        auto node = read_node(host, name);
        if (!node) continue;  // gone between the listing and now
        if (!node->hidden) graph.names_.emplace(node->number, name);
        graph.nodes_.emplace(name, std::move(*node));
    }
    for (const auto& [name, node] : graph.nodes_) {
        if (!node.is_partition()) continue;
        if (const auto disk = graph.nodes_.find(node.whole_disk); disk != graph.nodes_.end()) {
            disk->second.partitions.push_back(name);
        }
    }
    for (auto& [name, node] : graph.nodes_) {
        std::sort(node.partitions.begin(), node.partitions.end(),
                  [&](const std::string& a, const std::string& b) {
                      return graph.nodes_.at(a).partition < graph.nodes_.at(b).partition;
                  });
    }
    return graph;
}

const BlockNode* BlockGraph::by_name(std::string_view name) const {
    const auto at = nodes_.find(name);
    return at == nodes_.end() ? nullptr : &at->second;
}

const BlockNode* BlockGraph::by_number(DeviceNumber number) const {
    const auto at = names_.find(number);
    return at == names_.end() ? nullptr : by_name(at->second);
}

std::vector<const BlockNode*> BlockGraph::drives() const {
    std::vector<const BlockNode*> drives;
    for (const auto& [name, node] : nodes_) {
        if (is_drive(node)) drives.push_back(&node);
    }
    const auto key = [](const BlockNode* node) {
        return std::tuple{node->name.substr(0, 2), node->name.size(), std::string_view{node->name}};
    };
    std::sort(drives.begin(), drives.end(),
              [&](const auto* a, const auto* b) { return key(a) < key(b); });
    return drives;
}

std::string shown_name(const BlockNode& node) {
    const std::string path = printable_text(node_path(node.name));
    return node.dm_name.empty() ? path : path + " (" + printable_text(node.dm_name) + ")";
}

}  // namespace quietus::discovery
