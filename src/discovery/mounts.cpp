#include "discovery/mounts.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <set>

#include "base/bytes.h"
#include "discovery/sysfs.h"

namespace quietus::discovery {

namespace {

std::string process_folder(int process) {
    return "/proc/" + std::to_string(process);
}

// ENOENT, ESRCH: it ended between readdir and here. EINVAL: a zombie has no mounts left
// (fs/proc_namespace.c).
bool has_ended(const Error& error) {
    return error.sys_errno == ENOENT || error.sys_errno == ESRCH || error.sys_errno == EINVAL;
}

class MountReader {
  public:
    explicit MountReader(const Host& host) : host_{host} {}

    MountTable read() {
        const int own = host_.own_process();
        own_namespace_ = host_.read_link(process_folder(own) + "/ns/mnt").value_or("");
        add_process(own);
        for (const int process : process_ids(host_)) {
            if (process != own) add_process(process);
        }
        if (denied_ > 0) {
            table_.not_seen.push_back("mounts of " + std::to_string(denied_) +
                                      " processes: permission denied");
        }
        if (malformed_ > 0) {
            table_.not_seen.push_back(std::to_string(malformed_) +
                                      " lines of mountinfo: not understood");
        }
        return std::move(table_);
    }

  private:
    // A process whose first thread has ended while others go on shows no mounts of its own
    // (EINVAL); its threads do.
    void add_process(int process) {
        const std::string folder = process_folder(process);
        if (add_folder(folder, process)) return;
        for (const std::string& thread : names_in(host_, folder + "/task")) {
            if (add_folder(folder + "/task/" + thread, process)) return;
        }
    }

    // A thousand processes in one namespace are parsed once. The root belongs to the key: a process
    // in a chroot is shown only what lies below it (proc(5), mountinfo). False where it has ended.
    bool add_folder(const std::string& folder, int process) {
        const auto name_space = host_.read_link(folder + "/ns/mnt");
        if (!name_space && has_ended(name_space.error())) return false;
        if (name_space) {
            const std::string root = host_.read_link(folder + "/root").value_or("?");
            if (!seen_namespaces_.emplace(*name_space, root).second) return true;
        }
        const auto text = host_.read_file(folder + "/mountinfo");
        if (!text) {
            const bool ended = has_ended(text.error());
            if (!ended) ++denied_;
            return !ended;
        }
        if (!seen_texts_.insert(sha256(std::string_view{*text})).second) return true;
        const bool own =
            process == host_.own_process() || (name_space && *name_space == own_namespace_);
        parse(*text, process, own);
        return true;
    }

    void parse(const std::string& text, int process, bool own) {
        for (const std::string& line : split(text, '\n')) {
            if (line.empty()) continue;
            auto entry = parse_mount_line(line);
            if (!entry) {
                ++malformed_;
                continue;
            }
            // A namespace is usually a copy of ours: the same filesystem at the same place says
            // nothing new.
            if (!seen_mounts_.emplace(entry->device, entry->point).second) continue;
            table_.mounts.push_back({std::move(*entry), own, process});
        }
    }

    const Host& host_;
    MountTable table_;
    std::string own_namespace_;
    std::set<std::pair<std::string, std::string>> seen_namespaces_;
    std::set<Digest> seen_texts_;
    std::set<std::pair<DeviceNumber, std::string>> seen_mounts_;
    int denied_{0};
    int malformed_{0};
};

}  // namespace

std::string unescape_octal(std::string_view text) {
    const auto octal = [&](std::size_t at) {
        return at < text.size() && text[at] >= '0' && text[at] <= '7';
    };
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && octal(i + 1) && text[i + 1] <= '3' && octal(i + 2) && octal(i + 3)) {
            plain += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 +
                                       (text[i + 3] - '0'));
            i += 3;
        } else {
            plain += text[i];
        }
    }
    return plain;
}

// "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue"
std::optional<MountEntry> parse_mount_line(std::string_view line) {
    const std::vector<std::string> fields = split(line, ' ');
    constexpr std::size_t kFixed = 6;  // then optional fields up to a lone hyphen
    if (fields.size() < kFixed + 3) return std::nullopt;
    const auto hyphen = std::find(fields.begin() + kFixed, fields.end(), "-");
    if (fields.end() - hyphen < 3) return std::nullopt;
    const auto device = parse_device_number(fields[2]);
    if (!device) return std::nullopt;
    return MountEntry{
        .device = *device,
        .root = unescape_octal(fields[3]),
        .point = unescape_octal(fields[4]),
        .type = unescape_octal(hyphen[1]),
        .source = unescape_octal(hyphen[2]),
        .super_options = fields.end() - hyphen > 3 ? unescape_octal(hyphen[3]) : std::string{}};
}

MountTable read_mounts(const Host& host) {
    return MountReader{host}.read();
}

std::vector<SwapEntry> read_swaps(const Host& host) {
    std::vector<SwapEntry> swaps;
    const auto text = host.read_file("/proc/swaps");
    if (!text) return swaps;  // a kernel without CONFIG_SWAP
    for (const std::string& line : split(*text, '\n')) {
        // "Filename  Type  Size …", columns filled with tabs and blanks; blanks in the name are
        // octal.
        const auto name_end = line.find_first_of(" \t");
        if (name_end == std::string::npos || line.front() != '/') continue;
        const auto type = line.find_first_not_of(" \t", name_end);
        if (type == std::string::npos) continue;
        swaps.push_back(
            {unescape_octal(line.substr(0, name_end)), line.compare(type, 4, "file") == 0});
    }
    return swaps;
}

std::vector<int> process_ids(const Host& host) {
    std::vector<int> processes;
    for (const std::string& name : names_in(host, "/proc")) {
        const auto number = parse_number(name);
        if (number && *number > 0 &&
            *number <= static_cast<std::uint64_t>(std::numeric_limits<int>::max())) {
            processes.push_back(static_cast<int>(*number));
        }
    }
    std::sort(processes.begin(), processes.end());
    return processes;
}

std::string shown_process(const Host& host, int process) {
    const auto command = attribute(host, process_folder(process) + "/comm");
    const std::string shown = "process " + std::to_string(process);
    return command ? shown + " (" + printable_text(*command) + ")" : shown;
}

}  // namespace quietus::discovery
