#include "plan/estimate.h"

#include <limits>

namespace quietus {

namespace {

constexpr std::uint64_t kMBps = 1'000'000;

// Mean of outer and inner tracks of a current 7200 rpm drive; old or 5400 rpm drives are slower.
constexpr std::uint64_t kRotationalRate = 150 * kMBps;
// Below what a SATA 6 Gb/s link carries: sustained writes outlast the fast part of most flash.
constexpr std::uint64_t kSolidStateRate = 400 * kMBps;
// A file on such a drive, with a file system between.
constexpr std::uint64_t kVirtualRate = 300 * kMBps;
// A cautious guess for what we cannot name, and for what a USB bridge lets through.
constexpr std::uint64_t kUnknownRate = 100 * kMBps;
// Sampling reads at least a tenth (NIST SP 800-88r1 section 4.7.3, withdrawn).
constexpr std::uint64_t kSampleDivisor = 10;

std::uint64_t assumed_rate(const DeviceSnapshot& target) {
    if (is_virtual(target.transport)) return kVirtualRate;
    if (target.transport == Transport::usb || target.transport == Transport::mmc) {
        return kUnknownRate;
    }
    switch (target.medium) {
        case Medium::rotational:
            return kRotationalRate;
        case Medium::solid_state:
            return kSolidStateRate;
        case Medium::virtual_device:
            return kVirtualRate;
        case Medium::unknown:
            return kUnknownRate;
    }
    return kUnknownRate;
}

std::uint64_t divided_up(std::uint64_t value, std::uint64_t by) {
    return value / by + (value % by == 0 ? 0 : 1);
}

constexpr std::uint64_t kForever = std::numeric_limits<std::uint64_t>::max();

std::uint64_t times(std::uint64_t seconds, std::size_t count) {
    return checked_mul(seconds, count).value_or(kForever);
}

std::uint64_t plus(std::uint64_t a, std::uint64_t b) {
    return checked_add(a, b).value_or(kForever);
}

}  // namespace

Work work_of(std::span<const Step> steps) {
    Work work;
    for (const Step& step : steps) {
        const auto* read_back = std::get_if<ReadBack>(&step);
        if (std::holds_alternative<OverwritePass>(step))
            ++work.passes;
        else if (read_back == nullptr)
            continue;  // markers are small; how long a drive takes for itself is not assumed
        else if (read_back->mode == VerifyMode::sample)
            ++work.sampled;
        else
            ++work.read_in_full;
    }
    return work;
}

Estimate estimate(const DeviceSnapshot& target, const Work& work) {
    const std::uint64_t rate = assumed_rate(target);
    const std::uint64_t size = target.geometry.size.bytes;
    const std::uint64_t whole = divided_up(size, rate);
    const std::uint64_t sample = divided_up(divided_up(size, kSampleDivisor), rate);
    return {.seconds = plus(times(whole, work.passes),
                            plus(times(whole, work.read_in_full), times(sample, work.sampled))),
            .basis = "assumed " + std::to_string(rate / kMBps) + " MB/s for " +
                     to_string(target.medium) + " over " + to_string(target.transport) +
                     ", not measured"};
}

}  // namespace quietus
