#include "engine/request_watch.h"

#include <algorithm>
#include <utility>

namespace quietus::engine {

namespace {

// Which part of the addresses byte `at` of `end` lies in, without wrapping.
std::size_t part_of(std::uint64_t at, std::uint64_t end) {
    const std::uint64_t width = end / kPaceParts + (end % kPaceParts != 0 ? 1 : 0);
    return std::min<std::size_t>(at / std::max<std::uint64_t>(width, 1), kPaceParts - 1);
}

}  // namespace

RequestWatch::RequestWatch(const Clock* clock, unsigned slots, std::uint64_t end)
    : clock_{clock}, end_{end}, out_(slots) {
    if (clock_ != nullptr) last_back_ = span_began_ = clock_->monotonic();
}

void RequestWatch::sent(unsigned slot, const Range& request) {
    if (clock_ != nullptr) out_[slot] = Out{.request = request, .since = clock_->monotonic()};
}

std::chrono::nanoseconds RequestWatch::back(unsigned slot, bool well) {
    if (clock_ == nullptr || !out_[slot]) return std::chrono::nanoseconds{0};
    const Out out = *std::exchange(out_[slot], std::nullopt);
    const auto now = clock_->monotonic();
    // Requests overlap: a part has the time since the last one came back, wherever that was.
    Part& part = parts_[part_of(out.request.first, end_)];
    part.took += now - last_back_;
    if (well) {
        part.bytes += out.request.count;
        span_bytes_ += out.request.count;
    }
    last_back_ = now;
    slowest_ = std::max(slowest_, now - out.since);
    return now - out.since;
}

std::optional<Range> RequestWatch::overdue(std::chrono::nanoseconds deadline) const {
    const Out* oldest = nullptr;
    for (const auto& out : out_) {
        if (out && (oldest == nullptr || out->since < oldest->since)) oldest = &*out;
    }
    if (oldest == nullptr || clock_->monotonic() - oldest->since <= deadline) return std::nullopt;
    return oldest->request;
}

std::optional<std::uint64_t> RequestWatch::rate_over(std::chrono::nanoseconds span) {
    const auto took = clock_->monotonic() - span_began_;
    if (took < span) return std::nullopt;
    span_began_ += took;
    const auto seconds = static_cast<double>(took.count()) / 1e9;
    return static_cast<std::uint64_t>(static_cast<double>(std::exchange(span_bytes_, 0)) / seconds);
}

Pace RequestWatch::pace() const {
    Pace pace;
    pace.slowest_ms = static_cast<std::uint64_t>(slowest_.count() / 1'000'000);
    for (const Part& part : parts_) {
        const auto seconds =
            static_cast<double>(std::max<std::int64_t>(part.took.count(), 1)) / 1e9;
        const auto kib = static_cast<double>(part.bytes) / 1024;
        pace.kib_per_s.push_back(static_cast<std::uint64_t>(kib / seconds));
    }
    if (clock_ == nullptr) pace.kib_per_s.clear();
    return pace;
}

}  // namespace quietus::engine
