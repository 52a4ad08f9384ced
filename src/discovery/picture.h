#pragma once
// The whole machine at one moment: devices, mounts, swap, loops, and from them what stands on what.

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "discovery/block_graph.h"
#include "discovery/filesystems.h"
#include "discovery/loops.h"
#include "discovery/mounts.h"

namespace quietus::discovery {

/// Something that stands directly on a node.
struct Above {
    UseKind kind{UseKind::mount};
    std::string what;
    std::string remedy;
    std::string
        upper;  ///< The device that stands there, whose own uses are named with it; may be empty.
};

class Picture {
  public:
    /// From sysfs and /proc alone; what loops stand on is taken from paths, as a hint.
    static Result<Picture> without_opening(const Host& host);
    /// Also asks each bound loop device.
    static Result<Picture> with_loops(Host& host);

    Picture(Picture&&) noexcept = default;
    Picture& operator=(Picture&&) = delete;
    Picture(const Picture&) = delete;
    Picture& operator=(const Picture&) = delete;
    ~Picture() = default;

    const BlockGraph& graph() const { return *graph_; }
    const std::vector<std::string>& not_seen() const { return not_seen_; }

    /// Uses of each of the nodes, in their order.
    std::vector<Use> uses_of(const std::vector<std::string>& nodes) const;

    /// Every whole disk at or below the nodes, through partitions, dm, md, loop.
    std::set<std::string> disks_below(const std::set<std::string>& nodes) const;
    /// The same for the filesystem `path` lies on; `facts` are those of the path.
    std::set<std::string> disks_below_path(const std::string& path, const FileFacts& facts) const;

    /// Which of /, /boot, … lead to which whole disk.
    const std::map<std::string, std::vector<std::string>>& system_disks() const {
        return system_disks_;
    }
    const FileSystems& file_systems() const { return *file_systems_; }
    const MountTable& mounts() const { return *mounts_; }

  private:
    Picture() = default;
    static Result<Picture> read(const Host& host);
    void finish(const Host& host, std::vector<LoopUnder> loops);
    void add_mounts(const Host& host);
    void add_swaps(const Host& host);
    void add_holders();
    void add_loops();
    void find_system_disks(const Host& host);
    std::set<std::string> nodes_of_file(const std::string& path, DeviceNumber file_system) const;
    std::string names_of_uses(const std::string& upper, std::set<std::string>& path) const;
    std::vector<const Above*> above(const std::string& node) const;
    std::string remedy_of(const Above& item, int depth) const;

    // Behind pointers: file_systems_ refers to the others, and a Picture moves.
    std::unique_ptr<BlockGraph> graph_;
    std::unique_ptr<MountTable> mounts_;
    std::unique_ptr<FileSystems> file_systems_;
    std::vector<LoopUnder> loops_;
    std::map<std::string, const LoopUnder*> loop_by_name_;
    std::multimap<std::string, Above> above_;
    std::map<std::string, std::vector<std::string>> system_disks_;
    std::vector<std::string> not_seen_;
};

}  // namespace quietus::discovery
