#pragma once
// How long a plan may take, from rates we assume and have not measured.

#include <cstddef>
#include <cstdint>
#include <string>

#include "device/snapshot.h"
#include "plan/goal.h"

namespace quietus {

struct Estimate {
    std::uint64_t seconds{0};
    std::string basis;  ///< "assumed 150 MB/s for a hdd, not measured"
    friend bool operator==(const Estimate&, const Estimate&) = default;
};

/// Time for `passes` overwriting passes and the read-back asked for. Never fails; 0 for an empty
/// drive.
Estimate estimate(const DeviceSnapshot& target, std::size_t passes, VerifyMode verify);

}  // namespace quietus
