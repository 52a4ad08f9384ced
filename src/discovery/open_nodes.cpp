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
    Search(const Host& host, const std::map<DeviceNumber, std::string>& wanted)
        : host_{host}, wanted_{wanted} {}

    void look_at(int process) {
        const std::string folder = "/proc/" + std::to_string(process);
        const bool fds = look_at_descriptors(process, folder);
        const bool maps = look_in(process, folder + "/map_files", UseKind::mapped);
        if (!fds || !maps) denied_.push_back(process);
        forget_opens_beside_lock();
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
            const bool locked = kind == UseKind::open_descriptor && is_locked(folder, name);
            const UseKind use = locked ? UseKind::locked : kind;
            if (seen_.emplace(process, node->first, use).second) add(process, node->second, use);
        }
        return allowed;
    }

    // proc(5): fdinfo has a "lock:" line for each lock of the open file, flock's among them.
    bool is_locked(const std::string& folder, const std::string& descriptor) const {
        const auto info = host_.read_file(folder + "info/" + descriptor);
        if (!info) return false;
        const auto line = info->find("lock:");
        return line != std::string::npos && info->find(" FLOCK ", line) != std::string::npos;
    }

    // Who holds the lock says with it that it will let go; its other descriptors say nothing more.
    void forget_opens_beside_lock() {
        const auto first = found_.uses.begin() + static_cast<std::ptrdiff_t>(uses_before_);
        const bool locks = std::any_of(first, found_.uses.end(),
                                       [](const Use& u) { return u.kind == UseKind::locked; });
        if (locks)
            found_.uses.erase(
                std::remove_if(first, found_.uses.end(),
                               [](const Use& u) { return u.kind == UseKind::open_descriptor; }),
                found_.uses.end());
        uses_before_ = found_.uses.size();
    }

    void add(int process, const std::string& node, UseKind kind) {
        const std::string shown = shown_process(host_, process);
        const char* how = kind == UseKind::mapped   ? "mapped by "
                          : kind == UseKind::locked ? "locked by "
                                                    : "open by ";
        found_.uses.push_back({.kind = kind,
                               .where = node,
                               .what = how + shown,
                               .remedy = kind == UseKind::locked
                                             ? "wait until " + shown + " is done"
                                             : "end " + shown});
    }

    const Host& host_;
    const std::map<DeviceNumber, std::string>& wanted_;
    OpenNodes found_;
    std::set<std::tuple<int, DeviceNumber, UseKind>> seen_;
    std::vector<int> denied_;
    std::size_t uses_before_{0};  ///< Those of the processes before this one.
};

}  // namespace

OpenNodes find_open_nodes(const Host& host, const std::map<DeviceNumber, std::string>& wanted,
                          const std::vector<int>& ignore_processes) {
    Search search{host, wanted};
    for (const int process : process_ids(host)) {
        const bool ignored = process == host.own_process() ||
                             std::find(ignore_processes.begin(), ignore_processes.end(), process) !=
                                 ignore_processes.end();
        if (!ignored) search.look_at(process);
    }
    return search.finish();
}

}  // namespace quietus::discovery
