#pragma once
// `quietus erase`: plan → guards → consent → erase → verify → sign → register, for several drives
// at once.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "app/observer.h"
#include "app/settings.h"
#include "app/signals.h"
#include "base/utc_time.h"
#include "engine/continuation.h"
#include "host/host.h"
#include "plan/consent.h"
#include "plan/goal.h"
#include "record/erase_record.h"

namespace quietus::app {

struct EvidenceDesk;

/// More at a time would need more memory than a host for erasing has: each drive being written has
/// a process with 8 MiB in flight and up to 32 MiB in all, so this many stay within 8 GiB.
inline constexpr unsigned kParallelMax = 256;

/// An erase that broke off, to be carried on: the same plan on the same drive.
struct Resumption {
    engine::Unfinished run;
    /// Said of this drive then: holds as far as its serial number or WWN is the same.
    Consent consent;
    RunLimits limits;  ///< Instead of the call's; the deadline is the call's.
};

struct EraseRequest {
    std::vector<std::string> devices;  ///< May be empty with a manifest: then all of its drives.
    std::string manifest_file;         ///< May be empty.
    /// A drive that is refused is left out instead of stopping the call, which then cannot end in
    /// 0.
    bool skip_refused{false};
    std::optional<unsigned> parallel;  ///< Written at a time; default: as many as there are.
    RunLimits limits;
    Goal goal;
    /// One for each of `devices`, or none at all. Each has its own goal, order, consent and limits.
    std::vector<Resumption> resumes{};
    Consent consent;
    Settings settings;
    /// Asks a person at a terminal to type the drive's confirmation; returns what was typed, or
    /// nothing (refused, or interrupted). Unset without a terminal.
    std::function<std::optional<std::string>(const Plan& plan, const std::string& expected)> ask;
};

struct Services {
    Host& host;
    const Clock& clock;
    Observer& observer;
    Signals& signals;
};

/// The exit status of the call. Results and objections have been told to the observer, one result
/// per drive.
ExitStatus erase_drives(const EraseRequest& request, Services services);
/// The same at a desk that is open already, of the request's settings: what it was opened with (a
/// passphrase from a pipe) may not be there a second time.
ExitStatus erase_drives(const EraseRequest& request, Services services, EvidenceDesk desk);

}  // namespace quietus::app
