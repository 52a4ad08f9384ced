#pragma once
// The block devices of the machine as sysfs shows them: who is a partition of whom, who stands on
// whom.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/host.h"

namespace quietus::discovery {

struct BlockNode {
    std::string name;  ///< "sda1"
    DeviceNumber number;
    std::string
        device_path;         ///< The folder under /sys/devices that /sys/class/block/NAME leads to.
    std::string whole_disk;  ///< "sda"; equal to name for a whole disk.
    int partition{0};        ///< 0 for a whole disk.
    std::uint64_t start{0};  ///< Bytes.
    std::uint64_t size{0};   ///< Bytes.
    bool hidden{false};  ///< A path below an NVMe multipath node: has no device number of its own.
    std::vector<std::string> partitions;  ///< By index.
    std::vector<std::string> holders;
    std::vector<std::string> slaves;
    std::string dm_name;
    std::string dm_uuid;
    /// Bound loop devices: the backing file's path as it was in the mount namespace of whoever
    /// bound it.
    std::optional<std::string> loop_file;

    bool is_partition() const { return partition != 0; }
};

class BlockGraph {
  public:
    /// Reads /sys/class/block. Devices that vanish meanwhile are left out. Fails only where sysfs
    /// is not there.
    static Result<BlockGraph> read(const Host& host);

    const BlockNode* by_name(std::string_view name) const;
    const BlockNode* by_number(DeviceNumber number) const;
    const std::map<std::string, BlockNode, std::less<>>& nodes() const { return nodes_; }

    /// Whole disks a person may name, in the order people expect (sdb before sdaa). Left out:
    /// partitions, ram disks, floppy and optical drives, hidden multipath legs, unbound loop, zram
    /// and nbd devices, and the boot partitions of eMMC (mmcblk0boot0), which are areas of mmcblk0,
    /// not drives.
    std::vector<const BlockNode*> drives() const;

  private:
    std::map<std::string, BlockNode, std::less<>> nodes_;
    std::map<DeviceNumber, std::string> names_;
};

/// "/dev/dm-0 (vg0-root)": the node and, for device-mapper, its name.
std::string shown_name(const BlockNode& node);

}  // namespace quietus::discovery
