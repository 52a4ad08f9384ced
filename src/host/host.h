#pragma once
// The seam to the machine. Everything quietus learns or does goes through here, so that the whole
// program, destruction included, runs in a test on a recorded or simulated machine. No policy lives
// behind it.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "device/permit.h"
#include "device/snapshot.h"
#include "host/io_queue.h"
#include "host/nvme_command.h"

namespace quietus {

enum class FileType { regular, directory, symlink, block, character, fifo, socket, other };

struct FileFacts {
    FileType type{FileType::other};
    DeviceNumber file_system;  ///< st_dev
    DeviceNumber number;       ///< st_rdev, for block and character devices
    std::uint64_t inode{0};
};

/// What an open descriptor of a block device says of it, whatever its path says.
struct HandleFacts {
    DeviceNumber number;                         ///< fstat st_rdev
    ByteCount size;                              ///< BLKGETSIZE64
    std::uint32_t logical_sector{512};           ///< BLKSSZGET
    std::uint32_t physical_sector{512};          ///< BLKPBSZGET
    bool read_only{false};                       ///< BLKROGET
    std::optional<std::uint64_t> disk_sequence;  ///< BLKGETDISKSEQ where the kernel has it
    std::optional<LoopBacking> backing;          ///< LOOP_GET_STATUS64 on a loop device
};

/// A signature as libblkid reports it for one device node (discovery adds which node).
struct FoundSignature {
    std::string type;
    std::string usage;
    std::string label;
};

/// Reading only. Opened O_RDONLY|O_NONBLOCK; may still hang on a dying drive, so callers that must
/// not hang use a worker process. One thread.
class ReadHandle {
  public:
    ReadHandle() = default;
    ReadHandle(const ReadHandle&) = delete;
    ReadHandle& operator=(const ReadHandle&) = delete;
    virtual ~ReadHandle() = default;

    virtual Result<HandleFacts> facts() = 0;
    /// Reads exactly out.size() bytes at `offset`, past the page cache where that is possible
    /// (`out` and `offset` aligned to the logical sector). Fewer is `io`.
    virtual Result<void> read_direct(std::uint64_t offset, std::span<std::byte> out) = 0;
    /// How the last read_direct went past the page cache: "O_DIRECT", or the name of what stood in
    /// for it.
    virtual std::string_view read_mode() const { return "O_DIRECT"; }
    /// Asks an NVMe drive through this descriptor; `out` has query.answer_size() bytes. The drive's
    /// own refusal is a completion, not a failure. `unsupported` where there is no such road.
    virtual Result<NvmeCompletion> nvme_query(const NvmeQuery& query, std::span<std::byte> out);
};

struct QueueOptions {
    unsigned depth{8};               ///< Requests in flight at most.
    std::size_t request_size{kMiB};  ///< Bytes of each buffer.
    bool force_threads{false};       ///< Tests and machines without io_uring.
};

/// A drive that is ours: locked, exclusive, writable. Made only from a WritePermit. One thread.
class WriteHandle : public ReadHandle {
  public:
    /// Requests of up to request_size bytes, depth of them in flight, each with its own registered
    /// buffer.
    virtual Result<std::unique_ptr<IoQueue>> make_queue(const QueueOptions& options) = 0;
    /// Flushes the drive's write cache and waits (fsync on the block device → FLUSH / SYNCHRONIZE
    /// CACHE).
    virtual Result<void> flush() = 0;
    /// Drops the kernel's own cached pages of the device (BLKFLSBUF).
    virtual Result<void> drop_cache() = 0;
    /// fsync, BLKFLSBUF and BLKPG_DEL_PARTITION for one partition: its page cache is its own, and a
    /// dirty page there would be written back after our pass. `busy` where somebody has it open.
    virtual Result<void> remove_partition(const Partition& partition) = 0;
    /// BLKPG_ADD_PARTITION: puts back what remove_partition took away, after a refusal.
    virtual Result<void> restore_partition(const Partition& partition) = 0;
    /// BLKRRPART: the kernel looks for partitions again (and finds none, after an erase).
    virtual Result<void> reread_partitions() = 0;
    /// Sends a command that changes the drive. `refused` where it reaches further than the permit
    /// the handle was opened with.
    virtual Result<NvmeCompletion> nvme_command(const NvmeCommand& command);
};

class Host {
  public:
    Host() = default;
    Host(const Host&) = delete;
    Host& operator=(const Host&) = delete;
    virtual ~Host() = default;

    // -- What the kernel tells without touching a drive
    // ----------------------------------------------
    /// A small file of sysfs or procfs, whole. A missing file is `io` with sys_errno ENOENT.
    virtual Result<std::string> read_file(const std::string& path) const = 0;
    /// Names in a directory, sorted, without "." and "..".
    virtual Result<std::vector<std::string>> list_directory(const std::string& path) const = 0;
    virtual Result<std::string> read_link(const std::string& path) const = 0;
    /// stat (follow) or lstat; statx with AT_STATX_DONT_SYNC, so that a dead network mount cannot
    /// hang it.
    virtual Result<FileFacts> file_facts(const std::string& path, bool follow) const = 0;
    /// The path with every symlink resolved; ELOOP and ENOENT as sys_errno.
    virtual Result<std::string> real_path(const std::string& path) const = 0;
    /// Returns once somebody closes one of the nodes, or after `limit`, with the time that took. A
    /// hint to look again, never a proof.
    virtual std::chrono::milliseconds wait_for_close(const std::vector<std::string>& nodes,
                                                     std::chrono::milliseconds limit) const = 0;
    virtual bool is_root() const = 0;
    virtual int own_process() const = 0;

    // -- What needs the node opened: may hang, so only from workers
    // ----------------------------------
    virtual Result<std::unique_ptr<ReadHandle>> open_query(const std::string& node) = 0;
    /// libblkid on the node, opened read-only. Empty where nothing is found.
    virtual Result<std::vector<FoundSignature>> probe_signatures(const std::string& node) = 0;
    /// LOOP_GET_STATUS64; nullopt where the loop device is not bound.
    virtual Result<std::optional<LoopBacking>> loop_backing(const std::string& node) = 0;

    // -- Destruction
    // ---------------------------------------------------------------------------------
    /// flock(LOCK_EX) on the node (up to `wait_ms`, then `busy`), then O_RDWR|O_EXCL|O_DIRECT (up
    /// to `wait_ms`, then `refused`: held). THE ONLY WAY TO A WRITABLE DRIVE. Writes nothing yet.
    virtual Result<std::unique_ptr<WriteHandle>> open_writable(const WritePermit& permit,
                                                               int wait_ms) = 0;
};

}  // namespace quietus
