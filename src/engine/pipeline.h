#pragma once
// The I/O pipeline: keeps a queue of requests full while patterns are made and compared.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/range_set.h"
#include "base/result.h"
#include "engine/pacer.h"
#include "engine/pattern_source.h"
#include "host/io_queue.h"
#include "record/erase_record.h"

namespace quietus::engine {

/// What a step did to its extents. Nothing is assumed: `covered` holds what completed well and,
/// reading, was compared.
struct Coverage {
    RangeSet covered;
    RangeSet failed;      ///< Requests the device answered with an error, or short.
    RangeSet mismatched;  ///< Reading only, in whole sectors.
    StepEnd end{StepEnd::completed};
    std::string cause;    ///< "write at byte 4096: Input/output error"; empty where completed.
    unsigned helpers{0};  ///< Threads that were called in, because one could not keep up.
};

/// Called between requests with what is covered so far; returns false to end as `interrupted`. Must
/// return at once.
using KeepGoing = std::function<bool(const RangeSet& covered)>;

/// More separate ranges of wrong bytes than this end a read-back: the drive is not erased, and its
/// record must stay readable.
inline constexpr std::size_t kMismatchRangesMax = 4096;

/// Writes the pattern over `extents` (sorted, multiples of the sector). Ends at the first error,
/// after the requests in flight have come back.
/// `helpers_max`: how many threads may help to fill buffers where one cannot keep up. With a pacer,
/// requests go at its pace and have at most its size; without, as fast as they can.
Coverage write_extents(IoQueue& queue, PatternSource& pattern, const std::vector<Range>& extents,
                       const KeepGoing& keep_going, unsigned helpers_max = 0,
                       Pacer* pacer = nullptr);

/// Reads `extents` and compares. Goes on past mismatches, ends at the first read error.
Coverage read_extents(IoQueue& queue, PatternSource& pattern, const std::vector<Range>& extents,
                      std::uint32_t sector, const KeepGoing& keep_going, unsigned helpers_max = 0,
                      Pacer* pacer = nullptr);

}  // namespace quietus::engine
