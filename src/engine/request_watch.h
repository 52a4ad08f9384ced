#pragma once
// How long requests take: for deadlines, and for what the record says of a drive's pace.

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/range_set.h"
#include "base/utc_time.h"
#include "record/erase_record.h"

namespace quietus::engine {

/// The requests of one step, by slot. One thread; without a clock it measures nothing.
class RequestWatch {
  public:
    /// `end`: one past the last byte of the step's extents.
    RequestWatch(const Clock* clock, unsigned slots, std::uint64_t end);

    void sent(unsigned slot, const Range& request);
    /// It came back: how long it was out.
    std::chrono::nanoseconds back(unsigned slot, bool well);
    /// The request that has been out longest, where that is longer than `deadline`.
    std::optional<Range> overdue(std::chrono::nanoseconds deadline) const;
    /// Bytes a second since the last time it told, once that is `span` ago; nothing before.
    std::optional<std::uint64_t> rate_over(std::chrono::nanoseconds span);
    /// Speeds and the slowest request so far; what failed is for others to count.
    Pace pace() const;

  private:
    struct Out {
        Range request;
        std::chrono::nanoseconds since{0};
    };
    struct Part {
        std::uint64_t bytes{0};
        std::chrono::nanoseconds took{0};
    };

    const Clock* clock_;
    std::uint64_t end_;
    std::vector<std::optional<Out>> out_;
    std::array<Part, kPaceParts> parts_{};
    std::chrono::nanoseconds last_back_{0};
    std::chrono::nanoseconds span_began_{0};
    std::uint64_t span_bytes_{0};
    std::chrono::nanoseconds slowest_{0};
};

}  // namespace quietus::engine
