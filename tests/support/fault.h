#pragma once
// Things that go wrong on a drive, said once: given to any queue, to the memory drive, and to the
// block device of tests/lab/faultfs, which reads rules as text. What has happened is counted in
// memory shared with forked workers.
//
// Of quietus this takes two type definitions and no code, so that faultfs links none of it.

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/range_set.h"
#include "host/io_queue.h"
#include "support/shared_memory.h"

namespace quietus::test {

enum class Fault {
    error,            ///< The request fails with FaultRule::error and changes nothing.
    short_transfer,   ///< One sector less than asked is transferred.
    dropped_write,    ///< Acknowledged, not done.
    torn_write,       ///< Acknowledged; only its first FaultRule::amount bytes are done.
    stale_read,       ///< Acknowledged; brings what was there before, not what is there.
    flipped_bit,      ///< One bit is turned, on its way in or out.
    silent_zeros,     ///< Acknowledged; zeros are kept, or brought, instead of the data.
    aliased,          ///< Address a means a modulo FaultRule::amount: a faked capacity.
    shrunken_size,    ///< Only FaultRule::amount bytes are left of the drive.
    latency,          ///< Nothing but FaultRule::delay_ms.
    never_completes,  ///< The request stays in flight for ever (faultfs: until the rules change).
    flush_error,      ///< The drive does not acknowledge its flush.
    identity_change,  ///< From the n-th write on the descriptor speaks of another medium.
    exclusive_held,   ///< O_EXCL is refused.
    lock_held,        ///< Somebody else has the flock.
    partition_busy,   ///< A partition cannot be removed.
    kill_worker,      ///< The process that submits the request dies (SIGKILL).
};

/// The weakest pass whose full read-back shows a fault, on a drive that held something else before.
enum class DetectableBy {
    zero,       ///< Any pass, one of zeros too; or the drive reports it itself.
    keystream,  ///< Only a pass that is different at every place.
    none,       ///< No pass: it harms no data, or something else has to notice (guard, watchdog).
};

/// Which requests a fault can happen to.
enum class Strikes { reads, writes, as_the_rule_says, both, no_request };

struct FaultKind {
    Fault fault{Fault::error};
    std::string_view name;
    DetectableBy detectable_by{DetectableBy::none};
    Strikes strikes{Strikes::no_request};
    bool on_block_device{false};   ///< faultfs can do it; the memory host can do all.
    std::string_view amount_is{};  ///< What FaultRule::amount counts; empty: not used.
};

/// Every kind, in the order of the enumeration.
std::span<const FaultKind> fault_kinds();
const FaultKind& kind_of(Fault fault);
std::string_view to_string(DetectableBy by);

struct FaultRule {
    Fault fault{Fault::error};
    IoKind on{IoKind::write};
    /// Requests that touch these bytes. The memory host applies a fault to the whole request,
    /// faultfs a dropped write, stale read or silent zeros to these bytes of it only.
    Range where{0, std::numeric_limits<std::uint64_t>::max()};
    int error{EIO};
    std::uint64_t from{1};  ///< The n-th request that matches is the first it happens to.
    std::uint64_t times{std::numeric_limits<std::uint64_t>::max()};
    std::uint64_t amount{0};    ///< Bytes; what they are depends on the kind.
    std::uint64_t delay_ms{0};  ///< Before the request is answered, whatever the kind.
};

/// `KIND [on=read|write] [where=FIRST+COUNT] [from=N] [times=N] [errno=NAME|N] [amount=N]
/// [delay_ms=N]`; what has its default is left out.
std::string to_string(const FaultRule& rule);
/// Takes what to_string writes, in any order; else nothing, and `why` says why not.
std::optional<FaultRule> parse_fault_rule(std::string_view text, std::string& why);

/// The rules of one drive with their counters. Copies share the counters.
class Faults {
  public:
    Faults() : Faults{{}} {}
    explicit Faults(std::vector<FaultRule> rules);

    bool empty() const { return rules_.empty(); }
    const std::vector<FaultRule>& rules() const { return rules_; }
    /// The rule that strikes this request, if one does; counts.
    const FaultRule* strikes(const IoRequest& request) const;
    /// The same for what is no request: flush, lock, open.
    const FaultRule* strikes(Fault fault) const;
    /// How often rule `index` has struck, in whatever process.
    std::uint64_t count(std::size_t index = 0) const;
    /// How many requests it could have struck so far.
    std::uint64_t met(std::size_t index = 0) const;
    bool has_changed_identity(std::uint64_t writes) const;
    /// The size that is left, once a request beyond it has failed.
    std::optional<std::uint64_t> has_shrunk_to() const;

  private:
    struct Counter {
        std::atomic<std::uint64_t> met;
        std::atomic<std::uint64_t> struck;
    };
    const FaultRule* meet(std::size_t index) const;

    std::vector<FaultRule> rules_;
    std::shared_ptr<SharedArray<Counter>> counters_;
};

/// What a faulty queue needs of the world; a test may put its own in the place of each.
struct Surroundings {
    std::function<std::chrono::nanoseconds()> now;
    /// Nothing can come back before so many milliseconds are over; -1: nothing at all will.
    std::function<void(int timeout_ms)> wait;
    std::function<void()> die;  ///< For Fault::kill_worker.
};
/// The machine's clock, poll(2) and SIGKILL.
Surroundings real_surroundings();

/// Passes requests on to `inner` and lets the rules strike.
std::unique_ptr<IoQueue> make_faulty_queue(std::unique_ptr<IoQueue> inner, Faults faults,
                                           std::uint32_t sector,
                                           Surroundings surroundings = real_surroundings());

}  // namespace quietus::test
