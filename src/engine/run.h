#pragma once
// The step loop: runs in the worker process of one drive and reports to whoever keeps the journal.

#include "base/utc_time.h"
#include "engine/continuation.h"
#include "engine/crew.h"
#include "engine/take.h"
#include "record/erase_record.h"

namespace quietus::engine {

/// Depth and size of the queue: 8 MiB in flight keeps an NVMe drive busy and a worker under 32 MiB.
inline constexpr unsigned kQueueDepth = 8;
inline constexpr std::size_t kRequestSize = kMiB;

/// How a running engine speaks with its supervisor.
class RunControl {
  public:
    RunControl() = default;
    RunControl(const RunControl&) = delete;
    RunControl& operator=(const RunControl&) = delete;
    virtual ~RunControl() = default;

    /// Journal first: returns only once the step, with its keystream or seed, is on stable storage.
    /// A failure means the step must not run.
    virtual Result<void> begin(const StepOutcome& outcome) = 0;
    /// The step is over; on stable storage on return. A failure ends the run.
    virtual Result<void> end(const StepOutcome& outcome) = 0;
    /// Every few hundred milliseconds at most; never blocks. `flushed`: the drive has acknowledged
    /// a flush of what is covered, and the journal is to keep it.
    virtual void progress(const StepOutcome& outcome, const RangeSet& covered, bool flushed) = 0;
    /// The drive is asked to flush now, which may take much longer than a request.
    virtual void flushing() {}
    virtual bool stop_requested() = 0;
    /// Why a step that was stopped is interrupted.
    virtual std::string stop_cause() const { return "interrupted"; }
    /// Waits so long, or until there is something to be said to the run.
    virtual void pause(std::chrono::milliseconds limit) = 0;
};

struct RunEnd {
    bool identity_confirmed{false};
    std::string cause;  ///< Why the run ended early; empty where every step was run.
    /// A request never came back: the drive must not be asked for anything more, nor let go of
    /// (TakenDrive::abandon).
    bool hung{false};
};

struct RunOptions {
    unsigned depth{kQueueDepth};
    std::size_t request_size{kRequestSize};
    bool force_threads{false};
    unsigned helpers_max{helpers_possible()};
    RunLimits limits{};
    /// What earlier runs of the same plan on the same drive leave: their steps are not run again,
    /// and a read-back by sample becomes one in full.
    std::optional<Continuation> continues{};
    /// So often in a pass the drive is flushed, and what it has is journalled.
    std::chrono::nanoseconds checkpoint_interval{std::chrono::seconds{30}};
    /// So often a drive that erases itself is asked how far it is.
    std::chrono::milliseconds device_poll{std::chrono::seconds{1}};
};

/// Runs the plan's steps until one does not come to its end (completed or partial). Whatever
/// happens there is an outcome, never an error: the steps that began have been reported through
/// `control`.
RunEnd run(TakenDrive& drive, RunControl& control, const Clock& clock,
           const RunOptions& options = {});

}  // namespace quietus::engine
