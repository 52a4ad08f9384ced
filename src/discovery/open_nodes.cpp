#include "discovery/open_nodes.h"

#include <algorithm>
#include <cerrno>
#include <set>
#include <tuple>

#include "discovery/mounts.h"
#include "discovery/sysfs.h"

namespace quietus::discovery {

namespace {

// The initial PID namespace has a fixed inode (PROC_PID_INIT_INO in include/linux/proc_ns.h):
// 0xEFFFFFFC.
constexpr std::string_view kInitialPidNamespace = "pid:[4026531836]";

class Search {
  public:
    Search(const Host& host, const std::map<DeviceNumber, WantedNode>& wanted,
           const std::vector<int>& ours)
        : host_{host}, wanted_{wanted}, ours_{ours} {}

    bool is_ours(int process) const { return process == host_.own_process() || is_named(process); }

    void look_at(int process) {
        const std::string folder = "/proc/" + std::to_string(process);
        const bool fds = look_at_descriptors(process, folder);
        const bool maps = look_in(process, folder + "/map_files", UseKind::mapped);
        if (!fds || !maps) denied_.push_back(process);
        keep_what_counts();
    }

    OpenNodes finish() {
        if (!denied_.empty()) found_.not_seen.push_back(denied_text());
        const auto name_space =
            host_.read_link("/proc/" + std::to_string(host_.own_process()) + "/ns/pid");
        if (!name_space || *name_space != kInitialPidNamespace) {
            found_.not_seen.emplace_back(
                "processes outside this PID namespace: /proc does not show them");
        }
        return std::move(found_);
    }

  private:
    bool is_named(int process) const {
        return std::find(ours_.begin(), ours_.end(), process) != ours_.end();
    }

    std::string denied_text() const {
        constexpr std::size_t kNamedMax = 3;
        std::string text = "open descriptors and mappings of ";
        for (std::size_t i = 0; i < std::min(denied_.size(), kNamedMax); ++i) {
            text += (i == 0 ? "" : ", ") + shown_process(host_, denied_[i]);
        }
        if (denied_.size() > kNamedMax)
            text += " and " + std::to_string(denied_.size() - kNamedMax) + " more";
        return text + ": permission denied" + (host_.is_root() ? "" : " (not root)");
    }

    // A process whose first thread has ended while others go on seems to have nothing open; its
    // threads tell.
    bool look_at_descriptors(int process, const std::string& folder) {
        const auto names = host_.list_directory(folder + "/fd");
        if (!names || !names->empty())
            return look_in(process, folder + "/fd", UseKind::open_descriptor);
        bool allowed = true;
        for (const std::string& thread : names_in(host_, folder + "/task")) {
            allowed =
                look_in(process, folder + "/task/" + thread + "/fd", UseKind::open_descriptor) &&
                allowed;
        }
        return allowed;
    }

    // False where we may not look. Whatever has gone meanwhile was not in use.
    bool look_in(int process, const std::string& folder, UseKind kind) {
        const auto names = host_.list_directory(folder);
        if (!names) return names.error().sys_errno == ENOENT || names.error().sys_errno == ESRCH;
        bool allowed = true;
        for (const std::string& name : *names) {
            const auto facts = host_.file_facts(folder + "/" + name, /*follow=*/true);
            if (!facts) {
                const int error = facts.error().sys_errno;
                // EACCES of the link itself; a file whose folder we may not enter cannot give it
                // (magic links).
                if (error == EACCES || error == EPERM) allowed = false;
                continue;
            }
            const auto node =
                facts->type == FileType::block ? wanted_.find(facts->number) : wanted_.end();
            if (node == wanted_.end()) continue;
            if (is_child_of_ours(process)) return allowed;
            const bool locked = kind == UseKind::open_descriptor && is_locked(folder, name);
            const UseKind use = locked ? UseKind::locked : kind;
            if (seen_.emplace(process, node->first, use).second) add(process, node->second, use);
        }
        return allowed;
    }

    // proc(5): in stat the parent follows the state, and the command before it may hold anything.
    bool is_child_of_ours(int process) const {
        const auto stat = host_.read_file("/proc/" + std::to_string(process) + "/stat");
        const auto after = stat ? stat->rfind(") ") : std::string::npos;
        if (after == std::string::npos || after + 4 > stat->size()) return false;
        const std::string fields = stat->substr(after + 4);
        const auto parent = parse_number(fields.substr(0, fields.find(' ')));
        return parent && *parent > 0 && is_named(static_cast<int>(*parent));
    }

    // proc(5): fdinfo has a "lock:" line for each lock of the open file, flock's among them.
    bool is_locked(const std::string& folder, const std::string& descriptor) const {
        const auto info = host_.read_file(folder + "info/" + descriptor);
        if (!info) return false;
        const auto line = info->find("lock:");
        return line != std::string::npos && info->find(" FLOCK ", line) != std::string::npos;
    }

    // Who holds the lock of a disk says with it that it will let go: its other descriptors of that
    // disk say nothing more.
    void keep_what_counts() {
        for (Found& one : of_process_) {
            const bool beside_lock =
                one.use.kind == UseKind::open_descriptor &&
                std::any_of(of_process_.begin(), of_process_.end(), [&](const Found& other) {
                    return other.use.kind == UseKind::locked && other.disk == one.disk;
                });
            if (!beside_lock) found_.uses.push_back(one.use);
        }
        of_process_.clear();
    }

    void add(int process, const WantedNode& node, UseKind kind) {
        const std::string shown = shown_process(host_, process);
        const char* how = kind == UseKind::mapped   ? "mapped by "
                          : kind == UseKind::locked ? "locked by "
                                                    : "open by ";
        of_process_.push_back(
            {.use = {.kind = kind,
                     .where = node.name,
                     .what = how + shown,
                     .remedy = kind == UseKind::locked ? "wait until " + shown + " is done"
                                                       : "end " + shown},
             .disk = node.disk});
    }

    struct Found {
        Use use;
        std::string disk;
    };

    const Host& host_;
    const std::map<DeviceNumber, WantedNode>& wanted_;
    const std::vector<int>& ours_;
    std::vector<Found> of_process_;
    OpenNodes found_;
    std::set<std::tuple<int, DeviceNumber, UseKind>> seen_;
    std::vector<int> denied_;
};

}  // namespace

OpenNodes find_open_nodes(const Host& host, const std::map<DeviceNumber, WantedNode>& wanted,
                          const std::vector<int>& ignore_processes) {
    Search search{host, wanted, ignore_processes};
    for (const int process : process_ids(host)) {
        if (!search.is_ours(process)) search.look_at(process);
    }
    return search.finish();
}

}  // namespace quietus::discovery
