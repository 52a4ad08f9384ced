// look_at_machine, and what is answered from it alone.

#include "discovery/machine_view.h"

#include <cerrno>

#include "base/file.h"
#include "discovery/discovery.h"
#include "discovery/sysfs.h"

namespace quietus::discovery {

namespace {

// The path itself, or its nearest parent that is there.
Result<std::string> nearest_existing(const Host& host, std::string path) {
    for (;;) {
        auto real = host.real_path(path);
        const bool absent =
            !real && (real.error().sys_errno == ENOENT || real.error().sys_errno == ENOTDIR);
        if (!absent || path == "/" || path == ".") return real;
        path = parent_directory(path);
    }
}

}  // namespace

Result<std::shared_ptr<const MachineView>> look_at_machine(
    Host& host, const std::vector<int>& ignore_processes) {
    Picture picture = QUIETUS_TRY(Picture::with_loops(host));
    std::map<DeviceNumber, WantedNode> all;
    for (const auto& [name, node] : picture.graph().nodes())
        if (!node.hidden) all.emplace(node.number, WantedNode{name, node.whole_disk});
    OpenNodes open = find_open_nodes(host, all, ignore_processes);
    return std::make_shared<const MachineView>(std::move(picture), std::move(open));
}

Result<std::vector<std::string>> disks_under(const Host& host, const MachineView& view,
                                             const std::string& path) {
    const std::string real = QUIETUS_TRY(nearest_existing(host, path));
    const FileFacts facts = QUIETUS_TRY(host.file_facts(real, /*follow=*/true));
    const std::set<std::string> disks = view.picture().disks_below_path(real, facts);
    return std::vector<std::string>{disks.begin(), disks.end()};
}

}  // namespace quietus::discovery
