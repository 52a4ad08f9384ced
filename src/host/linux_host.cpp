#include "host/linux_host.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstdlib>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <unistd.h>

#include <sys/stat.h>

#include "base/bytes.h"
#include "base/file.h"
#include "host/blkid_probe.h"
#include "host/linux_read_handle.h"
#include "host/linux_write_handle.h"
#include "host/node_watch.h"

namespace quietus {

namespace {

// The largest honest file is a mountinfo: 100,000 mounts of 200 bytes are 20 MB.
constexpr std::size_t kFileSizeMax = 64 * kMiB;

struct CloseDirectory {
    void operator()(DIR* directory) const noexcept { ::closedir(directory); }
};

FileType type_of(unsigned mode) {
    if (S_ISREG(mode)) return FileType::regular;
    if (S_ISDIR(mode)) return FileType::directory;
    if (S_ISLNK(mode)) return FileType::symlink;
    if (S_ISBLK(mode)) return FileType::block;
    if (S_ISCHR(mode)) return FileType::character;
    if (S_ISFIFO(mode)) return FileType::fifo;
    if (S_ISSOCK(mode)) return FileType::socket;
    return FileType::other;
}

}  // namespace

Result<std::string> LinuxHost::read_file(const std::string& path) const {
    return read_whole_file(path, kFileSizeMax);
}

Result<std::vector<std::string>> LinuxHost::list_directory(const std::string& path) const {
    const std::unique_ptr<DIR, CloseDirectory> directory{::opendir(path.c_str())};
    if (!directory) return sys_failure("open " + printable_text(path), errno);
    std::vector<std::string> names;
    for (;;) {
        errno = 0;
        const dirent* entry =
            ::readdir(directory.get());  // NOLINT(concurrency-mt-unsafe): the stream is ours alone
        if (entry == nullptr) break;
        std::string name{&entry->d_name[0]};
        if (name != "." && name != "..") names.push_back(std::move(name));
    }
    // A process that ends while its folder is read gives ENOENT or ESRCH here; the caller decides
    // what that means.
    if (errno != 0) return sys_failure("read " + printable_text(path), errno);
    std::sort(names.begin(), names.end());
    return names;
}

Result<std::string> LinuxHost::read_link(const std::string& path) const {
    std::array<char, PATH_MAX> target{};
    const ssize_t length = ::readlink(path.c_str(), target.data(), target.size());
    if (length < 0) return sys_failure("readlink " + printable_text(path), errno);
    return std::string{target.data(), static_cast<std::size_t>(length)};
}

Result<FileFacts> LinuxHost::file_facts(const std::string& path, bool follow) const {
    struct statx facts {};
    const int flags = AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT | (follow ? 0 : AT_SYMLINK_NOFOLLOW);
    if (::statx(AT_FDCWD, path.c_str(), flags, STATX_TYPE | STATX_INO, &facts) != 0) {
        return sys_failure("stat " + printable_text(path), errno);
    }
    return FileFacts{.type = type_of(facts.stx_mode),
                     .file_system = {facts.stx_dev_major, facts.stx_dev_minor},
                     .number = {facts.stx_rdev_major, facts.stx_rdev_minor},
                     .inode = facts.stx_ino};
}

Result<std::string> LinuxHost::real_path(const std::string& path) const {
    std::array<char, PATH_MAX> resolved{};
    if (::realpath(path.c_str(), resolved.data()) == nullptr)
        return sys_failure(printable_text(path), errno);
    return std::string{resolved.data()};
}

std::chrono::milliseconds LinuxHost::wait_for_close(const std::vector<std::string>& nodes,
                                                    std::chrono::milliseconds limit) const {
    const auto began = std::chrono::steady_clock::now();
    NodeWatch{nodes}.wait(limit);
    const auto took = std::chrono::steady_clock::now() - began;
    return std::max(std::chrono::milliseconds{1},
                    std::chrono::duration_cast<std::chrono::milliseconds>(took));
}

bool LinuxHost::is_root() const {
    return ::geteuid() == 0;
}

int LinuxHost::own_process() const {
    return ::getpid();
}

Result<std::unique_ptr<ReadHandle>> LinuxHost::open_query(const std::string& node) {
    return open_linux_query(node);
}

Result<std::vector<FoundSignature>> LinuxHost::probe_signatures(const std::string& node) {
    const UniqueFd fd = QUIETUS_TRY(open_block_device(node, O_RDONLY | O_NONBLOCK));
    return blkid_signatures(fd.get(), node);
}

Result<std::optional<LoopBacking>> LinuxHost::loop_backing(const std::string& node) {
    const UniqueFd fd = QUIETUS_TRY(open_block_device(node, O_RDONLY | O_NONBLOCK));
    return loop_backing_of(fd.get(), node);
}

Result<std::unique_ptr<WriteHandle>> LinuxHost::open_writable(const WritePermit& permit,
                                                              int wait_ms) {
    return open_linux_writable(permit, wait_ms);
}

}  // namespace quietus
