#pragma once
// Threads that help the one that drives a queue: they fill and compare buffers when it alone cannot
// keep the drive busy.

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/range_set.h"
#include "base/result.h"

namespace quietus::engine {

/// One buffer to fill or to compare.
struct Work {
    unsigned slot{0};
    Range extent;
};

/// What became of it. A failure fails the pass.
struct WorkDone {
    Work work;
    Result<void> outcome;
    RangeSet mismatched;  ///< Reading only.
};

using Craft = std::function<WorkDone(const Work&)>;

/// Work that waits, and whoever does it. Owned and asked by one thread, the driver, which does the
/// work itself; helpers are started when they are first called for and sleep while there is nothing
/// to do, so a slow drive never has one.
class Crew {
  public:
    /// `own` is the driver's craft. `hire` gives a helper a craft of its own (nothing shared with
    /// another thread), or nothing where the work cannot be shared.
    Crew(Craft own, std::function<Craft()> hire, unsigned helpers_max);
    Crew(const Crew&) = delete;
    Crew& operator=(const Crew&) = delete;
    /// Waits for what helpers are doing.
    ~Crew();

    void add(const Work& work);
    /// Asks for one more piece of what waits to be done by a helper; where all have their hands
    /// full and there may be more of them, another is started.
    void call_for_help();
    /// Does one piece of the waiting work here and now; nothing where none waits.
    std::optional<WorkDone> do_one();
    /// What helpers have finished since the last call.
    std::vector<WorkDone> finished();
    /// Returns once a helper has finished something, or after `timeout_ms`.
    void wait_for_helpers(int timeout_ms);
    /// Takes the waiting work back: it is not done any more.
    void drop_waiting();

    std::size_t waiting() const;
    /// In the hands of helpers, or finished by them and not yet asked for.
    std::size_t with_helpers() const;
    unsigned helpers() const { return static_cast<unsigned>(threads_.size()); }

  private:
    void help(const Craft& craft);

    Craft own_;
    std::function<Craft()> hire_;
    unsigned helpers_max_;
    mutable std::mutex mutex_;
    std::condition_variable called_;
    std::condition_variable something_finished_;
    std::deque<Work> waiting_;
    std::vector<WorkDone> finished_;
    unsigned in_hand_{0};
    std::size_t calls_{0};  ///< How many pieces helpers may still take.
    bool over_{false};
    std::vector<std::thread> threads_;
};

/// The processors there are for one drive's helpers, besides its driver.
unsigned helpers_possible();

}  // namespace quietus::engine
