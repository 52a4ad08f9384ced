#include "drivers/nvme/sanitize.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/endian.h"
#include "drivers/nvme/wire.h"

namespace quietus::drivers::nvme {

namespace {

using State = NvmeSanitizeLog::State;

constexpr std::size_t kDword11At = 44;
/// The command only starts the operation.
constexpr std::chrono::minutes kStartTimeout{1};
constexpr std::uint32_t kWhole = 0x10000;

std::optional<DeviceStatus> read_status(ReadHandle& handle, const Clock& clock) {
    const NvmeQuery query = NvmeQuery::sanitize_log();
    Bytes raw(query.answer_size());
    const auto completion = handle.nvme_query(query, raw);
    if (!completion || completion->status != 0) return std::nullopt;
    raw.resize(kSanitizeLogKept);
    return DeviceStatus{.time = clock.now(), .raw = std::move(raw)};
}

NvmeSanitizeLog decoded(const DeviceStatus& status) {
    const auto log = decode_sanitize_log(status.raw);
    QUIETUS_CHECK(log.has_value());  // read_status keeps as many bytes as it takes
    return *log;
}

bool tell_the_same(const DeviceStatus& a, const DeviceStatus& b) {
    const NvmeSanitizeLog one = decoded(a);
    const NvmeSanitizeLog other = decoded(b);
    return one.state == other.state && one.command_dword10 == other.command_dword10;
}

// Of readings that differ in progress only, the first and the last are kept.
void keep(DeviceStatus status, std::vector<DeviceStatus>& kept) {
    const std::size_t count = kept.size();
    const bool between = count >= 2 && tell_the_same(kept[count - 1], status) &&
                         tell_the_same(kept[count - 2], status);
    if (between || count == kStatusesMax)
        kept.back() = std::move(status);
    else
        kept.push_back(std::move(status));
}

std::chrono::seconds estimate_in(const NvmeSanitizeLog& log) {
    const auto longest = std::max({log.overwrite_s, log.block_erase_s, log.crypto_erase_s});
    // A drive may claim any time: standing still for a day is enough for all of them.
    constexpr std::uint32_t kDay = 24 * 3600;
    return std::chrono::seconds{std::min(longest.value_or(0), kDay)};
}

// Looks at the drive's status until the operation is over.
class Watch {
  public:
    Watch(ReadHandle& handle, const Clock& clock, const WaitLimits& limits, Waiting& waiting)
        : handle_{handle}, clock_{clock}, limits_{limits}, waiting_{waiting} {}

    /// `must_begin`: the command in dword 10 that has just been sent; a status that still tells of
    /// something else is given the time to change.
    Sanitized until_over(const std::optional<std::uint32_t>& must_begin,
                         std::vector<DeviceStatus>& statuses) {
        moved();
        while (true) {
            if (auto status = read_status(handle_, clock_)) {
                const NvmeSanitizeLog log = decoded(*status);
                keep(std::move(*status), statuses);
                if (over(log, must_begin)) return {SanitizeEnd::ended, {}};
                look_at(log);
            }
            if (still() > patience_) return given_up(statuses);
            pause_ = std::min(limits_.poll, 2 * pause_);
            if (!waiting_.wait(pause_))
                return {SanitizeEnd::stopped, "the drive goes on by itself"};
        }
    }

  private:
    bool over(const NvmeSanitizeLog& log, const std::optional<std::uint32_t>& must_begin) const {
        if (log.state == State::in_progress || log.state == State::reserved) return false;
        // An operation that is over at once leaves its own command; one not begun, the old one.
        const bool is_ours = !must_begin || log.command_dword10 == *must_begin;
        return is_ours || seen_running_ ||
               still() > std::min<std::chrono::nanoseconds>(kTimeToBegin, limits_.still);
    }

    void look_at(const NvmeSanitizeLog& log) {
        if (log.state != State::in_progress) return;
        patience_ = std::max<std::chrono::nanoseconds>(limits_.still, 2 * estimate_in(log));
        // Only what is further than ever is progress: a number that goes up and down is none.
        if (!seen_running_ || log.progress > progress_) moved();
        seen_running_ = true;
        progress_ = std::max(progress_, log.progress);
        waiting_.progress(std::min<std::uint32_t>(log.progress, kWhole));
    }

    Sanitized given_up(const std::vector<DeviceStatus>& statuses) const {
        if (statuses.empty())
            return {SanitizeEnd::lost, "the drive does not tell its sanitize status"};
        return {SanitizeEnd::stalled,
                seen_running_
                    ? "no progress since " + std::to_string(progress_) + "/65536"
                    : "the drive's status is " + to_string(decoded(statuses.back()).state)};
    }

    void moved() { moved_ = clock_.monotonic(); }
    std::chrono::nanoseconds still() const { return clock_.monotonic() - moved_; }

