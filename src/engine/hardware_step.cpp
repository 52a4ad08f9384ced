#include "engine/hardware_step.h"

#include "drivers/nvme/identify.h"
#include "drivers/nvme/sanitize.h"

namespace quietus::engine {

namespace {

using drivers::nvme::SanitizeEnd;

// The engine's side of waiting: progress goes to the supervisor, and it may ask to stop.
class Patience final : public drivers::nvme::Waiting {
  public:
    Patience(RunControl& control, const StepOutcome& outcome, std::uint64_t whole)
        : control_{control}, outcome_{outcome}, whole_{whole} {}

    bool wait(std::chrono::milliseconds limit) override {
        if (control_.stop_requested()) return false;
        // Heard of, also where the drive says nothing new: the supervisor waits for no silent
        // worker.
        control_.progress(outcome_, said_, false);
        control_.pause(limit);
        return !control_.stop_requested();
    }

    // The drive's own progress as bytes: nothing of it is covered until it is proved.
    void progress(std::uint32_t done) override {
        constexpr std::uint64_t kParts = 0x10000;
        said_ = {};
        said_.add({0, whole_ / kParts * done});
    }

  private:
    RunControl& control_;
    const StepOutcome& outcome_;
    std::uint64_t whole_;
    RangeSet said_;
};

drivers::nvme::WaitLimits wait_limits(const RunLimits& limits, std::chrono::milliseconds poll) {
    return {.poll = poll, .still = std::chrono::seconds{limits.request_deadline_s}};
}

StepEnd end_of(SanitizeEnd end) {
    switch (end) {
        case SanitizeEnd::ended:
            return StepEnd::completed;
        case SanitizeEnd::refused:
            return StepEnd::io_error;
        case SanitizeEnd::stopped:
            return StepEnd::interrupted;
        case SanitizeEnd::stalled:
        case SanitizeEnd::lost:
            return StepEnd::unproven;
    }
    return StepEnd::unproven;
}

bool says_failed(const DeviceAnswer& answer) {
    if (answer.after.empty()) return false;
    const auto log = decode_sanitize_log(answer.after.back().raw);
    return log && log->state == NvmeSanitizeLog::State::failed;
}

}  // namespace

Result<void> HardwareStep::prepare(const HardwareErase& erase, const StepOutcome* before,
                                   StepOutcome& outcome) {
    const auto& facts = drive_.plan().target.nvme;
    if (!facts)
        return failure(ErrorCode::internal, "an NVMe command for a drive that was not asked");
    outcome.bytes_promised = drive_.plan().target.geometry.addressable().bytes;
    if (before != nullptr && before->device) {
        outcome.device =
            drivers::nvme::adopted(drive_.handle(), clock_, *before->device, erase.command);
        if (outcome.device) return {};
        // Markers that an earlier try may have erased would say nothing of another one.
        return failure(ErrorCode::refused,
                       "the drive no longer tells of the operation that was begun",
                       "resume again: it begins with new markers");
    }
    const NvmeCommand command = drivers::nvme::sanitize_command(erase.command, facts->sanitize);
    DeviceAnswer answer;
    answer.command.assign(command.entry.begin(), command.entry.end());
    QUIETUS_TRY(drivers::nvme::read_status_before(drive_.handle(), clock_, answer));
    outcome.device = std::move(answer);
    return {};
}

void HardwareStep::carry_out(const HardwareErase& erase, StepOutcome& outcome) {
    const auto started = clock_.monotonic();
    Patience patience{control_, outcome, outcome.bytes_promised};
    outcome.engine = "nvme-admin";
    // Whose bytes would be erased? Asked through the descriptor that carries the command.
    auto same = drive_.confirm_identity();
    if (same && !outcome.device->adopted)
        same = drivers::nvme::confirm_reach(drive_.handle(), *drive_.plan().target.nvme);
    if (!same) {
        outcome.end = StepEnd::io_error;
        outcome.cause = same.error().message;
        return;
    }
    const auto sanitized = drivers::nvme::carry_out(
        drive_.handle(), clock_, wait_limits(limits_, poll_), patience, *outcome.device);
    outcome.end = end_of(sanitized.end);
    outcome.cause = outcome.end == StepEnd::interrupted
                        ? control_.stop_cause() + "; " + sanitized.cause
                        : sanitized.cause;
    outcome.elapsed_ms =
        static_cast<std::uint64_t>((clock_.monotonic() - started).count() / 1'000'000);
    if (outcome.end != StepEnd::completed) return;
    const auto proof = prove_sanitize(*outcome.device, action_of(erase.command));
    if (proof) {
        outcome.bytes_done = outcome.bytes_promised;
        return;
    }
    outcome.end = says_failed(*outcome.device) ? StepEnd::io_error : StepEnd::unproven;
    outcome.cause = proof.error();
}

std::string await_idle_drive(TakenDrive& drive, RunControl& control, const Clock& clock,
                             const RunLimits& limits, std::chrono::milliseconds poll,
                             const StepOutcome& outcome) {
    Patience patience{control, outcome, 0};
    const auto idle =
        drivers::nvme::await_idle(drive.handle(), clock, wait_limits(limits, poll), patience);
    return idle.end == SanitizeEnd::ended
               ? std::string{}
               : "the drive was erasing itself already, and " + idle.cause;
}

}  // namespace quietus::engine
