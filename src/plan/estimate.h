#pragma once
// How long a plan may take, from rates we assume and have not measured.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "device/snapshot.h"
#include "plan/plan.h"

namespace quietus {

struct Estimate {
    std::uint64_t seconds{0};
    std::string basis;  ///< "assumed 150 MB/s for a hdd, not measured"
    friend bool operator==(const Estimate&, const Estimate&) = default;
};

/// How often the whole drive is written and read.
struct Work {
    std::size_t passes{0};
    std::size_t read_in_full{0};
    std::size_t sampled{0};
};
Work work_of(std::span<const Step> steps);

/// Time for that much work. Never fails; 0 for an empty drive.
Estimate estimate(const DeviceSnapshot& target, const Work& work);

}  // namespace quietus
