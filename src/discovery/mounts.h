#pragma once
// What is mounted, in every mount namespace a process lives in, and what is swapped to.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/host.h"

namespace quietus::discovery {

/// A line of /proc/[pid]/mountinfo (proc(5), section 3.5), unescaped.
struct MountEntry {
    DeviceNumber
        device;  ///< s_dev of the filesystem; major 0 is anonymous (btrfs, overlay, tmpfs, …).
    std::string root;
    std::string point;
    std::string type;
    std::string source;
    std::string super_options;
    friend bool operator==(const MountEntry&, const MountEntry&) = default;
};

/// nullopt where the line is not one.
std::optional<MountEntry> parse_mount_line(std::string_view line);
/// "\040" → " ": three octal digits after a backslash, as the kernel writes them.
std::string unescape_octal(std::string_view text);

struct SeenMount {
    MountEntry entry;
    bool own_namespace{true};
    int process{0};  ///< One that lives in the namespace.
};

struct MountTable {
    std::vector<SeenMount> mounts;  ///< Those of our own namespace first.
    std::vector<std::string> not_seen;
};

/// Mounts of all processes. A process that ends meanwhile is no gap; one that may not be looked at
/// is.
MountTable read_mounts(const Host& host);

struct SwapEntry {
    std::string path;
    bool is_file{false};
};
/// /proc/swaps.
std::vector<SwapEntry> read_swaps(const Host& host);

/// Process ids in /proc, and their names for people: "process 412 (qemu)".
std::vector<int> process_ids(const Host& host);
std::string shown_process(const Host& host, int process);

}  // namespace quietus::discovery
