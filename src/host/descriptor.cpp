#include "host/descriptor.h"

#include <cerrno>
#include <unistd.h>

#include <linux/fs.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#ifndef BLKGETDISKSEQ
#define BLKGETDISKSEQ _IOR(0x12, 128, __u64)  // linux/fs.h since 5.15
#endif

namespace quietus {

namespace {

constexpr unsigned kLoopMajor = 7;  // Documentation/admin-guide/devices.txt

DeviceNumber split(std::uint64_t dev) { return {.major = gnu_dev_major(dev), .minor = gnu_dev_minor(dev)}; }

// The kernel stores a loop's device numbers in its own encoding (new_encode_dev / huge_encode_dev), which for
// numbers below 2^32 is what glibc's dev_t uses too.
std::optional<LoopBacking> loop_backing_of(int fd) {
    loop_info64 info{};
    if (ioctl(fd, LOOP_GET_STATUS64, &info) != 0) return std::nullopt;
    LoopBacking backing{.file_system = split(info.lo_device), .disk = std::nullopt, .inode = info.lo_inode, .offset = info.lo_offset};
    if (info.lo_rdevice != 0) backing.disk = split(info.lo_rdevice);
    return backing;
}

}  // namespace

Result<HandleFacts> facts_of_descriptor(int fd, const std::string& node) {
    struct stat status {};
    if (fstat(fd, &status) != 0) return sys_failure("fstat " + node, errno);
    if (!S_ISBLK(status.st_mode)) return failure(ErrorCode::unsupported, node + ": not a block device");
    HandleFacts facts;
    facts.number = split(status.st_rdev);
    int logical = 0;
    unsigned physical = 0;
    int read_only = 0;
    if (ioctl(fd, BLKGETSIZE64, &facts.size.bytes) != 0) return sys_failure("size of " + node, errno);
    if (ioctl(fd, BLKSSZGET, &logical) != 0) return sys_failure("sector size of " + node, errno);
    if (ioctl(fd, BLKPBSZGET, &physical) != 0) return sys_failure("physical sector size of " + node, errno);
    if (ioctl(fd, BLKROGET, &read_only) != 0) return sys_failure("read-only flag of " + node, errno);
    if (logical < 512) return failure(ErrorCode::unsupported, node + ": logical sector of " + std::to_string(logical) + " bytes");
    facts.logical_sector = static_cast<std::uint32_t>(logical);
    facts.physical_sector = physical;
    facts.read_only = read_only != 0;
    std::uint64_t sequence = 0;
    if (ioctl(fd, BLKGETDISKSEQ, &sequence) == 0) facts.disk_sequence = sequence;
    if (facts.number.major == kLoopMajor) facts.backing = loop_backing_of(fd);
    return facts;
}

Result<void> read_exactly(int fd, std::uint64_t offset, std::span<std::byte> out, const std::string& node) {
    while (!out.empty()) {
        const ssize_t got = pread(fd, out.data(), out.size(), static_cast<off_t>(offset));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return sys_failure("read " + node + " at byte " + std::to_string(offset), errno);
        if (got == 0) return failure(ErrorCode::io, node + ": ends before byte " + std::to_string(offset + out.size()));
        out = out.subspan(static_cast<std::size_t>(got));
        offset += static_cast<std::uint64_t>(got);
    }
    return {};
}

}  // namespace quietus
