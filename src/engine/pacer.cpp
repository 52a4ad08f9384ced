#include "engine/pacer.h"

#include <algorithm>

namespace quietus::engine {

namespace {

constexpr std::uint64_t kRequestsPerSecond = 8;
constexpr std::uint64_t kPage = 4096;
constexpr std::uint64_t kNanosecond = 1'000'000'000;
// Waits are whole milliseconds, and come back late on a busy machine: so much may be caught up.
constexpr std::chrono::milliseconds kCatchUp{20};

// bytes / rate in nanoseconds, without wrapping for any request that fits in memory.
std::chrono::nanoseconds time_for(std::uint64_t bytes, std::uint64_t rate) {
    const std::uint64_t whole = bytes / rate * kNanosecond;
    return std::chrono::nanoseconds{whole + bytes % rate * kNanosecond / rate};
}

}  // namespace

std::size_t paced_request_size(std::uint64_t rate, std::size_t request_size, std::uint32_t sector) {
    const std::uint64_t unit = std::max<std::uint64_t>(kPage, sector);
    const std::uint64_t wanted = rate / kRequestsPerSecond / unit * unit;
    return std::min<std::size_t>(request_size, std::max(unit, wanted));
}

Pacer::Pacer(const Clock& clock, std::optional<std::uint64_t> rate, std::size_t request_size,
             Pause pause)
    : clock_{clock}, rate_{rate}, request_size_{request_size}, pause_{std::move(pause)} {}

std::chrono::milliseconds Pacer::until_next() const {
    const auto now = clock_.monotonic();
    if (!rate_ || now >= next_) return std::chrono::milliseconds{0};
    return std::chrono::ceil<std::chrono::milliseconds>(next_ - now);
}

void Pacer::sent(std::uint64_t bytes) {
    if (rate_) next_ = std::max(next_, clock_.monotonic() - kCatchUp) + time_for(bytes, *rate_);
}

}  // namespace quietus::engine
