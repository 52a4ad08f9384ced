#include "base/exit_status.h"

#include <algorithm>
#include <array>
#include <csignal>

namespace quietus {

namespace {

using enum ExitStatus;

// Worst first. What is not on a list outranks it: it was not foreseen there.
constexpr std::array kUntouchedOrder{internal, interrupted,  terminated, config,
                                     usage,    bad_evidence, refused,    unsupported,
                                     busy,     host_io,      no,         ok};
constexpr std::array kWrittenOrder{internal,    not_erased,          host_io,
                                   interrupted, terminated,          action_needed,
                                   exceptions,  evidence_incomplete, ok};

// One row a line, as the manual and its test read it.
// clang-format off
constexpr std::array<ExitStatusRow, 16> kTable{{
    {ok, "every drive asked for is erased at the level asked for and its signed certificate is in the register; other commands: yes", "complete"},
    {no, "the answer is no", "untouched"},
    {not_erased, "at least one drive is not erased, or unknown", "altered or unknown"},
    {exceptions, "erased with exceptions", "altered"},
    {action_needed, "action needed, then resume", "any"},
    {usage, "usage", "untouched"},
    {bad_evidence, "order, manifest or evidence invalid; the drive found is not the drive named", "untouched"},
    {unsupported, "the drive or its path cannot do what is asked", "untouched"},
    {internal, "internal error, or evidence that contradicts itself", "unknown"},
    {evidence_incomplete, "erased, evidence incomplete: the same erase again completes it", "complete"},
    {host_io, "I/O error on the host side before the erase could end", "altered"},
    {busy, "try later", "untouched"},
    {refused, "refused by a guard or for lack of authorisation", "untouched"},
    {config, "configuration, implausible clock", "untouched"},
    {interrupted, "interrupted by SIGINT; before the first write the media are untouched", "altered"},
    {terminated, "ended by SIGTERM; before the first write the media are untouched", "altered"},
}};
// clang-format on

template <std::size_t N>
ExitStatus worst_in(const std::array<ExitStatus, N>& order, std::span<const ExitStatus> statuses,
                    ExitStatus unlisted) {
    auto rank = [&](ExitStatus status) {
        const auto at = std::find(order.begin(), order.end(), status);
        return at != order.end() ? at - order.begin()
                                 : std::find(order.begin(), order.end(), unlisted) - order.begin();
    };
    auto worst = static_cast<std::ptrdiff_t>(N) - 1;
    for (const ExitStatus status : statuses) worst = std::min(worst, rank(status));
    return order[static_cast<std::size_t>(worst)];
}

}  // namespace

ExitStatus exit_status_of(const Error& error) {
    switch (error.code) {
        case ErrorCode::usage:
            return usage;
        case ErrorCode::bad_evidence:
            return bad_evidence;
        case ErrorCode::not_authentic:
            return no;
        case ErrorCode::unsupported:
            return unsupported;
        case ErrorCode::internal:
            return internal;
        case ErrorCode::evidence_incomplete:
            return evidence_incomplete;
        case ErrorCode::io:
            return host_io;
        case ErrorCode::busy:
            return busy;
        case ErrorCode::refused:
            return refused;
        case ErrorCode::config:
            return config;
        case ErrorCode::interrupted:
            return error.sys_errno == SIGTERM ? terminated : interrupted;
    }
    return internal;
}

ExitStatus worst_untouched(std::span<const ExitStatus> statuses) {
    return worst_in(kUntouchedOrder, statuses, internal);
}

ExitStatus worst_written(std::span<const ExitStatus> statuses) {
    return worst_in(kWrittenOrder, statuses, not_erased);
}

std::span<const ExitStatusRow> exit_status_table() {
    return kTable;
}

}  // namespace quietus
