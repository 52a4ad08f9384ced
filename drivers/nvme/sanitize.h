#pragma once
// NVMe Sanitize: the command, and waiting for its end by the Sanitize Status log. What it proves is
// device/device_answer.h's to say.

#include <chrono>
#include <string>

#include "base/utc_time.h"
#include "device/device_answer.h"
#include "host/host.h"
#include "plan/technique.h"

namespace quietus::drivers::nvme {

/// The Sanitize command for it: NSID 0, AUSE 0 (a failed sanitize leaves the drive closed until one
/// succeeds), one pass for overwriting.
NvmeCommand sanitize_command(DeviceCommand command, const NvmeSanitizeSupport& support);

/// Whoever waits with us.
class Waiting {
  public:
    Waiting() = default;
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;
    virtual ~Waiting() = default;
    /// Waits so long at most; false: stop waiting.
    virtual bool wait(std::chrono::milliseconds limit) = 0;
    /// In 65536ths.
    virtual void progress(std::uint32_t done) = 0;
};

struct WaitLimits {
    std::chrono::milliseconds poll{1000};
    /// A drive whose progress stands still for so long, or for twice the time it estimates itself,
    /// whichever is longer, is stalled.
    std::chrono::milliseconds still{std::chrono::minutes{5}};
};

enum class SanitizeEnd {
    ended,    ///< The drive says that it is over, well or not.
    refused,  ///< It did not take the command.
    stopped,  ///< We were asked to stop; the drive goes on by itself.
    stalled,  ///< No progress.
    lost,     ///< The drive no longer tells its status.
};

struct Sanitized {
    SanitizeEnd end{SanitizeEnd::lost};
    std::string cause;  ///< Printable; empty for `ended`.
};

/// Reads the status into answer.before. Do it before the journal's "begin".
Result<void> read_status_before(ReadHandle& handle, const Clock& clock, DeviceAnswer& answer);

/// What an earlier run began and the drive is still at, or has done since: its answer, to be waited
/// for. Nothing where the command has to be sent again.
std::optional<DeviceAnswer> adopted(ReadHandle& handle, const Clock& clock,
                                    const DeviceAnswer& earlier, DeviceCommand command);

/// Sends answer.command, unless the answer is adopted, and waits for the end.
Sanitized carry_out(WriteHandle& handle, const Clock& clock, const WaitLimits& limits,
                    Waiting& waiting, DeviceAnswer& answer);

/// Waits until no sanitize runs on the drive, whoever began it.
Sanitized await_idle(ReadHandle& handle, const Clock& clock, const WaitLimits& limits,
                     Waiting& waiting);

/// "Invalid Opcode (0x001)", with what is known to cause it.
std::string explain_status(std::uint32_t status);

}  // namespace quietus::drivers::nvme
