#include "host/linux_write_handle.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <unistd.h>

#include <linux/blkpg.h>
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/time.h>

#include "base/unique_fd.h"
#include "host/linux_nvme.h"
#include "host/linux_read_handle.h"
#include "host/node_watch.h"
#include "host/uring_queue.h"

namespace quietus {

namespace {

// Interrupts one blocking call after a time: flock(2) has no deadline of its own. For
// single-threaded workers.
class Alarm {
  public:
    explicit Alarm(int after_ms) {
        struct sigaction action {};
        action.sa_handler = [](int /*signal*/) {};  // no SA_RESTART: the call ends with EINTR
        sigaction(SIGALRM, &action, &previous_);
        sigset_t alarm_only{};
        sigemptyset(&alarm_only);
        sigaddset(&alarm_only, SIGALRM);
        pthread_sigmask(SIG_UNBLOCK, &alarm_only, &mask_);
        // Repeats, so that a signal that arrives just before the call blocks is not the only one.
        const itimerval timer{
            .it_interval = {.tv_sec = 0, .tv_usec = 100'000},
            .it_value = {.tv_sec = after_ms / 1000, .tv_usec = after_ms % 1000 * 1000}};
        setitimer(ITIMER_REAL, &timer, nullptr);
    }
    Alarm(const Alarm&) = delete;
    Alarm& operator=(const Alarm&) = delete;
    ~Alarm() {
        const itimerval never{};
        setitimer(ITIMER_REAL, &never, nullptr);
        pthread_sigmask(SIG_SETMASK, &mask_, nullptr);
        sigaction(SIGALRM, &previous_, nullptr);
    }

  private:
    struct sigaction previous_ {};
    sigset_t mask_{};
};

Result<void> lock_node(int fd, const std::string& node, int wait_ms) {
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) return {};
    if (errno != EWOULDBLOCK) return sys_failure("flock " + node, errno);
    const Alarm alarm{wait_ms};
    if (flock(fd, LOCK_EX) == 0) return {};
    if (errno != EINTR) return sys_failure("flock " + node, errno);
    return failure(ErrorCode::busy, node + ": locked by another process (flock)",
                   "another run of quietus, or udev, is working on it: try again later");
}

// The kernel keeps a drive open for a worker that is gone until the last of its requests is back:
// until then nobody gets it exclusively, and what it had in flight cannot reach a later run. On
// failure errno is that of the last try.
UniqueFd open_exclusively(const std::string& node, std::chrono::milliseconds wait) {
    constexpr std::chrono::milliseconds kLookAgain{100};
    const auto until = std::chrono::steady_clock::now() + wait;
    NodeWatch watch{{node}};
    while (true) {
        UniqueFd device{::open(node.c_str(), O_RDWR | O_EXCL | O_DIRECT | O_CLOEXEC | O_NOCTTY)};
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
        if (device.is_open() || errno != EBUSY || left.count() <= 0) return device;
        watch.wait(std::min(left, kLookAgain));
        errno = EBUSY;
    }
}

class LinuxWriteHandle final : public WriteHandle {
  public:
    LinuxWriteHandle(std::string node, Blast reach, UniqueFd lock, UniqueFd device)
        : node_{std::move(node)},
          reach_{reach},
          lock_{std::move(lock)},
          device_{std::move(device)} {}

    Result<HandleFacts> facts() override { return handle_facts(device_.get(), node_); }
    Result<void> read_direct(std::uint64_t offset, std::span<std::byte> out) override {
        return read_exactly(device_.get(), offset, out, node_);
    }
    std::string_view read_mode() const override { return "O_DIRECT"; }
    Result<std::unique_ptr<IoQueue>> make_queue(const QueueOptions& options) override {
        return make_linux_queue(device_.get(), options);
    }

    Result<void> flush() override {
        if (fsync(device_.get()) != 0) return sys_failure("flush " + node_, errno);
        return {};
    }

    Result<void> drop_cache() override {
        if (ioctl(device_.get(), BLKFLSBUF, 0) != 0)
            return sys_failure("drop the cache of " + node_, errno);
        return {};
    }

    Result<void> remove_partition(const Partition& partition) override {
        QUIETUS_TRY(write_back_and_drop(partition));
        if (partition_ioctl(BLKPG_DEL_PARTITION, partition) == 0) return {};
        if (errno == ENXIO) return {};  // gone already: somebody else's table change
        const int saved = errno;
        Error error = sys_error("remove partition " + partition.name, saved);
        if (saved == EBUSY) error.code = ErrorCode::busy;
        return tl::unexpected{std::move(error)};
    }

