#include "discovery/filesystems.h"

#include <algorithm>

#include "base/bytes.h"
#include "discovery/sysfs.h"

namespace quietus::discovery {

namespace {

constexpr std::string_view kBtrfsFolder = "/sys/fs/btrfs";

bool is_below(std::string_view path, std::string_view point) {
    if (point == "/") return path.starts_with('/');
    return path.starts_with(point) && (path.size() == point.size() || path[point.size()] == '/');
}

// Options whose values are paths of an overlay's layers (Documentation/filesystems/overlayfs.rst).
std::vector<std::string> overlay_paths(const std::string& options) {
    std::vector<std::string> paths;
    for (const std::string& option : split(options, ',')) {
        const auto equals = option.find('=');
        const std::string_view key = std::string_view{option}.substr(0, equals);
        if (equals == std::string::npos ||
            (key != "lowerdir" && key != "upperdir" && key != "lowerdir+"))
            continue;
        for (std::string& path : split(option.substr(equals + 1), ':')) {
            if (path.starts_with('/')) paths.push_back(std::move(path));
        }
    }
    return paths;
}

}  // namespace

FileSystems::FileSystems(const Host& host, const BlockGraph& graph, const MountTable& mounts)
    : graph_{graph} {
    read_btrfs(host);
    mounts_.reserve(mounts.mounts.size());
    for (const SeenMount& mount : mounts.mounts) add_mount(host, mount);
    add_overlay_layers();
}

// /sys/fs/btrfs/UUID/devices/sda1 is there while the filesystem is mounted, and only then.
void FileSystems::read_btrfs(const Host& host) {
    for (const std::string& uuid : names_in(host, std::string{kBtrfsFolder})) {
        for (const std::string& name :
             names_in(host, std::string{kBtrfsFolder} + "/" + uuid + "/devices")) {
            if (graph_.by_name(name) == nullptr) continue;
            btrfs_members_[uuid].insert(name);
            btrfs_of_node_[name] = uuid;
            unexplained_[name] = uuid;
        }
    }
}

// Nodes that a source or an option names: "/dev/sda1", and "/dev/sda:/dev/sdb" as bcachefs writes
// it.
std::set<std::string> FileSystems::nodes_named(const Host& host, const std::string& text) const {
    std::set<std::string> nodes;
    for (const std::string& path : split(text, ':')) {
        if (!path.starts_with("/dev/")) continue;
        const auto facts = host.file_facts(path, /*follow=*/true);
        const BlockNode* node = facts && facts->type == FileType::block
                                    ? graph_.by_number(facts->number)
                                    // Named in another namespace's /dev.
                                    : graph_.by_name(path.substr(5));
        if (node != nullptr) nodes.insert(node->name);
    }
    return nodes;
}

void FileSystems::add_btrfs_members(std::set<std::string>& nodes) {
    std::set<std::string> members;
    for (const std::string& name : nodes) {
        if (const auto uuid = btrfs_of_node_.find(name); uuid != btrfs_of_node_.end()) {
            members.insert(btrfs_members_[uuid->second].begin(),
                           btrfs_members_[uuid->second].end());
        }
    }
    for (const std::string& name : members) unexplained_.erase(name);
    nodes.merge(members);
}

void FileSystems::add_mount(const Host& host, const SeenMount& mount) {
    const MountEntry& entry = mount.entry;
    CarriedMount carried{.mount = &mount, .nodes = {}};
    if (const BlockNode* node = graph_.by_number(entry.device); node != nullptr)
        carried.nodes.insert(node->name);
    // Where the number says which device it is, the source is only a name somebody once typed.
    if (entry.device.major == 0) carried.nodes.merge(nodes_named(host, entry.source));
    // Outer logs and the like: xfs logdev=/dev/sdb1, rtdev=; ext4 journal_path=.
    for (const std::string& option : split(entry.super_options, ',')) {
        const auto equals = option.find("=/dev/");
        if (equals != std::string::npos)
            carried.nodes.merge(nodes_named(host, option.substr(equals + 1)));
    }
    if (entry.type == "btrfs") {
        add_btrfs_members(carried.nodes);
        if (carried.nodes.empty()) {
            not_seen_.push_back("the drives of the btrfs mounted at " +
                                printable_text(entry.point));
        }
    }
    carriers_[entry.device].insert(carried.nodes.begin(), carried.nodes.end());
    // Each btrfs subvolume has an st_dev of its own, which mountinfo does not show. stat() is asked
    // of our own namespace only, and of local filesystems only.
    if (mount.own_namespace && entry.type == "btrfs") {
        if (const auto facts = host.file_facts(entry.point, /*follow=*/true)) {
            carriers_[facts->file_system].insert(carried.nodes.begin(), carried.nodes.end());
        }
    }
    mounts_.push_back(std::move(carried));
}

// A live system's root is an overlay over a filesystem of the stick it was started from. Layers may
// themselves be overlays, made earlier and so listed earlier; one pass in the table's order
// resolves them.
void FileSystems::add_overlay_layers() {
    for (CarriedMount& carried : mounts_) {
        const MountEntry& entry = carried.mount->entry;
        if (entry.type != "overlay" || !carried.mount->own_namespace) continue;
        for (const std::string& path : overlay_paths(entry.super_options)) {
            // The options say what was typed, perhaps before a chroot: "below the overlay itself"
            // means nothing.
            const CarriedMount* layer = mount_of_path(path);
            if (layer == nullptr || layer == &carried) continue;
            carried.nodes.insert(layer->nodes.begin(), layer->nodes.end());
        }
        carriers_[entry.device].insert(carried.nodes.begin(), carried.nodes.end());
    }
}

const std::set<std::string>* FileSystems::carriers(DeviceNumber file_system) const {
    const auto at = carriers_.find(file_system);
    return at == carriers_.end() ? nullptr : &at->second;
}

const CarriedMount* FileSystems::mount_of_path(const std::string& path) const {
    const CarriedMount* best = nullptr;
    for (const CarriedMount& carried : mounts_) {
        if (!carried.mount->own_namespace || !is_below(path, carried.mount->entry.point)) continue;
        // At equal points the later mount covers the earlier.
        if (best == nullptr || carried.mount->entry.point.size() >= best->mount->entry.point.size())
            best = &carried;
    }
    return best;
}

std::set<std::string> FileSystems::carriers_of_path(const std::string& path) const {
    const CarriedMount* mount = mount_of_path(path);
    return mount == nullptr ? std::set<std::string>{} : mount->nodes;
}

}  // namespace quietus::discovery
