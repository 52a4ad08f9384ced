#include "discovery/loops.h"

#include <cerrno>

#include "base/bytes.h"
#include "discovery/sysfs.h"

namespace quietus::discovery {

namespace {

LoopUnder by_path(const Host& host, const BlockGraph& graph, const FileSystems& file_systems,
                  const BlockNode& loop) {
    LoopUnder under{.name = loop.name, .disks = {}, .files = {}, .certain = false};
    // The kernel appends " (deleted)" to the path of an unlinked file; the folder is still a fair
    // hint.
    const std::string path = loop.loop_file.value_or("");
    const auto facts = host.file_facts(path, /*follow=*/true);
    if (facts && facts->type == FileType::block) {
        if (const BlockNode* disk = graph.by_number(facts->number)) under.disks.insert(disk->name);
    } else if (path.starts_with("/dev/") && graph.by_name(path.substr(5)) != nullptr) {
        under.disks.insert(path.substr(5));
    } else {
        under.files = file_systems.carriers_of_path(path);
    }
    return under;
}

// A file in a btrfs subvolume that is not a mount point has an st_dev nothing shows. Its path
// explains it where the file found there is the very one (same st_dev and inode).
std::set<std::string> carriers_of_backing(const Host& host, const FileSystems& file_systems,
                                          const BlockNode& loop, const LoopBacking& backing,
                                          bool& explained) {
    explained = true;
    if (const auto* carriers = file_systems.carriers(backing.file_system)) return *carriers;
    const std::string path = loop.loop_file.value_or("");
    const auto facts = host.file_facts(path, /*follow=*/true);
    explained = facts && facts->file_system == backing.file_system && facts->inode == backing.inode;
    return file_systems.carriers_of_path(path);
}

std::optional<LoopUnder> by_asking(Host& host, const BlockGraph& graph,
                                   const FileSystems& file_systems, const BlockNode& loop,
                                   std::vector<std::string>& not_seen) {
    const auto backing = host.loop_backing(node_path(loop.name));
    // Its file is of a FUSE filesystem whose server is gone: through it no byte can reach a disk
    // any more, and what its server may still have open is found among the open descriptors.
    if (!backing && backing.error().sys_errno == ENOTCONN)
        return by_path(host, graph, file_systems, loop);
    if (!backing) {
        not_seen.push_back("what " + node_path(loop.name) +
                           " stands on: " + printable_text(backing.error().message));
        return by_path(host, graph, file_systems, loop);
    }
    if (!*backing) return std::nullopt;  // unbound since we looked
    LoopUnder under{.name = loop.name, .disks = {}, .files = {}, .certain = true};
    if ((*backing)->disk) {
        if (const BlockNode* disk = graph.by_number(*(*backing)->disk))
            under.disks.insert(disk->name);
        return under;
    }
    // A filesystem that is detached (umount -l) but kept alive by the loop has no mount; its device
    // is still here.
    if (const BlockNode* node = graph.by_number((*backing)->file_system)) {
        under.files.insert(node->name);
        return under;
    }
    bool explained{};
    under.files = carriers_of_backing(host, file_systems, loop, **backing, explained);
    under.certain = explained;
    if (!explained) {
        not_seen.push_back("what " + node_path(loop.name) +
                           " stands on: its file is on filesystem " +
                           to_string((*backing)->file_system) + ", which no visible mount shows");
    }
    return under;
}

}  // namespace

std::vector<LoopUnder> loops_by_path(const Host& host, const BlockGraph& graph,
                                     const FileSystems& file_systems) {
    std::vector<LoopUnder> loops;
    for (const auto& [name, node] : graph.nodes()) {
        if (node.loop_file) loops.push_back(by_path(host, graph, file_systems, node));
    }
    return loops;
}

std::vector<LoopUnder> loops_by_asking(Host& host, const BlockGraph& graph,
                                       const FileSystems& file_systems,
                                       std::vector<std::string>& not_seen) {
    std::vector<LoopUnder> loops;
    for (const auto& [name, node] : graph.nodes()) {
        if (!node.loop_file) continue;
        if (auto under = by_asking(host, graph, file_systems, node, not_seen))
            loops.push_back(std::move(*under));
    }
    return loops;
}

}  // namespace quietus::discovery
