// resolve_device and disks_under: from what a person typed to what the kernel has.

#include <cerrno>

#include "base/bytes.h"
#include "base/file.h"
#include "discovery/discovery.h"
#include "discovery/picture.h"
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

Result<NamedDevice> resolve_device(const Host& host, const std::string& typed) {
    const std::string shown = typed.empty() ? "\"\"" : printable_text(typed);
    const auto path = host.real_path(typed);
    if (!path) return not_resolved(shown, path.error());
    const auto facts = host.file_facts(*path, /*follow=*/true);
    if (!facts) return not_resolved(shown, facts.error());
    if (facts->type != FileType::block) return not_a_block_device(shown, *path, facts->type);
    return NamedDevice{.path = *path, .number = facts->number};
}

Result<std::vector<std::string>> disks_under(Host& host, const std::string& path) {
    const std::string real = QUIETUS_TRY(nearest_existing(host, path));
    const FileFacts facts = QUIETUS_TRY(host.file_facts(real, /*follow=*/true));
    const Picture picture = QUIETUS_TRY(Picture::with_loops(host));
    const std::set<std::string> disks = picture.disks_below_path(real, facts);
    return std::vector<std::string>{disks.begin(), disks.end()};
}

}  // namespace quietus::discovery
