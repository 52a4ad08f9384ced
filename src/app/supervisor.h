#pragma once
// The supervisor of all drives of a call: who runs when, signals, deadline and requests to stop. It
// never opens, syncs or reads a device.

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "app/control_socket.h"
#include "app/observer.h"
#include "app/signals.h"
#include "app/state_dir.h"
#include "app/supervised_drive.h"
#include "base/utc_time.h"
#include "guard/guard.h"
#include "host/host.h"
#include "record/erase_record.h"

namespace quietus::app {

/// Taking includes waiting 5 s for the flock and looking at everything again; a drive that needs
/// longer hangs (69).
inline constexpr int kTakeDeadlineMs = 30'000;

struct SupervisorOptions {
    unsigned parallel{1};  ///< Written at a time; the others wait, taken.
    /// On the monotonic clock.
    std::optional<std::chrono::nanoseconds> deadline;
};

class Supervisor {
  public:
    Supervisor(Host& host, const Clock& clock, Observer& observer, Signals& signals,
               const StateDir& state, SupervisorOptions options);
    Supervisor(const Supervisor&) = delete;
    Supervisor& operator=(const Supervisor&) = delete;
    ~Supervisor();

    /// Starts a worker for each plan and waits until every one has its drive, or says why not. On
    /// success nothing is written yet; the objections per plan are all empty, or, with
    /// `skip_refused`, those of the drives that are left out, and at least one drive is taken. On
    /// failure (an objection anywhere, a drive that hangs, a signal) every drive has been let go,
    /// untouched.
    using Objections = std::vector<std::vector<Objection>>;  ///< Per plan.
    struct NotTaken {
        Objections objections;
        std::optional<int> signal;
    };
    /// `forget_secrets` runs first in each worker: fork copies the signing keys, and locked pages
    /// are not locked there.
    /// `how`: the limits of each plan's run, and what earlier runs of it leave.
    using Options = std::vector<engine::RunOptions>;
    tl::expected<Objections, NotTaken> take_all(std::vector<guard::ApprovedPlan> plans, Options how,
                                                const std::function<void()>& forget_secrets,
                                                bool skip_refused);

    /// Opens a journal per drive that was taken (`starts` are the records as known so far, one per
    /// plan), gives the word to as many as may run, and to the next as each ends; `on_end` is
    /// called for each as it ends. Fails before the first write where a journal cannot be made
    /// (`config`), the deadline has passed (`busy`), or a signal came.
    Result<void> run_all(const std::vector<EraseRecord>& starts,
                         const std::function<void(const Ended&)>& on_end);

  private:
    using State = SupervisedDrive::State;
    void start_workers(std::vector<guard::ApprovedPlan> plans, Options how,
                       const std::function<void()>& forget_secrets);
    void release_all();
    Result<void> prepare_run(const std::vector<EraseRecord>& starts);
    void pump(int timeout_ms);
    void begin_next();
    void stop_those_that_must();
    void tell_of_ended(const std::function<void(const Ended&)>& on_end);
    void stop_all(StopCause cause, std::optional<int> signal);
    void serve_requests();
    void answer_waiting(const SupervisedDrive& drive);
    void write_status(bool now);
    bool past_deadline() const;
    std::vector<SupervisedDrive*> in(State state) const;

    Host& host_;
    const Clock& clock_;
    Observer& observer_;
    Signals& signals_;
    const StateDir& state_;
    SupervisorOptions options_;
    std::vector<std::unique_ptr<SupervisedDrive>> drives_;
    std::set<std::size_t> told_;  ///< Drives whose end on_end knows of.
    std::optional<int> signal_;
    std::optional<ControlSocket> control_;
    std::map<std::uint64_t, std::size_t> waiting_;  ///< Who asked for the end of which drive.
    std::chrono::nanoseconds last_status_{0};
};

}  // namespace quietus::app
