#pragma once
// A drive whose bytes are memory shared with forked workers, and a diary of everything done to it.

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/range_set.h"
#include "device/snapshot.h"
#include "host/host.h"
#include "support/fault.h"
#include "support/nvme_model.h"
#include "support/shared_memory.h"

namespace quietus::test {

struct MemoryPartition {
    std::uint64_t start{kMiB};
    std::uint64_t size{kMiB};
};

/// Makes the drive an NVMe one: its controller is the device model, its bytes those of namespace 1.
struct NvmeSide {
    nvme::Personality personality{};
    /// Time goes on by so much with each admin command, and not otherwise.
    std::chrono::milliseconds command_takes{100};
    unsigned hidden_namespaces{0};  ///< Allocated and attached nowhere.
    unsigned shown_namespaces{0};   ///< Attached besides the first.
    unsigned controllers{1};
};

struct MemoryDriveOptions {
    std::string name{"sda"};
    DeviceNumber number{8, 0};
    std::uint64_t size{4 * kMiB};
    std::uint32_t logical_sector{512};
    std::uint32_t physical_sector{512};
    std::string serial{"SERIAL-0001"};  ///< Empty: the drive shows none.
    std::string model{"MEMORYDISK"};
    bool read_only{false};
    std::vector<MemoryPartition> partitions{};
    /// What libblkid finds on the disk, until its first bytes are overwritten.
    std::vector<FoundSignature> signatures{};
    std::vector<FaultRule> faults{};
    std::uint64_t seed{1};  ///< Of the order in which requests complete.
    std::optional<NvmeSide> nvme{};
    /// What it has not flushed can be lost (cut_power). Of this process only.
    bool volatile_cache{false};
    /// Of the queue that lets the faults strike.
    Surroundings surroundings{real_surroundings()};
};

enum class Did {
    query,
    probe,
    lock,
    exclusive,
    facts,
    make_queue,
    write,
    read,
    flush,
    drop_cache,
    remove_partition,
    restore_partition,
    reread_partitions,
    let_go,
};

struct Deed {
    Did what{Did::query};
    std::uint64_t offset{0};
    std::uint64_t length{0};
    int process{0};
};

class MemoryDrive {
  public:
    explicit MemoryDrive(MemoryDriveOptions options);
    MemoryDrive(const MemoryDrive&) = delete;
    MemoryDrive& operator=(const MemoryDrive&) = delete;
    ~MemoryDrive() = default;

    const MemoryDriveOptions& options() const { return options_; }
    std::string node() const { return "/dev/" + options_.name; }
    std::string partition_name(std::size_t index) const;
    std::span<std::byte> content() const { return content_.span().first(options_.size); }
    const Faults& faults() const { return faults_; }

    /// Called in whatever process does it, before it is done.
    std::function<void(Did)> on_deed;

    // -- The diary
    // -----------------------------------------------------------------------------------
    void note(Did what, std::uint64_t offset = 0, std::uint64_t length = 0) const;
    std::vector<Deed> diary() const;
    std::size_t count(Did what) const;
    /// Bytes written so far, and those written more than once.
    RangeSet written() const;
    /// Never written, and every byte as it was made.
    bool untouched() const;
    Digest content_digest() const { return sha256(content()); }

    // -- State shared with workers
    // -------------------------------------------------------------------
    bool has_partition(std::size_t index) const {
        return ((state().partitions >> index) & 1U) != 0;
    }
    void set_partition(std::size_t index, bool there) const;
    std::uint64_t changes() const { return state().changes; }
    HandleFacts facts() const;
    bool shows_signatures() const;
    /// As if somebody wrote to it while nobody looked; not in the diary.
    void scribble(std::uint64_t offset, std::byte value) const { content()[offset] = value; }

    // -- Its write cache
    // -----------------------------------------------------------------------------------
    void write(std::uint64_t offset, std::span<const std::byte> bytes) const;
    void keep_what_is_cached() const { cached_.clear(); }
    /// Each write since the last flush is, by the seed, kept or lost, in the order they were made.
    void cut_power(std::uint64_t seed) const;

    Result<std::unique_ptr<WriteHandle>> open_writable(const WritePermit& permit);
    Result<std::unique_ptr<ReadHandle>> open_query();
    /// The controller of an NVMe drive; nothing of others. Shared with forked workers.
    nvme::Model* model() const { return model_.get(); }
    /// A queue over the content, with the drive's faults.
    std::unique_ptr<IoQueue> make_queue(const QueueOptions& options);

  private:
    struct State {
        std::atomic<std::uint64_t> partitions;
        std::atomic<std::uint64_t> changes;
        std::atomic<std::uint64_t> deeds;
        std::atomic<std::uint64_t> writes;
    };
    struct CachedWrite {
        std::uint64_t offset{0};
        Bytes before, after;
    };
    State& state() const { return state_[0]; }

    MemoryDriveOptions options_;
    SharedArray<std::byte> content_;
    SharedArray<State> state_;
    SharedArray<Deed> deeds_;
    Faults faults_;
    std::unique_ptr<nvme::Model> model_;
    mutable std::vector<CachedWrite> cached_;  ///< The oldest first.
};

}  // namespace quietus::test
