#pragma once
// Taking a drive: from an approved plan to a drive that is ours and nobody else's. Writes no byte
// of it.

#include <memory>
#include <vector>

#include "guard/guard.h"
#include "host/host.h"

namespace quietus::engine {

/// A drive locked, exclusive, compared with its plan, without partitions. Moves, never copies.
/// Letting go of it without run() puts the removed partitions back.
class TakenDrive {
  public:
    TakenDrive(guard::ApprovedPlan plan, std::unique_ptr<WriteHandle> handle, DeviceSnapshot seen);
    TakenDrive(TakenDrive&&) noexcept;
    TakenDrive& operator=(TakenDrive&&) = delete;
    TakenDrive(const TakenDrive&) = delete;
    TakenDrive& operator=(const TakenDrive&) = delete;
    ~TakenDrive();

    const Plan& plan() const { return plan_.plan(); }
    WriteHandle& handle() { return *handle_; }
    /// From the first write on there is nothing to put back.
    void forget_partitions() { removed_.clear(); }
    /// Requests of it are in flight for ever: nothing of it is asked, closed or put back any more.
    /// What the kernel keeps of it keeps later runs away, too.
    void abandon();
    /// Is the drive behind the descriptor still the one that was approved? `bad_evidence` says what
    /// differs.
    Result<void> confirm_identity();

  private:
    friend tl::expected<TakenDrive, std::vector<Objection>> take(
        Host& host, guard::ApprovedPlan plan, const std::vector<int>& own_processes);
    Result<void> remove_partitions();
    guard::ApprovedPlan plan_;
    std::unique_ptr<WriteHandle> handle_;
    DeviceSnapshot seen_;
    std::vector<Partition> removed_;
};

/// In this order (architecture, rule 2): flock, O_EXCL, identity through the descriptor, everything
/// the guards look at once more; then each partition written back, dropped and deleted; then the
/// guards a last time. Refusals are objections with their exit status; whatever was done is undone.
/// Call in the worker process of the drive: any of it may hang.
tl::expected<TakenDrive, std::vector<Objection>> take(Host& host, guard::ApprovedPlan plan,
                                                      const std::vector<int>& own_processes);

}  // namespace quietus::engine
