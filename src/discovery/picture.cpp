#include "discovery/picture.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "discovery/sysfs.h"

namespace quietus::discovery {

namespace {

// A node with hundreds of bind mounts (a container host) is described by the first ones.
constexpr std::size_t kMountsNamedMax = 16;
// Texts name this many things on each level, and this many levels.
constexpr std::size_t kNamedInTextMax = 3;
constexpr std::size_t kLevelsInTextMax = 6;

// A host stands or falls with the drives under these.
constexpr std::array<std::string_view, 6> kSystemFolders{"/",    "/boot", "/boot/efi",
                                                         "/usr", "/etc",  "/var"};

Above holder_above(const BlockNode& holder) {
    Above item{.kind = UseKind::holder, .what = {}, .remedy = {}, .upper = holder.name};
    const std::string word = shell_word(holder.dm_name);
    if (holder.name.starts_with("md")) {
        item.what = "member of " + shown_name(holder);
        item.remedy = "mdadm --stop " + shell_word(node_path(holder.name));
    } else if (holder.dm_uuid.starts_with("LVM-")) {
        item.what = "part of LVM volume " + shown_name(holder);
        item.remedy = "dmsetup remove " + word;
    } else if (holder.dm_uuid.starts_with("CRYPT-")) {
        item.what = "opened as encrypted volume " + shown_name(holder);
        item.remedy = "cryptsetup close " + word;
    } else if (holder.dm_uuid.starts_with("mpath-")) {
        item.what = "path of multipath device " + shown_name(holder);
        item.remedy = "multipath -f " + word;
    } else {
        item.what = "used by " + shown_name(holder);
        if (!holder.dm_name.empty()) item.remedy = "dmsetup remove " + word;
    }
    return item;
}

std::string joined(const std::vector<std::string>& texts, const std::string& separator) {
    std::string text;
    for (const std::string& part : texts) text += (text.empty() ? "" : separator) + part;
    return text;
}

}  // namespace

Result<Picture> Picture::read(const Host& host) {
    Picture picture;
    picture.graph_ = std::make_unique<BlockGraph>(QUIETUS_TRY(BlockGraph::read(host)));
    picture.mounts_ = std::make_unique<MountTable>(read_mounts(host));
    picture.file_systems_ = std::make_unique<FileSystems>(host, *picture.graph_, *picture.mounts_);
    picture.not_seen_ = picture.mounts_->not_seen;
    const auto& unknown = picture.file_systems_->not_seen();
    picture.not_seen_.insert(picture.not_seen_.end(), unknown.begin(), unknown.end());
    return picture;
}

Result<Picture> Picture::without_opening(const Host& host) {
    Picture picture = QUIETUS_TRY(read(host));
    picture.finish(host, loops_by_path(host, *picture.graph_, *picture.file_systems_));
    return picture;
}

Result<Picture> Picture::with_loops(Host& host) {
    Picture picture = QUIETUS_TRY(read(host));
    picture.finish(
        host, loops_by_asking(host, *picture.graph_, *picture.file_systems_, picture.not_seen_));
    return picture;
}

void Picture::finish(const Host& host, std::vector<LoopUnder> loops) {
    loops_ = std::move(loops);
    for (const LoopUnder& loop : loops_) loop_by_name_[loop.name] = &loop;
    add_mounts(host);
    add_swaps(host);
    add_holders();
    add_loops();
    find_system_disks(host);
}

void Picture::add_mounts(const Host& host) {
    std::map<std::string, std::size_t> count;
    for (const CarriedMount& carried : file_systems_->mounts()) {
        // An overlay's layers are mounted themselves, and named there.
        if (carried.mount->entry.type == "overlay") continue;
        for (const std::string& node : carried.nodes) {
            if (++count[node] > kMountsNamedMax) continue;
            const SeenMount& mount = *carried.mount;
            const bool member = mount.entry.type == "btrfs" && carried.nodes.size() > 1;
            Above item{.kind = member ? UseKind::btrfs_member : UseKind::mount,
                       .what = {},
                       .remedy = {},
                       .upper = {}};
            item.what = (member ? "member of a btrfs mounted at " : "mounted at ") +
                        printable_text(mount.entry.point);
            if (mount.entry.point != "/") item.remedy = "umount " + shell_word(mount.entry.point);
            if (!mount.own_namespace) {
                item.what += " in the mount namespace of " + shown_process(host, mount.process);
                item.remedy = "nsenter --mount --target " + std::to_string(mount.process) +
                              " umount " + shell_word(mount.entry.point);
            }
            above_.emplace(node, std::move(item));
        }
    }
    for (const auto& [node, mounts] : count) {
        if (mounts <= kMountsNamedMax) continue;
        above_.emplace(node,
                       Above{.kind = UseKind::mount,
                             .what = "mounted at " + std::to_string(mounts - kMountsNamedMax) +
                                     " further places",
                             .remedy = {},
                             .upper = {}});
    }
    for (const auto& [node, uuid] : file_systems_->unexplained_btrfs()) {
        above_.emplace(node, Above{.kind = UseKind::btrfs_member,
                                   .what = "member of the mounted btrfs " + printable_text(uuid) +
                                           " (mount not seen)",
                                   .remedy = {},
                                   .upper = {}});
    }
}

void Picture::add_swaps(const Host& host) {
    for (const SwapEntry& swap : read_swaps(host)) {
        const std::string remedy = "swapoff " + shell_word(swap.path);
        const std::string shown = printable_text(swap.path);
        std::set<std::string> nodes;
        const auto facts = host.file_facts(swap.path, /*follow=*/true);
        if (!swap.is_file) {
            const BlockNode* node =
                facts && facts->type == FileType::block ? graph_->by_number(facts->number)
                : swap.path.starts_with("/dev/")        ? graph_->by_name(swap.path.substr(5))
                                                        : nullptr;
            if (node != nullptr) nodes.insert(node->name);
        } else {
            nodes = nodes_of_file(swap.path, facts ? facts->file_system : DeviceNumber{});
        }
        if (nodes.empty()) not_seen_.push_back("which drive the swap " + shown + " is on");
        for (const std::string& node : nodes) {
            above_.emplace(
                node, Above{.kind = UseKind::swap,
                            .what = swap.is_file ? "used for swap file " + shown : "active swap",
                            .remedy = remedy,
                            .upper = {}});
        }
    }
}

void Picture::add_holders() {
    for (const auto& [name, node] : graph_->nodes()) {
        for (const std::string& holder_name : node.holders) {
            const BlockNode* holder = graph_->by_name(holder_name);
            above_.emplace(name, holder != nullptr
                                     ? holder_above(*holder)
                                     : Above{.kind = UseKind::holder,
                                             .what = "used by " + printable_text(holder_name),
                                             .remedy = {},
                                             .upper = {}});
        }
    }
}

void Picture::add_loops() {
    for (const LoopUnder& loop : loops_) {
        const std::string shown = printable_text(node_path(loop.name));
        const std::string doubt = loop.certain ? "" : " (told from a path, not from the device)";
        const std::string over_disk = "used by loop device " + shown + doubt;
        const std::string over_file = "used by loop device " + shown + " through a file" + doubt;
        const std::string remedy = "losetup -d " + shell_word(node_path(loop.name));
        for (const std::string& disk : loop.disks) {
            above_.emplace(disk, Above{UseKind::loop_over_disk, over_disk, remedy, loop.name});
        }
        for (const std::string& node : loop.files) {
            above_.emplace(node, Above{UseKind::loop_over_file, over_file, remedy, loop.name});
        }
    }
}

void Picture::find_system_disks(const Host& host) {
    std::map<DeviceNumber, std::set<std::string>> known;
    for (const std::string_view folder : kSystemFolders) {
        const std::string path{folder};
        const auto facts = host.file_facts(path, /*follow=*/true);
        if (!facts) continue;  // no such folder: "/" speaks for it
        const auto [disks, is_new] = known.try_emplace(facts->file_system);
        if (is_new) disks->second = disks_below_path(path, *facts);
        for (const std::string& disk : disks->second) system_disks_[disk].push_back(path);
    }
}

std::vector<const Above*> Picture::above(const std::string& name) const {
    std::vector<const Above*> items;
    const auto add = [&](const std::string& node) {
        const auto [first, last] = above_.equal_range(node);
        for (auto at = first; at != last; ++at) items.push_back(&at->second);
    };
    add(name);
    if (const BlockNode* node = graph_->by_name(name))
        std::for_each(node->partitions.begin(), node->partitions.end(), add);
    return items;
}

// ", which is mounted at / and active swap". `path` holds the devices we came through: links may
// form a circle.
// NOLINTNEXTLINE(misc-no-recursion): at most kLevelsInTextMax deep
std::string Picture::names_of_uses(const std::string& upper, std::set<std::string>& path) const {
    if (path.size() >= kLevelsInTextMax || !path.insert(upper).second) return {};
    std::vector<std::string> texts;
    const std::vector<const Above*> items = above(upper);
    for (const Above* item : items) {
        if (texts.size() == kNamedInTextMax) break;
        texts.push_back(item->what + (item->upper.empty() ? "" : names_of_uses(item->upper, path)));
    }
    path.erase(upper);
    if (texts.empty()) return {};
    const std::size_t more = items.size() - texts.size();
    return ", which is " + joined(texts, " and ") +
           (more > 0 ? " and " + std::to_string(more) + " more" : "");
}

// "umount /srv && mdadm --stop /dev/md0": from the top down. Empty where there is no simple way.
// NOLINTNEXTLINE(misc-no-recursion): at most kNamedInTextMax deep
std::string Picture::remedy_of(const Above& item, int depth) const {
    if (item.upper.empty() || item.remedy.empty()) return item.remedy;
    const std::vector<const Above*> items = above(item.upper);
    if (items.size() > kNamedInTextMax || depth >= static_cast<int>(kNamedInTextMax)) return {};
    std::string text;
    for (const Above* above_it : items) {
        const std::string remedy = remedy_of(*above_it, depth + 1);
        if (remedy.empty()) return {};
        text += remedy + " && ";
    }
    return text + item.remedy;
}

std::vector<Use> Picture::uses_of(const std::vector<std::string>& nodes) const {
    std::vector<Use> uses;
    for (const std::string& node : nodes) {
        const auto [first, last] = above_.equal_range(node);
        for (auto at = first; at != last; ++at) {
            const Above& item = at->second;
            std::set<std::string> path{node};
            uses.push_back(
                {.kind = item.kind,
                 .where = node,
                 .what = item.what + (item.upper.empty() ? "" : names_of_uses(item.upper, path)),
                 .remedy = remedy_of(item, 0)});
        }
    }
    return uses;
}

std::set<std::string> Picture::disks_below(const std::set<std::string>& nodes) const {
    std::set<std::string> disks;
    std::vector<std::string> open{nodes.begin(), nodes.end()};
    while (!open.empty()) {
        const BlockNode* node = graph_->by_name(open.back());
        open.pop_back();
        if (node == nullptr) continue;
        const BlockNode* disk = graph_->by_name(node->whole_disk);
        if (disk == nullptr || !disks.insert(disk->name).second)
            continue;  // seen: also ends circles
        open.insert(open.end(), disk->slaves.begin(), disk->slaves.end());
        if (const auto loop = loop_by_name_.find(disk->name); loop != loop_by_name_.end()) {
            open.insert(open.end(), loop->second->disks.begin(), loop->second->disks.end());
            open.insert(open.end(), loop->second->files.begin(), loop->second->files.end());
        }
    }
    return disks;
}

std::set<std::string> Picture::nodes_of_file(const std::string& path,
                                             DeviceNumber file_system) const {
    if (const BlockNode* node = graph_->by_number(file_system)) return {node->name};
    const auto* carriers = file_systems_->carriers(file_system);
    return carriers != nullptr ? *carriers : file_systems_->carriers_of_path(path);
}

std::set<std::string> Picture::disks_below_path(const std::string& path,
                                                const FileFacts& facts) const {
    return disks_below(nodes_of_file(path, facts.file_system));
}

}  // namespace quietus::discovery
