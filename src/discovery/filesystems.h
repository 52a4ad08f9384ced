#pragma once
// Which block devices carry a filesystem, also where its device number is anonymous (major 0: btrfs
// and others).

#include <map>
#include <set>
#include <string>
#include <vector>

#include "discovery/block_graph.h"
#include "discovery/mounts.h"

namespace quietus::discovery {

/// One mounted filesystem (several mounts of it are one entry each) and the block devices below it.
struct CarriedMount {
    const SeenMount* mount{nullptr};
    std::set<std::string> nodes;  ///< Kernel names.
};

class FileSystems {
  public:
    /// Stats mount points of our own namespace and the sources that mountinfo names; opens nothing.
    FileSystems(const Host& host, const BlockGraph& graph, const MountTable& mounts);

    const std::vector<CarriedMount>& mounts() const { return mounts_; }
    /// Members of mounted btrfs filesystems that no visible mount accounts for, with the
    /// filesystem's UUID.
    const std::map<std::string, std::string>& unexplained_btrfs() const { return unexplained_; }
    const std::vector<std::string>& not_seen() const { return not_seen_; }

    /// Block devices below the filesystem with this st_dev; nullptr where no visible mount explains
    /// it.
    const std::set<std::string>* carriers(DeviceNumber file_system) const;
    /// Block devices below the filesystem that `path` (absolute, as our own namespace sees it) lies
    /// on.
    std::set<std::string> carriers_of_path(const std::string& path) const;

  private:
    void read_btrfs(const Host& host);
    void add_mount(const Host& host, const SeenMount& mount);
    std::set<std::string> nodes_named(const Host& host, const std::string& text) const;
    void add_btrfs_members(std::set<std::string>& nodes);
    void add_overlay_layers();
    const CarriedMount* mount_of_path(const std::string& path) const;

    const BlockGraph& graph_;
    std::vector<CarriedMount> mounts_;
    std::map<DeviceNumber, std::set<std::string>> carriers_;
    std::map<std::string, std::set<std::string>> btrfs_members_;  ///< By UUID.
    std::map<std::string, std::string> btrfs_of_node_;
    std::map<std::string, std::string> unexplained_;
    std::vector<std::string> not_seen_;
};

}  // namespace quietus::discovery
