#pragma once
// The I/O pipeline: keeps a queue of requests full while patterns are made and compared.

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/range_set.h"
#include "base/result.h"
#include "engine/pacer.h"
#include "engine/pattern_source.h"
#include "engine/request_order.h"
#include "host/io_queue.h"
#include "record/erase_record.h"

namespace quietus::engine {

/// What a step did to its extents. Nothing is assumed: `covered` holds what completed well and,
/// reading, was compared.
struct Coverage {
    RangeSet covered;
    RangeSet failed;      ///< What could not be done, after all that was to be tried.
    RangeSet mismatched;  ///< Reading only, in whole sectors.
    StepEnd end{StepEnd::completed};
    std::string cause;    ///< "write of 512 bytes at byte 4096: Input/output error", of the first.
    unsigned helpers{0};  ///< Threads that were called in, because one could not keep up.
    Pace pace;
};

/// Called between requests with what is covered so far; returns false to end as `interrupted`. Must
/// return at once.
using KeepGoing = std::function<bool(const RangeSet& covered)>;

/// More separate ranges of wrong bytes than this end a read-back: the drive is not erased, and its
/// record must stay readable.
inline constexpr std::size_t kMismatchRangesMax = 4096;

struct IoOptions {
    SectorSizes sectors{};
    /// How many threads may help with the buffers where one cannot keep up.
    unsigned helpers_max{0};
    /// Requests go at its pace and have at most its size; without one, as fast as they can.
    Pacer* pacer{nullptr};
    BadAreaPolicy bad_areas{};
    /// For deadlines and times; without one nothing has a deadline and nothing is timed.
    const Clock* clock{nullptr};
    /// A request that is not back by then is abandoned: the drive is `hung`. Zero: never.
    std::chrono::milliseconds request_deadline{0};
    /// Bytes a second: a step that does less over kSlowFor ends.
    std::optional<std::uint64_t> min_rate{};
    /// Is the drive still what it was? Asked, if given, where a request fails in a way that may
    /// mean that the kernel has taken the drive away; one that is not ends the step as
    /// `device_gone`. Must return at once.
    std::function<Result<void>()> still_there{};
};

inline constexpr std::chrono::seconds kSlowFor{60};

/// Writes the pattern over `extents` (sorted, multiples of the sector), everything that can be
/// written of them. Ends as `partial` where ranges could not be; as `io_error` where a limit of the
/// policy was passed or the drive refuses. Where it ends as `hung`, requests are in flight for
/// ever: queue, pattern and their memory must not be touched or freed any more.
Coverage write_extents(IoQueue& queue, PatternSource& pattern, const std::vector<Range>& extents,
                       const KeepGoing& keep_going, const IoOptions& options = {});

/// Reads `extents` and compares, in the same ways. Goes on past mismatches.
Coverage read_extents(IoQueue& queue, PatternSource& pattern, const std::vector<Range>& extents,
                      const KeepGoing& keep_going, const IoOptions& options = {});

}  // namespace quietus::engine
