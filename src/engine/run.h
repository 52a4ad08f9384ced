#pragma once
// The step loop: runs in the worker process of one drive and reports to whoever keeps the journal.

#include "base/utc_time.h"
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
    /// Every few hundred milliseconds at most; never blocks.
    virtual void progress(const StepOutcome& outcome, const RangeSet& covered) = 0;
    virtual bool stop_requested() = 0;
    /// Why a step that was stopped is interrupted.
    virtual std::string stop_cause() const { return "interrupted"; }
    /// Waits so long, or until there is something to be said to the run.
    virtual void pause(std::chrono::milliseconds limit) = 0;
};

struct RunEnd {
    bool identity_confirmed{false};
    std::string cause;  ///< Why the run ended early; empty where every step was run.
};

struct RunOptions {
    unsigned depth{kQueueDepth};
    std::size_t request_size{kRequestSize};
    bool force_threads{false};
    unsigned helpers_max{helpers_possible()};
    std::optional<std::uint64_t> max_rate{};  ///< Bytes a second, writing and reading back.
};

/// Runs the plan's steps until one does not complete. Whatever happens there is an outcome, never
/// an error: the steps that began have been reported through `control`.
RunEnd run(TakenDrive& drive, RunControl& control, const Clock& clock,
           const RunOptions& options = {});

}  // namespace quietus::engine
