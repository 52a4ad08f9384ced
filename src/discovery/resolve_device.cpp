// resolve_device: from what a person typed to what the kernel has.

#include <cerrno>
#include <optional>

#include "base/bytes.h"
#include "discovery/discovery.h"
#include "discovery/sysfs.h"

namespace quietus::discovery {

namespace {

tl::unexpected<Error> not_resolved(const std::string& shown, const Error& error) {
    switch (error.sys_errno) {
        case ENOENT:
        case ENOTDIR:
            return failure(ErrorCode::usage, shown + ": no such device", "quietus list");
        case ELOOP:
            return failure(ErrorCode::usage, shown + ": symbolic links go in a circle");
        case ENAMETOOLONG:
            return failure(ErrorCode::usage, "the name of the device is too long");
        case EACCES:
        case EPERM:
            return failure(ErrorCode::refused, shown + ": permission denied", "run as root");
        default:
            return tl::unexpected{error};
    }
}

tl::unexpected<Error> not_a_block_device(const std::string& shown, const std::string& path,
                                         FileType type) {
    const auto usage = [&](const char* what) {
        return failure(ErrorCode::usage, shown + ": " + what, "quietus list");
    };
    switch (type) {
        case FileType::regular:
            return failure(ErrorCode::refused, shown + ": a file, not a drive",
                           "losetup --find --show " + shell_word(path));
        case FileType::directory:
            return usage("a directory, not a drive");
        case FileType::character:
            return usage("a character device, not a drive");
        case FileType::fifo:
            return usage("a pipe, not a drive");
        case FileType::socket:
            return usage("a socket, not a drive");
        case FileType::symlink:
        case FileType::block:
        case FileType::other:
            return usage("not a drive");
    }
    return usage("not a drive");
}

Result<NamedDevice> by_path(const Host& host, const std::string& typed) {
    const std::string shown = typed.empty() ? "\"\"" : printable_text(typed);
    const auto path = host.real_path(typed);
    if (!path) return not_resolved(shown, path.error());
    const auto facts = host.file_facts(*path, /*follow=*/true);
    if (!facts) return not_resolved(shown, facts.error());
    if (facts->type != FileType::block) return not_a_block_device(shown, *path, facts->type);
    return NamedDevice{.path = *path, .number = facts->number};
}

// A name that fits several drives, or any drive of a kind, names none.
Result<NamedDevice> by_identity(const std::vector<DeviceSnapshot>& drives,
                                const std::string& typed) {
    const std::string shown = printable_text(typed);
    const bool serial = typed.starts_with(kBySerial);
    const std::string wanted = typed.substr(serial ? kBySerial.size() : kByWwn.size());
    std::vector<const DeviceSnapshot*> found;
    for (const DeviceSnapshot& drive : drives) {
        if (serial ? is_serial_of(drive.identity, wanted) : is_wwn_of(drive.identity, wanted))
            found.push_back(&drive);
    }
    if (found.empty())
        return failure(ErrorCode::bad_evidence, shown + ": no drive of this host is called that",
                       "quietus list");
    if (found.size() > 1) {
        std::string all;
        for (const DeviceSnapshot* drive : found)
            all += (all.empty() ? "" : ", ") + printable_text(drive->path);
        return failure(ErrorCode::bad_evidence, shown + ": fits several drives: " + all,
                       "name one of them by its path");
    }
    if (serial && !has_unique_serial(found.front()->identity))
        return failure(ErrorCode::bad_evidence,
                       shown + ": not a serial number of one drive, but of a kind of drive",
                       "name it by its path: " + printable_text(found.front()->path));
    return NamedDevice{.path = found.front()->path, .number = found.front()->number};
}

}  // namespace

Result<NamedDevice> resolve_device(const Host& host, const std::string& typed) {
    return std::move(resolve_devices(host, {typed}).front());
}

std::vector<Result<NamedDevice>> resolve_devices(const Host& host,
                                                 const std::vector<std::string>& typed) {
    std::optional<Result<std::vector<DeviceSnapshot>>> drives;  // looked up at most once
    std::vector<Result<NamedDevice>> named;
    for (const std::string& one : typed) {
        if (!one.starts_with(kBySerial) && !one.starts_with(kByWwn)) {
            named.push_back(by_path(host, one));
            continue;
        }
        if (!drives) drives = list_drives(host);
        named.push_back(*drives ? by_identity(**drives, one)
                                : Result<NamedDevice>{tl::unexpected{drives->error()}});
    }
    return named;
}

}  // namespace quietus::discovery