    Result<void> restore_partition(const Partition& partition) override {
        if (partition_ioctl(BLKPG_ADD_PARTITION, partition) != 0 && errno != EBUSY)
            return sys_failure("put back partition " + partition.name, errno);
        return {};
    }

    Result<void> reread_partitions() override {
        if (ioctl(device_.get(), BLKRRPART, 0) != 0)
            return sys_failure("re-read partitions of " + node_, errno);
        return {};
    }

    Result<NvmeCompletion> nvme_query(const NvmeQuery& query, std::span<std::byte> out) override {
        return nvme_admin(device_.get(), node_, query.entry(), out, kQueryTimeout);
    }

    Result<NvmeCompletion> nvme_command(const NvmeCommand& command) override {
        if (command.blast == Blast::subsystem && reach_ != Blast::subsystem)
            return failure(ErrorCode::refused,
                           node_ + ": the command would reach further than was permitted");
        return nvme_admin(device_.get(), node_, command.entry, {}, command.timeout);
    }

  private:
    // A partition has a page cache of its own: a dirty page there would be written back after our
    // pass.
    Result<void> write_back_and_drop(const Partition& partition) {
        const std::string path = "/dev/" + partition.name;
        const UniqueFd fd{::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW)};
        struct stat status {};
        const bool is_the_partition = fd.is_open() && fstat(fd.get(), &status) == 0 &&
                                      S_ISBLK(status.st_mode) &&
                                      device_number_of(status.st_rdev) == partition.number;
        // Without its node the kernel still writes back and drops the pages when it deletes the
        // partition.
        if (!is_the_partition) return {};
        if (fsync(fd.get()) != 0) return sys_failure("fsync " + path, errno);
        if (ioctl(fd.get(), BLKFLSBUF, 0) != 0)
            return sys_failure("drop the cache of " + path, errno);
        return {};
    }

    int partition_ioctl(int operation, const Partition& partition) {
        blkpg_partition part{};
        part.start = static_cast<long long>(partition.start.bytes);
        part.length = static_cast<long long>(partition.size.bytes);
        part.pno = partition.index;
        blkpg_ioctl_arg argument{};
        argument.op = operation;
        argument.datalen = sizeof part;
        argument.data = &part;
        return ioctl(device_.get(), BLKPG, &argument);
    }

    std::string node_;
    Blast reach_;
    UniqueFd lock_;    // holds the flock as long as we live
    UniqueFd device_;  // O_RDWR | O_EXCL | O_DIRECT
};

}  // namespace

Result<std::unique_ptr<WriteHandle>> open_linux_writable(const WritePermit& permit, int wait_ms) {
    const std::string& node = permit.target().path;
    UniqueFd lock{::open(node.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)};
    if (!lock.is_open()) return sys_failure("open " + node, errno);
    // Never O_CREAT; and what was a device when planned may be a file now: ask the descriptor, not
    // the path.
    const HandleFacts seen = QUIETUS_TRY(handle_facts(lock.get(), node));
    if (seen.number != permit.target().number) {
        return failure(ErrorCode::bad_evidence,
                       node + ": now device " + to_string(seen.number) + ", was " +
                           to_string(permit.target().number) + " when planned",
                       "run quietus plan again");
    }
    QUIETUS_TRY(lock_node(lock.get(), node, wait_ms));
    UniqueFd device = open_exclusively(node, std::chrono::milliseconds{wait_ms});
    if (!device.is_open()) {
        const int saved = errno;
        if (saved == EBUSY)
            return failure(
                ErrorCode::refused,
                node + ": held exclusively by something that shows nowhere else (O_EXCL)",
                "a lazily unmounted filesystem, another program or requests of a worker that is "
                "gone hold it: stop it, try again later, or reboot");
        if (saved == EROFS || saved == EACCES || saved == EPERM)
            return failure(ErrorCode::refused,
                           sys_error("open " + node + " for writing", saved).message,
                           "the drive or its controller is write-protected");
        return sys_failure("open " + node + " for writing", saved);
    }
    return std::make_unique<LinuxWriteHandle>(node, permit.reach(), std::move(lock),
                                              std::move(device));
}

}  // namespace quietus
