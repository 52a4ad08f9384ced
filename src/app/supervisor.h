#pragma once
// The supervisor of all drives of a call: journal, progress and signals. It never opens, syncs or
// reads a device.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/fork_worker.h"
#include "app/observer.h"
#include "app/signals.h"
#include "app/state_dir.h"
#include "base/utc_time.h"
#include "engine/journal.h"
#include "guard/guard.h"
#include "host/host.h"
#include "record/erase_record.h"

namespace quietus::app {

/// Taking includes waiting 5 s for the flock and looking at everything again; a drive that needs
/// longer hangs (69).
inline constexpr int kTakeDeadlineMs = 30'000;
/// After a signal the workers have so long to end their step; then they are left behind.
inline constexpr int kStopDeadlineMs = 700;

/// What one drive's run left: its journal, and with it everything a record needs.
struct Ended {
    std::size_t index{0};  ///< Which plan of the call.
    engine::Journal* journal{nullptr};
    bool journal_failed{false};  ///< The state folder could not take what had to be written.
};

class Supervisor {
  public:
    Supervisor(Host& host, const Clock& clock, Observer& observer, Signals& signals,
               const StateDir& state);
    Supervisor(const Supervisor&) = delete;
    Supervisor& operator=(const Supervisor&) = delete;
    ~Supervisor();

    /// Starts a worker for each plan and waits until every one has its drive, or says why not. On
    /// success nothing is written yet. On failure (an objection anywhere, a drive that hangs, a
    /// signal) every drive has been let go, untouched.
    struct NotTaken {
        std::vector<std::vector<Objection>> objections;  ///< Per plan.
        std::optional<int> signal;
    };
    /// `forget_secrets` runs first in each worker: fork copies the signing keys, and locked pages
    /// are not locked there.
    tl::expected<void, NotTaken> take_all(std::vector<guard::ApprovedPlan> plans,
                                          const std::function<void()>& forget_secrets);

    /// Opens a journal per drive (`starts` are the records as known so far, one per plan), gives
    /// the word, and runs until the last has ended; `on_end` is called for each as it ends. Fails
    /// before the first write where a journal cannot be made.
    Result<void> run_all(const std::vector<EraseRecord>& starts,
                         const std::function<void(const Ended&)>& on_end);

  private:
    struct Drive;
    void release_all();
    void pump(int timeout_ms);
    void handle(Drive& drive, const Json& message);
    void journal_step(Drive& drive, const Json& message);
    void show_progress(Drive& drive, const Json& message);
    void lost(Drive& drive);
    void close(Drive& drive, bool hung);
    void stop_all(int signal);
    void write_status();
    bool every(bool (*holds)(const Drive&)) const;

    Host& host_;
    const Clock& clock_;
    Observer& observer_;
    Signals& signals_;
    const StateDir& state_;
    std::vector<std::unique_ptr<Drive>> drives_;
    const std::function<void(const Ended&)>* on_end_{nullptr};
    std::optional<int> stopped_by_;
    std::chrono::nanoseconds stop_deadline_{0};
    std::chrono::nanoseconds last_status_{0};
    std::string status_file_;
};

}  // namespace quietus::app
