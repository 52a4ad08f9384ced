#pragma once
// Which request comes next: big sweeps first, then what failed, in ever smaller pieces, so that a
// drive that is dying gives up the most first. No I/O: it is told what became of each request.
//
// The phases are those of GNU ddrescue's manual ("Algorithm": copying, trimming, scraping,
// retrying), with bisection in the place of trimming and scraping.

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/range_set.h"

namespace quietus::engine {

/// How far a run goes for the sake of a bad area.
struct BadAreaPolicy {
    bool backward{false};  ///< The first sweep goes from the end of the drive to its beginning.
    /// More tries of a logical sector, where the error may pass.
    unsigned retries{1};
    /// What the requests within one failed request of the sweep may take together; what is left of
    /// it then is given up, and the drive is not erased.
    std::chrono::milliseconds region_time{std::chrono::minutes{5}};
    /// Failed requests of one step; then it ends. At 20 µs each (a drive that is offline) that is
    /// 5 s, and 20 MiB of memory.
    std::uint64_t failed_requests_max{250'000};
    /// Separate ranges given up; then the step ends: its record must stay readable.
    std::size_t ranges_max{4096};
    /// More than one part in this many of the extents given up is no exception: the drive is not
    /// erased.
    std::uint64_t given_up_share{10};
    friend bool operator==(const BadAreaPolicy&, const BadAreaPolicy&) = default;
};

/// May the same request succeed when it is sent again?
enum class Setback { transient, permanent };

struct SectorSizes {
    std::uint32_t logical{512};
    std::uint32_t physical{512};  ///< A multiple of `logical`.
};

/// At most 2 + log2(request / logical sector) requests fail for a bad sector that stands alone,
/// with one retry. One thread.
class RequestOrder {
  public:
    /// `extents` sorted, disjoint, multiples of the logical sector.
    RequestOrder(const std::vector<Range>& extents, std::size_t request_size, SectorSizes sectors,
                 BadAreaPolicy policy);

    /// The next request; nothing where all have been handed out, or what comes next depends on
    /// those that are out.
    std::optional<Range> next();
    /// What became of a request that next() gave. `failed` says whether that was the last try of
    /// its range.
    void came_back(const Range& request, std::chrono::nanoseconds took);
    bool failed(const Range& request, Setback setback, std::chrono::nanoseconds took);

    /// Nothing is out and nothing is left to hand out.
    bool at_end() const;
    /// Whole requests are still to come: one thread may be too slow for them.
    bool sweeping() const { return !sweep_.empty() || !skipped_.empty(); }
    /// What could not be done.
    const RangeSet& given_up() const { return given_up_; }
    /// That, and what failed and was not tried to the end: of a step that ended early.
    RangeSet failed_so_far() const;
    /// The step must end now: why; empty where it may go on.
    const std::string& hopeless() const { return hopeless_; }
    /// Areas were given up because of a limit, not because all was tried: why; empty where none.
    const std::string& limit_passed() const { return limit_passed_; }
    std::uint64_t failed_requests() const { return failed_requests_; }
    std::uint64_t retried() const { return retried_; }

  private:
    struct Piece {
        Range range;
        std::optional<std::size_t> region{};  ///< None: it was good, and is asked again.
        unsigned tries{0};                    ///< Of just this range, so far.
    };
    struct BigFirst {
        bool backward;
        bool operator()(const Piece& a, const Piece& b) const;
    };

    std::optional<Range> next_of_sweep();
    std::optional<Range> next_piece();
    bool touches_what_is_out(const Range& range) const;
    std::optional<Range> probe();
    void skip_ahead();
    void split(const Piece& piece);
    void give_up(const Range& range);
    void charge(std::size_t region, std::chrono::nanoseconds took);
    void give_up_region(std::size_t region);
    void look_for_hope();

    std::size_t request_size_;
    SectorSizes sectors_;
    BadAreaPolicy policy_;
    std::uint64_t skip_max_;
    std::deque<Range> sweep_;
    std::deque<Range> skipped_;
    bool backward_;
    bool may_skip_{true};
    unsigned misses_{0};  ///< Sweep requests that failed in a row.
    std::set<Piece, BigFirst> pieces_;
    std::map<std::uint64_t, Piece> out_;           ///< Pieces handed out, by their first byte.
    std::uint64_t sweep_out_{0};                   ///< Sweep requests handed out.
    std::vector<std::chrono::nanoseconds> spent_;  ///< By region.
    std::uint64_t failed_in_a_row_{0};
    std::optional<Range> last_good_;
    bool probing_{false};
    std::uint64_t total_;
    RangeSet given_up_;
    std::uint64_t given_up_bytes_{0};
    std::string hopeless_;
    std::string limit_passed_;
    std::uint64_t failed_requests_{0};
    std::uint64_t retried_{0};
};

}  // namespace quietus::engine
