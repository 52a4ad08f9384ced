#include "support/loop_device.h"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <spawn.h>
#include <unistd.h>

#include <gtest/gtest.h>
#include <linux/blkpg.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/wait.h>

namespace quietus::test {

namespace {

int run(std::array<const char*, 6> arguments) {
    std::array<char*, 6> argv{};
    for (std::size_t i = 0; i < arguments.size(); ++i)
        argv[i] = const_cast<char*>(arguments[i]);  // NOLINT
    pid_t child{};
    if (::posix_spawnp(&child, argv[0], nullptr, nullptr, argv.data(), environ) != 0) return -1;
    int status{};
    ::waitpid(child, &status, 0);
    return status;
}

// A free loop may be taken by somebody else before we bind it: then the next.
UniqueFd bind_free_loop(int control, const loop_config& config, std::string& path) {
    for (int attempt = 0; attempt < 32; ++attempt) {
        const int index = ::ioctl(control, LOOP_CTL_GET_FREE);
        if (index < 0) break;
        path = "/dev/loop" + std::to_string(index);
        UniqueFd fd{::open(path.c_str(), O_RDWR | O_CLOEXEC)};
        if (fd.is_open() && ::ioctl(fd.get(), LOOP_CONFIGURE, &config) == 0) return fd;
        if (errno != EBUSY) break;
    }
    return {};
}

int partition_ioctl(int fd, int operation, std::uint64_t start, std::uint64_t size) {
    blkpg_partition part{};
    part.start = static_cast<long long>(start);
    part.length = static_cast<long long>(size);
    part.pno = 1;
    blkpg_ioctl_arg argument{};
    argument.op = operation;
    argument.datalen = sizeof(part);
    argument.data = &part;
    return ::ioctl(fd, BLKPG, &argument);
}

}  // namespace

ScratchFolder::ScratchFolder() {
    std::string path = (std::filesystem::temp_directory_path() / "quietus-lab-XXXXXX").string();
    if (::mkdtemp(path.data()) == nullptr)
        ADD_FAILURE() << "mkdtemp: " << std::strerror(errno);  // NOLINT
    path_ = path;
}

ScratchFolder::~ScratchFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

std::string ScratchFolder::image(const std::string& name, std::uint64_t size) const {
    std::string path = path_ + "/" + name;
    const UniqueFd fd{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
    EXPECT_EQ(::ftruncate(fd.get(), static_cast<off_t>(size)), 0) << path;
    return path;
}

LoopDevice::LoopDevice(const std::string& backing, const LoopOptions& options) {
    const UniqueFd file{
        ::open(backing.c_str(), (options.read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC)};
    const UniqueFd control{::open("/dev/loop-control", O_RDWR | O_CLOEXEC)};
    loop_config config{};
    config.fd = static_cast<std::uint32_t>(file.get());
    config.block_size = options.sector;
    config.info.lo_flags = LO_FLAGS_AUTOCLEAR | LO_FLAGS_PARTSCAN;
    if (options.read_only) config.info.lo_flags |= LO_FLAGS_READ_ONLY;
    fd_ = bind_free_loop(control.get(), config, path_);
    if (!fd_.is_open())
        ADD_FAILURE() << "loop over " << backing << ": " << std::strerror(errno);  // NOLINT
}

LoopDevice::~LoopDevice() {
    if (has_partition_) static_cast<void>(partition_ioctl(fd_.get(), BLKPG_DEL_PARTITION, 0, 0));
}

std::string LoopDevice::add_partition(std::uint64_t start, std::uint64_t size) {
    has_partition_ = partition_ioctl(fd_.get(), BLKPG_ADD_PARTITION, start, size) == 0;
    EXPECT_TRUE(has_partition_) << std::strerror(errno);  // NOLINT
    return path_ + "p1";
}

Ext4Mount::Ext4Mount(const std::string& node, const std::string& point) : point_{point} {
    std::filesystem::create_directories(point_);
    EXPECT_EQ(run({"mkfs.ext4", "-q", "-L", "lab", node.c_str(), nullptr}), 0);
    mounted_ = ::mount(node.c_str(), point_.c_str(), "ext4", 0, nullptr) == 0;
    EXPECT_TRUE(mounted_) << std::strerror(errno);  // NOLINT
}

Ext4Mount::~Ext4Mount() {
    if (mounted_) static_cast<void>(::umount2(point_.c_str(), MNT_DETACH));
}

OtherProcess::OtherProcess(const std::string& node) {
    std::array<int, 2> ready{};
    std::array<int, 2> leash{};
    if (::pipe2(ready.data(), O_CLOEXEC) != 0 || ::pipe2(leash.data(), O_CLOEXEC) != 0) return;
    const UniqueFd ready_read{ready[0]};
    UniqueFd ready_write{ready[1]};
    const UniqueFd leash_read{leash[0]};
    leash_ = UniqueFd{leash[1]};
    id_ = ::fork();
    char byte = 'x';
    if (id_ == 0) {
        leash_.reset();
        const int fd = ::open(node.c_str(), O_RDONLY | O_CLOEXEC);
        if (fd < 0 || ::write(ready_write.get(), &byte, 1) != 1) ::_exit(1);
        static_cast<void>(!::read(leash_read.get(), &byte, 1));  // until the parent lets go
        ::_exit(0);
    }
    ready_write.reset();
    EXPECT_EQ(::read(ready_read.get(), &byte, 1), 1) << "the other process could not open " << node;
}

OtherProcess::~OtherProcess() {
    leash_.reset();
    if (id_ > 0) ::waitpid(id_, nullptr, 0);
}

}  // namespace quietus::test
