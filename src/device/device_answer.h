#pragma once
// What a drive was asked to do and what it said of it, as raw bytes, and what that proves. The
// bytes travel into journal, record and certificate, so anyone can decode them again.

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/json.h"
#include "base/utc_time.h"
#include "device/nvme.h"

namespace quietus {

/// The drive's status as it was read once.
struct DeviceStatus {
    UtcTime time;
    Bytes raw;  ///< NVMe: the first kSanitizeLogKept bytes of log page 81h.
    friend bool operator==(const DeviceStatus&, const DeviceStatus&) = default;
};

/// So many readings are kept at most: those in which something other than the progress changed, and
/// the last.
inline constexpr std::size_t kStatusesMax = 32;

struct DeviceAnswer {
    Bytes command;  ///< As sent: a submission queue entry of 64 bytes. Empty: it was not sent.
    std::optional<DeviceStatus> before;       ///< Read just before the command went out.
    std::optional<std::uint32_t> completion;  ///< What the drive (NVMe: SCT<<8|SC, 4000h: do not
                                              ///< retry) answered; nothing where no answer came.
    std::vector<DeviceStatus> after;          ///< Since, the oldest first.
    bool adopted{
        false};  ///< The operation was found running; the command is that of an earlier run.
    friend bool operator==(const DeviceAnswer&, const DeviceAnswer&) = default;
};

Json to_json(const DeviceAnswer& answer);
Result<DeviceAnswer> device_answer_from_json(const Json& json);

/// That a drive has done what it was told, as far as its own word goes: a terminal state of
/// success, the echo of the very command, and a change of state since it was sent. Only
/// prove_sanitize makes one; nothing may call a hardware erase done without one.
class SanitizeProof {
  public:
    const NvmeSanitizeLog& log() const { return log_; }
    /// How the change was seen: "in progress, then succeeded", …
    const std::string& change() const { return change_; }

  private:
    friend tl::expected<SanitizeProof, std::string> prove_sanitize(const DeviceAnswer& answer,
                                                                   std::uint32_t action);
    SanitizeProof(NvmeSanitizeLog log, std::string change)
        : log_{log}, change_{std::move(change)} {}
    NvmeSanitizeLog log_;
    std::string change_;
};

/// The proof, or why there is none. `action`: SANACT of the command that was planned. Pure.
tl::expected<SanitizeProof, std::string> prove_sanitize(const DeviceAnswer& answer,
                                                        std::uint32_t action);

}  // namespace quietus
