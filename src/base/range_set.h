#pragma once
// A set of byte (or block) positions kept as sorted, disjoint, non-touching ranges.

#include <cstdint>
#include <vector>

namespace quietus {

/// [first, first + count).
struct Range {
    std::uint64_t first{0};
    std::uint64_t count{0};
    std::uint64_t end() const { return first + count; }
    friend bool operator==(const Range&, const Range&) = default;
};

class RangeSet {
  public:
    RangeSet() = default;

    /// Adds a range; empty ranges change nothing. `first + count` must not wrap (QUIETUS_CHECK).
    void add(Range range);
    void add(const RangeSet& other);
    void subtract(Range range);

    bool contains(std::uint64_t position) const;
    /// Is any position of `range` in the set?
    bool intersects(Range range) const;
    bool empty() const { return ranges_.empty(); }
    std::uint64_t total() const;
    const std::vector<Range>& ranges() const { return ranges_; }

    /// What of [0, size) is not in the set.
    RangeSet complement(std::uint64_t size) const;

    friend bool operator==(const RangeSet&, const RangeSet&) = default;

  private:
    std::vector<Range> ranges_;
};

}  // namespace quietus
