#pragma once
// `quietus list` and `quietus inspect`.

#include <optional>
#include <string>
#include <vector>

#include "app/settings.h"
#include "certs/register/register.h"
#include "device/snapshot.h"
#include "host/host.h"
#include "host/nvme_answer.h"

namespace quietus::app {

struct ListedDrive {
    DeviceSnapshot snapshot;
    /// "sanitized 2026-11-22" where the register of this host knows the drive by its serial or WWN;
    /// else empty. It says what was once done, not what is on the drive now.
    std::string known_as;
    /// Its newest entry in the register, of whatever kind; only where it is known.
    std::optional<certs::LeafFacts> newest;
};

struct Listing {
    std::vector<ListedDrive> drives;
    std::vector<std::string> not_seen;  ///< What is missing without root, each once.
};

/// From sysfs, /proc and our own register alone: opens no device.
Result<Listing> list_drives(const Host& host, const Settings& settings);

/// Everything about the named drives, each looked at in a worker with a deadline.
std::vector<Result<DeviceSnapshot>> inspect_drives(Host& host,
                                                   const std::vector<std::string>& typed);

/// The same, with what their controllers answered, serial numbers replaced (app/record_answers.h).
struct Inspected {
    DeviceSnapshot snapshot;
    std::vector<NvmeAnswer> answers;  ///< Empty where it is no NVMe drive or could not be asked.
};
std::vector<Result<Inspected>> inspect_with_answers(Host& host,
                                                    const std::vector<std::string>& typed);

/// "free" or by whom it is used, in one line.
std::string use_text(const DeviceSnapshot& snapshot);

}  // namespace quietus::app
