#include "engine/request_watch.h"

#include <algorithm>
#include <utility>

namespace quietus::engine {

namespace {

// Shorter than this nothing is said of a speed by itself.
constexpr std::chrono::milliseconds kShortestSpan{10};

// Which part of the addresses byte `at` of `end` lies in, without wrapping.
std::size_t part_of(std::uint64_t at, std::uint64_t end) {
    const std::uint64_t width = end / kPaceParts + (end % kPaceParts != 0 ? 1 : 0);
    return std::min<std::size_t>(at / std::max<std::uint64_t>(width, 1), kPaceParts - 1);
}

std::uint64_t kib_per_s(std::uint64_t bytes, std::chrono::nanoseconds took) {
    const auto seconds = static_cast<double>(std::max<std::int64_t>(took.count(), 1)) / 1e9;
    return static_cast<std::uint64_t>(static_cast<double>(bytes) / 1024 / seconds);
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

// Requests come back in bunches: a part alone may have taken no time at all, and its speed would be
// invented. So neighbours are taken together until there is time enough to speak of a speed.
Pace RequestWatch::pace() const {
    Pace pace;
    pace.slowest_ms = static_cast<std::uint64_t>(slowest_.count() / 1'000'000);
    if (clock_ == nullptr) return pace;
    pace.kib_per_s.assign(kPaceParts, 0);
    Part together;
    std::size_t first = 0;
    std::size_t last_first = 0;  // of the group before, which a short rest joins
    Part before;
    const auto tell = [&](std::size_t from, std::size_t end, const Part& group) {
        for (std::size_t i = from; i < end; ++i)
            pace.kib_per_s[i] = parts_[i].bytes == 0 ? 0 : kib_per_s(group.bytes, group.took);
    };
    for (std::size_t i = 0; i < kPaceParts; ++i) {
        together.bytes += parts_[i].bytes;
        together.took += parts_[i].took;
        if (together.took < kShortestSpan) continue;
        tell(first, i + 1, together);
        last_first = std::exchange(first, i + 1);
        before = std::exchange(together, Part{});
    }
    tell(last_first, kPaceParts,
         Part{.bytes = before.bytes + together.bytes, .took = before.took + together.took});
    return pace;
}

}  // namespace quietus::engine
