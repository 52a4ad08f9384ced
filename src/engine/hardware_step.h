#pragma once
// The step in which a drive erases itself: journalled before the command goes out, waited for by
// the drive's own status, done only with a proof.

#include <chrono>
#include <string>

#include "base/utc_time.h"
#include "engine/run.h"
#include "engine/take.h"
#include "record/erase_record.h"

namespace quietus::engine {

class HardwareStep {
  public:
    HardwareStep(TakenDrive& drive, RunControl& control, const Clock& clock,
                 const RunLimits& limits, std::chrono::milliseconds poll)
        : drive_{drive}, control_{control}, clock_{clock}, limits_{limits}, poll_{poll} {}

    /// Puts into `outcome` what the journal must hold before the command is sent. `before`: the
    /// same step of an earlier run, where there is one.
    Result<void> prepare(const HardwareErase& erase, const StepOutcome* before,
                         StepOutcome& outcome);
    /// Sends the command and waits. `outcome` is completed only with a SanitizeProof.
    void carry_out(const HardwareErase& erase, StepOutcome& outcome);

  private:
    TakenDrive& drive_;
    RunControl& control_;
    const Clock& clock_;
    const RunLimits& limits_;
    std::chrono::milliseconds poll_;
};

/// Waits until the drive is not erasing itself, whoever asked it to. Empty, or why that did not
/// come about.
std::string await_idle_drive(TakenDrive& drive, RunControl& control, const Clock& clock,
                             const RunLimits& limits, std::chrono::milliseconds poll,
                             const StepOutcome& outcome);

}  // namespace quietus::engine
