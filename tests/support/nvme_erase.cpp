// The device model: Sanitize and Format NVM. Both work their way through the media while the clock
// advances, so that what breaks off leaves what it would leave.

#include <algorithm>
#include <array>

#include "support/nvme_model.h"

namespace quietus::test::nvme {
namespace {

// SANACT, CDW10 2:0 of Sanitize.
constexpr std::uint32_t kExitFailureMode = 1;
constexpr std::uint32_t kBlockErase = 2;
constexpr std::uint32_t kOverwrite = 3;
constexpr std::uint32_t kCryptoErase = 4;
constexpr std::uint32_t kExitVerification = 5;

constexpr std::uint64_t kChunk = 64 * kUnit;
constexpr std::array<std::byte, 4> kVendorPattern{std::byte{0x33}, std::byte{0xcc}, std::byte{0x55},
                                                  std::byte{0xaa}};

struct SanitizeFields {
    std::uint32_t cdw10;
    std::uint32_t action() const { return field(cdw10, 2, 0); }
    bool unrestricted() const { return field(cdw10, 3, 3) != 0; }
    /// 0 says 16.
    std::uint32_t passes() const {
        if (action() != kOverwrite) return 1;
        return field(cdw10, 7, 4) == 0 ? 16 : field(cdw10, 7, 4);
    }
    bool inverts() const { return field(cdw10, 8, 8) != 0; }
    bool no_deallocate() const { return field(cdw10, 9, 9) != 0; }
    bool verification() const { return field(cdw10, 10, 10) != 0; }
    std::uint32_t reserved() const { return field(cdw10, 31, 11); }
};

std::uint64_t next_random(std::uint64_t& state) {  // splitmix64
    std::uint64_t z = state += 0x9e3779b97f4a7c15U;
    z = (z ^ z >> 30U) * 0xbf58476d1ce4e5b9U;
    z = (z ^ z >> 27U) * 0x94d049bb133111ebU;
    return z ^ z >> 31U;
}

void fill(std::span<std::byte> into, Remains remains, std::uint32_t pattern, std::uint64_t seed) {
    switch (remains) {
        case Remains::zeros:
        case Remains::unreadable:
            for (std::size_t i = 0; i < into.size(); ++i) {
                into[i] = static_cast<std::byte>(pattern >> 8 * (i % 4) & 0xffU);
            }
            return;
        case Remains::ones:
            std::ranges::fill(into, std::byte{0xff});
            return;
        case Remains::vendor_pattern:
            for (std::size_t i = 0; i < into.size(); ++i) into[i] = kVendorPattern[i % 4];
            return;
        case Remains::random:
            for (std::size_t i = 0; i < into.size(); i += 8) put(into, i, next_random(seed), 8);
            return;
    }
}

std::uint64_t point(std::uint8_t percent, std::uint64_t whole) {
    return percent == kNever ? ~0ULL : std::max<std::uint64_t>(1, whole * percent / 100);
}

}  // namespace

// -- Sanitize
// -----------------------------------------------------------------------------------------------

std::uint16_t Model::why_not_sanitize(const Command& command) const {
    const SanitizeFields asked{command.dword(10)};
    const std::uint32_t can = personality.sanicap;
    if ((can & 0x7U) == 0) return status::kInvalidOpcode;
    if (personality.erase_refused_with != 0) return personality.erase_refused_with;
    if (personality.lockdown) return status::kLockdown;
    if (command.nsid() != 0) return status::kInvalidField;
    const std::array<bool, 8> is_action{
        false, true, (can & 2U) != 0, (can & 4U) != 0, (can & 1U) != 0, (can & 8U) != 0};
    if (!is_action.at(asked.action()) || asked.reserved() != 0) return status::kInvalidField;
    const SanitizeStep step = state().sanitize.step;
    const bool is_verifying = step == SanitizeStep::media_verification;
    if (asked.action() == kExitVerification) return is_verifying ? 0 : status::kSequenceError;
    if (const auto busy = media_status(/*is_write=*/true); busy == status::kSanitizeInProgress) {
        return busy;
    }
    if (step == SanitizeStep::restricted_failure &&
        (asked.unrestricted() || asked.action() == kExitFailureMode)) {
        return status::kSanitizeFailed;
    }
    if (asked.action() == kExitFailureMode) return 0;
    if (asked.verification() && (can & 8U) == 0) return status::kInvalidField;
    if (personality.pmr_enabled) return status::kPmrEnabled;
    if (personality.firmware_pending && resets() == 0) return status::kFirmwareNeedsReset;
    for (const NamespaceState& space : state().spaces) {
        if (space.allocated != 0 && space.protection != 0) return status::kWriteProtected;
        if (space.format == FormatState::in_progress) return status::kFormatInProgress;
    }
    // Feature 17h bit 0 (NODRM): 0 has the command fail, 1 is the warning mode.
    const bool warns = (state().sanitize.configuration & 1U) != 0;
    if (asked.no_deallocate() && (can >> 29U & 1U) != 0 && !warns) return status::kInvalidField;
    return 0;
}

std::uint16_t Model::sanitize(const Command& command) {
    if (const std::uint16_t no = why_not_sanitize(command); no != 0) return no;
    switch (SanitizeFields{command.dword(10)}.action()) {
        case kExitFailureMode:
            return exit_failure_mode();
        case kExitVerification:
            return exit_verification();
        default:
            start_sanitize(command.dword(10), command.dword(11));
            return 0;
    }
}

// SSTAT goes on to tell of the most recent operation (from memory of Base 2.0).
std::uint16_t Model::exit_failure_mode() {
    state().sanitize.step = SanitizeStep::idle;
    state().sanitize.failed_from = SanitizeStep::idle;
    return 0;
}

std::uint16_t Model::exit_verification() {
    finish_sanitize(/*deallocate=*/true);
    return 0;
}

void Model::start_sanitize(std::uint32_t cdw10, std::uint32_t pattern) {
    SanitizeState& run = state().sanitize;
    const SanitizeFields asked{cdw10};
    run.before = run.now;
    run.now = {.status = 2,
               .passes = 0,
               .verification_cancelled = 0,
               .cdw10 = cdw10 ^ personality.echo_xor};
    run.step = asked.unrestricted() ? SanitizeStep::unrestricted_processing
                                    : SanitizeStep::restricted_processing;
    run.failed_from = SanitizeStep::idle;
    run.cdw10 = cdw10;
    run.pattern = pattern;
    run.elapsed_ms = 0;
    run.work = 0;
    run.may_go_on = 0;
    for (ControllerState& controller : state().controllers) controller.sanitize_event = 0;
    if (personality.log_never_changes) {
        const std::uint8_t erased_before = run.data_erased;
        work_until(static_cast<std::uint64_t>(personality.sanitize_takes.count()));
        run.now = run.before;
        run.step = SanitizeStep::idle;
        run.data_erased = erased_before;
        return;
    }
    if (personality.sanitize_takes.count() == 0) advance_sanitize(1);
}

void Model::advance_sanitize(std::uint64_t milliseconds) {
    SanitizeState& run = state().sanitize;
    if (run.step != SanitizeStep::restricted_processing &&
        run.step != SanitizeStep::unrestricted_processing) {
        return;
    }
    const auto whole =
        static_cast<std::uint64_t>(std::max<std::int64_t>(1, personality.sanitize_takes.count()));
    const std::uint64_t from = run.elapsed_ms;
    std::uint64_t until = std::min(from + milliseconds, whole);
    const std::uint64_t stall = point(personality.stalls_at, whole);
    if (run.may_go_on == 0 && stall <= until) {
        until = std::max(from, stall);
    }
    struct Event {
        std::uint64_t at;
        void (Model::*happen)();
    };
    const std::array<Event, 4> events{
        Event{point(personality.fails_at, whole), &Model::fail_sanitize},
        Event{point(personality.forgets_at, whole), &Model::forget_sanitize},
        Event{point(personality.loses_power_at, whole), &Model::power_cycle},
        Event{point(personality.vanishes_at, whole), &Model::vanish}};
    const auto first = std::ranges::min_element(
        events, {}, [&](const Event& event) { return event.at > from ? event.at : ~0ULL; });
    const bool happens = first->at > from && first->at <= until;
    work_until(happens ? first->at : until);
    if (happens) {
        (this->*first->happen)();
    } else if (run.elapsed_ms >= whole) {
        end_sanitize();
    }
}

void Model::work_until(std::uint64_t elapsed) {
    SanitizeState& run = state().sanitize;
    const SanitizeFields asked{run.cdw10};
    const auto whole =
        static_cast<std::uint64_t>(std::max<std::int64_t>(1, personality.sanitize_takes.count()));
    std::uint64_t size = 0;
    for (std::size_t i = 0; i < media_.size(); ++i) size += medium_bytes(i);
    const std::uint64_t all = size * asked.passes();
    // In units, and without overflow: all / kUnit * elapsed stays far below 2^64.
    std::uint64_t until = elapsed >= whole ? all : all / kUnit * elapsed / whole * kUnit;
    Remains remains = Remains::zeros;
    if (asked.action() == kBlockErase) remains = personality.after_block;
    if (asked.action() == kCryptoErase) remains = personality.after_crypto;
    while (run.work < until) {
        const std::uint64_t pass = run.work / size;
        const std::uint64_t end = std::min(until, (pass + 1) * size);
        // The first pass writes the pattern as it is; OIPBP inverts it from pass to pass.
        std::uint32_t pattern = asked.action() == kOverwrite ? run.pattern : 0;
        if (asked.inverts() && asked.action() == kOverwrite && pass % 2 == 1) pattern = ~pattern;
        erase_bytes(run.work - pass * size, end - pass * size, ~0U, personality.sanitize_does,
                    remains, pattern);
        run.work = end;
    }
    run.elapsed_ms = std::max(run.elapsed_ms, elapsed);
    if (asked.action() == kOverwrite) {
        run.now.passes = static_cast<std::uint8_t>(run.work / size);
    }
}

// Every byte has been worked on.
void Model::end_sanitize() {
    SanitizeState& run = state().sanitize;
    const SanitizeFields asked{run.cdw10};
    if (asked.verification()) {
        // From memory of Base 2.1: SSTAT stays "in progress", SPROG is FFFFh.
        run.step = SanitizeStep::media_verification;
        return;
    }
    const bool inhibited = asked.no_deallocate() && (personality.sanicap >> 29U & 1U) != 0;
    finish_sanitize(inhibited || (personality.deallocates && !asked.no_deallocate()));
    if (inhibited) run.now.status = 4;
}

void Model::finish_sanitize(bool deallocate) {
    SanitizeState& run = state().sanitize;
    if (deallocate || personality.sanitize_does == Erasure::unmap_only) {
        unmap(~0U, personality.sanitize_does);
    }
    run.now.status = 1;
    run.step = SanitizeStep::idle;
    run.data_erased = 1;
    for (ControllerState& controller : state().controllers) controller.sanitize_event = 1;
}

void Model::fail_sanitize() {
    SanitizeState& run = state().sanitize;
    bool is_unrestricted = run.step == SanitizeStep::unrestricted_processing;
    if (personality.failure != Failure::as_asked) {
        is_unrestricted = personality.failure == Failure::unrestricted;
    }
    run.failed_from = run.step;
    run.step =
        is_unrestricted ? SanitizeStep::unrestricted_failure : SanitizeStep::restricted_failure;
    run.now.status = 3;
    for (ControllerState& controller : state().controllers) controller.sanitize_event = 1;
}

void Model::forget_sanitize() {
    SanitizeState& run = state().sanitize;
    run.now = run.before;
    run.step = SanitizeStep::idle;
    for (unsigned i = 0; i < controllers_; ++i) reset_controller(i);
}

// -- Format NVM
// -----------------------------------------------------------------------------------------------

// CDW10: 3:0 and 13:12 LBA format, 4 MSET, 7:5 PI, 8 PIL, 11:9 SES.
std::uint16_t Model::why_not_format(unsigned controller, const Command& command,
                                    std::uint32_t& spaces) const {
    const std::uint32_t cdw10 = command.dword(10);
    const std::uint32_t erase_setting = field(cdw10, 11, 9);
    const std::uint32_t lba_format = field(cdw10, 3, 0) | field(cdw10, 13, 12) << 4U;
    if ((personality.oacs & 2U) == 0) return status::kInvalidOpcode;
    if (personality.erase_refused_with != 0) return personality.erase_refused_with;
    if (personality.lockdown) return status::kLockdown;
    if (const auto busy = media_status(/*is_write=*/true); busy != 0) return busy;
    if (erase_setting > 2) return status::kInvalidField;
    if (erase_setting == 2 && (personality.fna & 4U) == 0) return status::kInvalidField;
    if (lba_format > 1 || field(cdw10, 7, 5) != 0 || field(cdw10, 4, 4) != 0) {
        return status::kInvalidFormat;
    }
    const bool is_every = command.nsid() == kEveryNamespace;
    if (is_every && (personality.fna & 8U) != 0) return status::kInvalidField;
    const bool widens =
        (personality.fna & 1U) != 0 || ((personality.fna & 2U) != 0 && erase_setting != 0);
    if (!is_every) {
        if (command.nsid() == 0 || command.nsid() > specs_.size() ||
            state().spaces[command.nsid() - 1].allocated == 0) {
            return status::kInvalidNamespace;
        }
        const bool is_shown = attached_space(controller, command.nsid()) != nullptr;
        if (!is_shown && !personality.formats_unattached) return status::kInvalidField;
        spaces = 1U << (command.nsid() - 1);
    }
    for (std::size_t i = 0; i < specs_.size(); ++i) {
        const NamespaceState& space = state().spaces[i];
        // Every: those of this controller; by FNA: all that are allocated.
        const bool is_ours = (space.attached_to >> controller & 1U) != 0;
        if (space.allocated != 0 && (widens || (is_every && is_ours))) spaces |= 1U << i;
        if ((spaces >> i & 1U) == 0) continue;
        if (space.protection != 0) return status::kWriteProtected;
        if (space.format == FormatState::in_progress) return status::kFormatInProgress;
    }
    return 0;
}

Completion Model::format(unsigned controller, const Command& command) {
    std::uint32_t spaces = 0;
    if (const auto no = why_not_format(controller, command, spaces); no != 0) {
        const bool retries = no == status::kSanitizeInProgress || no == status::kFormatInProgress;
        return {.status = static_cast<std::uint16_t>(no | (retries ? 0U : status::kDoNotRetry))};
    }
    FormatJob& job = state().format;
    job = {.active = 1,
           .erase_setting = static_cast<std::uint8_t>(field(command.dword(10), 11, 9)),
           .lba_format = static_cast<std::uint8_t>(field(command.dword(10), 3, 0)),
           .spaces = spaces};
    for (std::size_t i = 0; i < specs_.size(); ++i) {
        if ((spaces >> i & 1U) != 0) state().spaces[i].format = FormatState::in_progress;
    }
    const bool fails = personality.format_fails_at != kNever;
    if (personality.format_takes.count() == 0) advance_format(1);
    return {.status = fails ? status::kInternal : status::kSuccess,
            .takes = personality.format_takes};
}

void Model::advance_format(std::uint64_t milliseconds) {
    FormatJob& job = state().format;
    if (job.active == 0) return;
    const auto whole =
        static_cast<std::uint64_t>(std::max<std::int64_t>(1, personality.format_takes.count()));
    const std::uint64_t breaks = point(personality.format_fails_at, whole);
    const bool instant = personality.format_takes.count() == 0;
    job.elapsed_ms = std::min({job.elapsed_ms + milliseconds, whole, breaks});
    std::uint64_t size = 0;
    for (std::size_t i = 0; i < media_.size(); ++i) {
        if ((job.spaces >> i & 1U) != 0) size += medium_bytes(i);
    }
    std::uint64_t until =
        job.elapsed_ms >= whole ? size : size / kUnit * job.elapsed_ms / whole * kUnit;
    if (instant && breaks != ~0ULL)
        until = size / kUnit * personality.format_fails_at / 100 * kUnit;
    // SES 0 erases nothing by contract.
    if (job.erase_setting != 0 && !personality.format_ignores_ses) {
        erase_bytes(job.work, until, job.spaces, personality.format_does,
                    job.erase_setting == 1 ? personality.after_block : personality.after_crypto, 0);
    }
    job.work = until;
    if (job.elapsed_ms >= breaks) {
        end_format(false);
    } else if (job.elapsed_ms >= whole) {
        end_format(true);
    }
}

void Model::end_format(bool success) {
    FormatJob& job = state().format;
    if (job.active == 0) return;
    job.active = 0;
    const bool erased = job.erase_setting != 0 && !personality.format_ignores_ses;
    if (success && erased &&
        (personality.deallocates || personality.format_does == Erasure::unmap_only)) {
        unmap(job.spaces, personality.format_does);
    }
    for (std::size_t i = 0; i < specs_.size(); ++i) {
        if ((job.spaces >> i & 1U) == 0) continue;
        state().spaces[i].format = success ? FormatState::ready : FormatState::failed;
        if (success) state().spaces[i].lba_format = job.lba_format;
    }
}

// -- The media
// -----------------------------------------------------------------------------------------------

// Positions count through the media of `spaces`, one after the other.
void Model::erase_bytes(std::uint64_t first, std::uint64_t end, std::uint32_t spaces,
                        Erasure erasure, Remains remains, std::uint32_t pattern) {
    if (erasure == Erasure::nothing || erasure == Erasure::unmap_only) return;
    std::array<std::byte, kChunk> buffer{};
    std::uint64_t base = 0;
    for (std::size_t i = 0; i < media_.size(); ++i) {
        if ((spaces >> i & 1U) == 0) continue;
        const std::uint64_t size = medium_bytes(i);
        const std::uint64_t from = first > base ? std::min(first - base, size) : 0;
        std::uint64_t until = end > base ? std::min(end - base, size) : 0;
        base += size;
        if (erasure == Erasure::first_half) until = std::min(until, size / 2 / kUnit * kUnit);
        const bool is_shown =
            state().spaces[i].allocated != 0 && state().spaces[i].attached_to != 0;
        if (erasure == Erasure::attached_only && !is_shown) continue;
        for (std::uint64_t at = from; at < until;) {
            const std::uint64_t bytes = std::min(kChunk, until - at);
            const auto part = std::span{buffer}.first(bytes);
            fill(part, remains, pattern, seed_ + base + at);
            static_cast<void>(media_[i]->write(at, part));
            at += bytes;
        }
        if (from >= until) continue;
        std::ranges::fill(
            units(i).subspan(from / kUnit, (until - from) / kUnit),
            remains == Remains::unreadable ? UnitState::unreadable : UnitState::mapped);
    }
}

void Model::unmap(std::uint32_t spaces, Erasure erasure) {
    if (erasure == Erasure::nothing) return;
    for (std::size_t i = 0; i < media_.size(); ++i) {
        if ((spaces >> i & 1U) == 0) continue;
        const bool is_shown =
            state().spaces[i].allocated != 0 && state().spaces[i].attached_to != 0;
        if (erasure == Erasure::attached_only && !is_shown) continue;
        const std::uint64_t all = units(i).size();
        deallocate_units(i, 0, kUnit * (erasure == Erasure::first_half ? all / 2 : all));
    }
}

}  // namespace quietus::test::nvme
