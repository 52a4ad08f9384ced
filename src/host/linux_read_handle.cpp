#include "host/linux_read_handle.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

#include <linux/fs.h>
#include <linux/loop.h>
#include <linux/major.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/bytes.h"
#include "host/linux_nvme.h"

// linux/fs.h of Debian 12 has it; older headers do not (Linux 5.15).
#ifndef BLKGETDISKSEQ
#define BLKGETDISKSEQ _IOR(0x12, 128, __u64)
#endif

namespace quietus {

namespace {

std::string fd_path(int fd) {
    return "/proc/self/fd/" + std::to_string(fd);
}

// The kernel answers ENOTTY or EINVAL to a request it does not know: an absent value, not a
// failure.
std::optional<std::uint64_t> disk_sequence_of(int fd) {
    std::uint64_t sequence{};
    if (::ioctl(fd, BLKGETDISKSEQ, &sequence) != 0) return std::nullopt;
    return sequence;
}

class LinuxReadHandle final : public ReadHandle {
  public:
    LinuxReadHandle(std::string node, UniqueFd fd) : node_{std::move(node)}, fd_{std::move(fd)} {}

    Result<HandleFacts> facts() override { return handle_facts(fd_.get(), node_); }

    Result<void> read_direct(std::uint64_t offset, std::span<std::byte> out) override {
        if (!tried_direct_) open_direct();
        if (direct_.is_open()) {
            auto read = read_exactly(direct_.get(), offset, out, node_);
            // EINVAL: the driver wants more alignment than the logical sector. Anything else is the
            // drive's answer.
            if (read || read.error().sys_errno != EINVAL) return read;
            direct_.reset();
        }
        return read_past_cache(offset, out);
    }

    Result<NvmeCompletion> nvme_query(const NvmeQuery& query, std::span<std::byte> out) override {
        return nvme_admin(fd_.get(), node_, query.entry(), out, kQueryTimeout);
    }

    std::string_view read_mode() const override {
        return direct_.is_open() ? "O_DIRECT" : "page cache dropped";
    }

  private:
    // Through /proc, so that it is this device and not whatever the path names by now.
    void open_direct() {
        tried_direct_ = true;
        direct_ = UniqueFd{
            ::open(fd_path(fd_.get()).c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_DIRECT)};
    }

    Result<void> read_past_cache(std::uint64_t offset, std::span<std::byte> out) {
        // Best effort: a page that is dirty or in use elsewhere stays, which read_mode() admits to.
        static_cast<void>(::posix_fadvise(fd_.get(), static_cast<off_t>(offset),
                                          static_cast<off_t>(out.size()), POSIX_FADV_DONTNEED));
        return read_exactly(fd_.get(), offset, out, node_);
    }

    std::string node_;
    UniqueFd fd_;
    UniqueFd direct_;
    bool tried_direct_{false};
};

}  // namespace

DeviceNumber device_number_of(dev_t number) {
    return {gnu_dev_major(number), gnu_dev_minor(number)};
}

Result<UniqueFd> open_block_device(const std::string& node, int flags) {
    // O_PATH first (open(2)): the driver's open(), which may rewind a tape or start a watchdog,
    // does not run.
    const UniqueFd seen{::open(node.c_str(), O_PATH | O_CLOEXEC)};
    if (!seen.is_open()) return sys_failure("open " + printable_text(node), errno);
    struct stat facts {};
    if (::fstat(seen.get(), &facts) != 0)
        return sys_failure("fstat " + printable_text(node), errno);
    if (!S_ISBLK(facts.st_mode))
        return failure(ErrorCode::refused, printable_text(node) + ": not a block device");
    UniqueFd fd{::open(fd_path(seen.get()).c_str(), flags | O_CLOEXEC)};
    if (!fd.is_open()) return sys_failure("open " + printable_text(node), errno);
    return fd;
}

Result<std::optional<LoopBacking>> loop_backing_of(int fd, const std::string& node) {
    loop_info64 info{};
    if (::ioctl(fd, LOOP_GET_STATUS64, &info) != 0) {
        if (errno == ENXIO) return std::nullopt;
        return sys_failure("LOOP_GET_STATUS64 " + printable_text(node), errno);
    }
    LoopBacking backing{.file_system = device_number_of(info.lo_device),
                        .disk = std::nullopt,
                        .inode = info.lo_inode,
                        .offset = info.lo_offset};
    if (info.lo_rdevice != 0) backing.disk = device_number_of(info.lo_rdevice);
    return backing;
}

Result<HandleFacts> handle_facts(int fd, const std::string& node) {
    struct stat status {};
    if (::fstat(fd, &status) != 0) return sys_failure("fstat " + printable_text(node), errno);
    if (!S_ISBLK(status.st_mode))
        return failure(ErrorCode::refused, printable_text(node) + ": not a block device");

    HandleFacts facts;
    facts.number = device_number_of(status.st_rdev);
    if (::ioctl(fd, BLKGETSIZE64, &facts.size.bytes) != 0)
        return sys_failure("BLKGETSIZE64 " + node, errno);
    int logical{};
    if (::ioctl(fd, BLKSSZGET, &logical) != 0) return sys_failure("BLKSSZGET " + node, errno);
    if (logical <= 0)
        return failure(ErrorCode::internal,
                       node + ": logical sector size " + std::to_string(logical));
    facts.logical_sector = static_cast<std::uint32_t>(logical);
    unsigned physical{};
    if (::ioctl(fd, BLKPBSZGET, &physical) != 0) return sys_failure("BLKPBSZGET " + node, errno);
    facts.physical_sector = physical;
    int read_only{};
    if (::ioctl(fd, BLKROGET, &read_only) != 0) return sys_failure("BLKROGET " + node, errno);
    facts.read_only = read_only != 0;
    facts.disk_sequence = disk_sequence_of(fd);
    if (facts.number.major == LOOP_MAJOR) facts.backing = QUIETUS_TRY(loop_backing_of(fd, node));
    return facts;
}

Result<void> read_exactly(int fd, std::uint64_t offset, std::span<std::byte> out,
                          const std::string& node) {
    const auto where = [&] {
        return "read " + printable_text(node) + " at byte " + std::to_string(offset);
    };
    while (!out.empty()) {
        const ssize_t got = ::pread(fd, out.data(), out.size(), static_cast<off_t>(offset));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return sys_failure(where(), errno);
        if (got == 0) return failure(ErrorCode::io, where() + ": the device ends here");
        out = out.subspan(static_cast<std::size_t>(got));
        offset += static_cast<std::uint64_t>(got);
    }
    return {};
}

Result<std::unique_ptr<ReadHandle>> open_linux_query(const std::string& node) {
    UniqueFd fd = QUIETUS_TRY(open_block_device(node, O_RDONLY | O_NONBLOCK));
    return std::make_unique<LinuxReadHandle>(node, std::move(fd));
}

}  // namespace quietus
