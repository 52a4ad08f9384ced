#pragma once
// A machine with drives in memory: discovery sees them as SATA disks, the engine writes them,
// forked workers share them.

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "support/memory_drive.h"
#include "support/replay_host.h"

namespace quietus::test {

class MemoryHost final : public Host {
  public:
    MemoryHost();
    explicit MemoryHost(MemoryDriveOptions drive) : MemoryHost{} { add(std::move(drive)); }

    /// The reference stays good.
    MemoryDrive& add(MemoryDriveOptions options);
    MemoryDrive& drive(std::size_t index = 0) { return drives_[index]; }
    std::size_t drives() const { return drives_.size(); }

    /// Changes what sysfs and /proc say, from now on and in this process.
    void edit(const std::function<void(Machine&)>& change);
    /// Mounts partition `partition` (0: the disk) of the drive, as far as anybody can see.
    void mount(const MemoryDrive& drive, std::size_t partition, const std::string& point);

    Result<std::string> read_file(const std::string& path) const override;
    Result<std::vector<std::string>> list_directory(const std::string& path) const override;
    Result<std::string> read_link(const std::string& path) const override;
    Result<FileFacts> file_facts(const std::string& path, bool follow) const override;
    Result<std::string> real_path(const std::string& path) const override;
    /// Nobody closes anything on a machine in memory: the limit is over at once.
    std::chrono::milliseconds wait_for_close(const std::vector<std::string>& /*nodes*/,
                                             std::chrono::milliseconds limit) const override {
        return limit;
    }
    bool is_root() const override { return base_.root; }
    int own_process() const override { return base_.own_process; }
    Result<std::unique_ptr<ReadHandle>> open_query(const std::string& node) override;
    Result<std::vector<FoundSignature>> probe_signatures(const std::string& node) override;
    Result<std::optional<LoopBacking>> loop_backing(const std::string& node) override;
    Result<std::unique_ptr<WriteHandle>> open_writable(const WritePermit& permit,
                                                       int wait_ms) override;

  private:
    MemoryDrive* drive_of(const std::string& node);
    /// The machine as it is now, partitions included.
    ReplayHost& now() const;
    void add_drive_to(Machine& machine, const MemoryDrive& drive) const;

    Machine base_;
    std::deque<MemoryDrive> drives_;
    std::uint64_t edits_{1};
    mutable std::unique_ptr<ReplayHost> replay_;
    mutable std::uint64_t replay_is_of_{0};
};

}  // namespace quietus::test