    static constexpr std::chrono::seconds kTimeToBegin{10};
    ReadHandle& handle_;
    const Clock& clock_;
    const WaitLimits& limits_;
    Waiting& waiting_;
    // An operation that takes a moment is not waited for a second.
    std::chrono::milliseconds pause_{10};
    std::chrono::nanoseconds patience_{limits_.still};
    std::chrono::nanoseconds moved_{0};
    std::uint16_t progress_{0};
    bool seen_running_{false};
};

struct KnownStatus {
    std::uint32_t code;
    std::string_view text;
};
constexpr std::array kKnown{
    KnownStatus{kInvalidOpcode,
                "Invalid Command Opcode: not supported, or the host's firmware blocked it (Block "
                "SID); a power cycle or \"disable Block SID\" in the firmware setup may help"},
    KnownStatus{kInvalidField, "Invalid Field in Command"},
    KnownStatus{kSanitizeFailed, "Sanitize Failed: an earlier sanitize has failed"},
    KnownStatus{kSanitizeInProgress, "Sanitize In Progress"},
    KnownStatus{kWriteProtected, "Namespace is Write Protected"},
    KnownStatus{kLockdown, "Command Prohibited by Command and Feature Lockdown"},
    KnownStatus{kFirmwareNeedsReset,
                "Firmware Activation Requires Conventional Reset: power-cycle the drive first"},
    KnownStatus{kPmrEnabled, "Sanitize Prohibited While Persistent Memory Region is Enabled"},
    KnownStatus{kAccessDenied, "Access Denied: the drive is locked (TCG)"},
};

}  // namespace

NvmeCommand sanitize_command(DeviceCommand command, const NvmeSanitizeSupport& support) {
    std::uint32_t dword10 = action_of(command);
    NvmeCommand sent{.entry = {}, .blast = Blast::subsystem, .timeout = kStartTimeout};
    if (command == DeviceCommand::nvme_sanitize_overwrite) {
        dword10 |= kOnePass;
        if (!support.no_deallocate_inhibited) dword10 |= kNoDeallocate;
        put_little(sent.entry, kDword11At, 4, kOverwritePattern);
    }
    put_little(sent.entry, 0, 1, kSanitize);
    put_little(sent.entry, kDword10At, 4, dword10);
    return sent;
}

Result<void> read_status_before(ReadHandle& handle, const Clock& clock, DeviceAnswer& answer) {
    answer.before = read_status(handle, clock);
    if (!answer.before)
        return failure(ErrorCode::unsupported,
                       "the drive does not tell its sanitize status (log page 81h)");
    return {};
}

std::optional<DeviceAnswer> adopted(ReadHandle& handle, const Clock& clock,
                                    const DeviceAnswer& earlier, DeviceCommand command) {
    auto now = read_status(handle, clock);
    if (!now || earlier.command.size() != sizeof(NvmeEntry)) return std::nullopt;
    // One that the drive refused did not begin, whatever runs now.
    if (earlier.completion && *earlier.completion != 0) return std::nullopt;
    const auto is_cut_off = [](const DeviceStatus& one) {
        return one.raw.size() < kSanitizeLogKept;
    };
    if (std::any_of(earlier.after.begin(), earlier.after.end(), is_cut_off)) return std::nullopt;
    DeviceAnswer answer = earlier;
    answer.adopted = true;
    answer.completion.reset();
    const NvmeSanitizeLog log = decoded(*now);
    keep(std::move(*now), answer.after);
    const bool runs = log.state == State::in_progress &&
                      log.command_dword10 == little32(answer.command, kDword10At);
    // Nobody watched: what was written since would not have been erased.
    const bool done = log.global_data_erased && prove_sanitize(answer, action_of(command));
    if (!runs && !done) return std::nullopt;
    return answer;
}

Sanitized carry_out(WriteHandle& handle, const Clock& clock, const WaitLimits& limits,
                    Waiting& waiting, DeviceAnswer& answer) {
    QUIETUS_CHECK(answer.command.size() == sizeof(NvmeEntry));
    NvmeCommand command{.entry = {}, .blast = Blast::subsystem, .timeout = kStartTimeout};
    std::copy(answer.command.begin(), answer.command.end(), command.entry.begin());
    if (!answer.adopted) {
        const auto completion = handle.nvme_command(command);
        if (completion) answer.completion = completion->status;
        // Without an answer the drive may be at it: its status will tell.
        if (!completion && completion.error().sys_errno == 0)
            return {SanitizeEnd::refused, completion.error().message};
        if (completion && completion->status != 0)
            return {SanitizeEnd::refused,
                    "the drive refuses Sanitize: " + explain_status(completion->status)};
    }
    const std::uint32_t sent = little32(answer.command, kDword10At);
    return Watch{handle, clock, limits, waiting}.until_over(sent, answer.after);
}

Sanitized await_idle(ReadHandle& handle, const Clock& clock, const WaitLimits& limits,
                     Waiting& waiting) {
    const auto now = read_status(handle, clock);
    if (!now || decoded(*now).state != State::in_progress) return {SanitizeEnd::ended, {}};
    std::vector<DeviceStatus> statuses;
    return Watch{handle, clock, limits, waiting}.until_over(std::nullopt, statuses);
}

std::string explain_status(std::uint32_t status) {
    std::array<char, 16> number{};
    static_cast<void>(std::snprintf(number.data(), number.size(), "0x%03x", status & kStatusMask));
    const auto known = std::find_if(kKnown.begin(), kKnown.end(), [&](const KnownStatus& one) {
        return one.code == (status & kStatusMask);
    });
    const std::string code = std::string{"status "} + number.data();
    return known == kKnown.end() ? code : std::string{known->text} + " (" + code + ")";
}

}  // namespace quietus::drivers::nvme
