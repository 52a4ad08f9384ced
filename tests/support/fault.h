#pragma once
// Things that go wrong on a drive, said once and given to any queue or memory drive. What has
// happened is counted in memory shared with forked workers.

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include "base/range_set.h"
#include "host/io_queue.h"
#include "support/shared_memory.h"

namespace quietus::test {

enum class Fault {
    error,            ///< The request fails with FaultRule::error and changes nothing.
    short_transfer,   ///< One sector less than asked is transferred.
    dropped_write,    ///< Acknowledged, not done.
    stale_read,       ///< Acknowledged, the buffer is as it was.
    flipped_bit,      ///< A read brings one bit turned.
    flush_error,      ///< The drive does not acknowledge its flush.
    identity_change,  ///< From the n-th write on the descriptor speaks of another medium.
    exclusive_held,   ///< O_EXCL is refused.
    lock_held,        ///< Somebody else has the flock.
    partition_busy,   ///< A partition cannot be removed.
    kill_worker,      ///< The process that submits the request dies (SIGKILL).
    never_completes,  ///< The request stays in flight for ever.
};

struct FaultRule {
    Fault fault{Fault::error};
    IoKind on{IoKind::write};
    /// Requests that touch these bytes.
    Range where{0, std::numeric_limits<std::uint64_t>::max()};
    int error{EIO};
    std::uint64_t from{1};  ///< The n-th request that matches is the first it happens to.
    std::uint64_t times{std::numeric_limits<std::uint64_t>::max()};
};

/// The rules of one drive with their counters. Copies share the counters.
class Faults {
  public:
    Faults() : Faults{{}} {}
    explicit Faults(std::vector<FaultRule> rules);

    bool empty() const { return rules_.empty(); }
    /// The rule that strikes this request, if one does; counts.
    const FaultRule* strikes(const IoRequest& request) const;
    /// The same for what is no request: flush, lock, open.
    const FaultRule* strikes(Fault fault) const;
    /// How often rule `index` has struck, in whatever process.
    std::uint64_t count(std::size_t index = 0) const;
    bool has_changed_identity(std::uint64_t writes) const;

  private:
    struct Counter {
        std::atomic<std::uint64_t> met;
        std::atomic<std::uint64_t> struck;
    };
    const FaultRule* meet(std::size_t index) const;

    std::vector<FaultRule> rules_;
    std::shared_ptr<SharedArray<Counter>> counters_;
};

/// Passes requests on to `inner` and lets the rules strike.
std::unique_ptr<IoQueue> make_faulty_queue(std::unique_ptr<IoQueue> inner, Faults faults,
                                           std::uint32_t sector);

}  // namespace quietus::test
