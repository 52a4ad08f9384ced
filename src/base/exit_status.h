#pragma once
// The exit statuses of every command: one enum, one golden file, one section of quietus(8).

#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace quietus {

enum class ExitStatus : int {
    ok = 0,              ///< Every drive asked for is erased, certified and registered; else: yes.
    no = 1,              ///< The answer is no.
    not_erased = 10,     ///< At least one drive is not erased, or unknown.
    exceptions = 11,     ///< Erased with named exceptions.
    action_needed = 12,  ///< A person must act, then resume.
    usage = 64,
    bad_evidence = 65,
    unsupported = 69,
    internal = 70,
    evidence_incomplete = 73,  ///< Erased; evidence waits in the spool.
    host_io = 74,
    busy = 75,
    refused = 77,
    config = 78,
    interrupted = 130,
    terminated = 143,
};

inline constexpr int to_int(ExitStatus status) {
    return static_cast<int>(status);
}

/// The status a failed Result ends with.
ExitStatus exit_status_of(const Error& error);

/// Status of a call that wrote to no drive: the worst of 78, 64, 65, 77, 69, 75 (others first, as
/// an internal error or a signal outranks all of them); ok for an empty list.
ExitStatus worst_untouched(std::span<const ExitStatus> statuses);

/// Status of a call that wrote at least one drive: the worst of 70, 10, 74, 130/143, 12, 11, 73, 0.
/// A refusal among them (--skip-refused) counts as not_erased.
ExitStatus worst_written(std::span<const ExitStatus> statuses);

struct ExitStatusRow {
    ExitStatus status;
    std::string_view meaning;
    std::string_view media;
};

/// Every status with its meaning, for the manual, --help and the golden test.
std::span<const ExitStatusRow> exit_status_table();

}  // namespace quietus
