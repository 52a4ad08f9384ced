#include "base/range_set.h"

#include <algorithm>

#include "base/result.h"
#include "base/units.h"

namespace quietus {

void RangeSet::add(Range range) {
    if (range.count == 0) return;
    QUIETUS_CHECK(checked_add(range.first, range.count).has_value());
    // Everything that overlaps or touches the new range melts into it.
    const auto begin =
        std::lower_bound(ranges_.begin(), ranges_.end(), range.first,
                         [](const Range& r, std::uint64_t first) { return r.end() < first; });
    auto end = begin;
    std::uint64_t first = range.first;
    std::uint64_t last = range.end();
    while (end != ranges_.end() && end->first <= last) {
        first = std::min(first, end->first);
        last = std::max(last, end->end());
        ++end;
    }
    ranges_.insert(ranges_.erase(begin, end), Range{first, last - first});
}

void RangeSet::add(const RangeSet& other) {
    for (const Range& range : other.ranges_) add(range);
}

void RangeSet::subtract(Range range) {
    if (range.count == 0) return;
    std::vector<Range> kept;
    for (const Range& r : ranges_) {
        if (r.first < range.first)
            kept.push_back({r.first, std::min(r.end(), range.first) - r.first});
        if (r.end() > range.end()) {
            const std::uint64_t first = std::max(r.first, range.end());
            kept.push_back({first, r.end() - first});
        }
    }
    ranges_ = std::move(kept);
}

bool RangeSet::intersects(Range range) const {
    const auto next =
        std::lower_bound(ranges_.begin(), ranges_.end(), range.first,
                         [](const Range& r, std::uint64_t at) { return r.end() <= at; });
    return next != ranges_.end() && range.count != 0 && next->first < range.end();
}

bool RangeSet::contains(std::uint64_t position) const {
    const auto at = std::upper_bound(ranges_.begin(), ranges_.end(), position,
                                     [](std::uint64_t p, const Range& r) { return p < r.first; });
    return at != ranges_.begin() && position < std::prev(at)->end();
}

std::uint64_t RangeSet::total() const {
    std::uint64_t sum = 0;
    for (const Range& range : ranges_) sum += range.count;
    return sum;
}

RangeSet RangeSet::complement(std::uint64_t size) const {
    RangeSet rest;
    rest.add({0, size});
    for (const Range& range : ranges_) rest.subtract(range);
    return rest;
}

}  // namespace quietus
