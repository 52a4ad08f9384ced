#pragma once
// One drive of a call as its supervisor sees it: its worker, what that says, its journal, its end.

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/erase_worker.h"
#include "app/fork_worker.h"
#include "app/observer.h"
#include "base/json.h"
#include "base/utc_time.h"
#include "engine/events.h"
#include "engine/journal.h"

namespace quietus::app {

/// After being told to stop, a worker has so long to end its step; then it is killed, and left
/// behind where that does not end it.
inline constexpr int kStopDeadlineMs = 700;

enum class StopCause {
    signal,    ///< SIGINT, SIGTERM or SIGHUP: of the whole call.
    deadline,  ///< --deadline has passed.
    request,   ///< quietus stop, for this drive.
};

/// What one drive's run left: its journal, and with it everything a record needs.
struct Ended {
    std::size_t index{0};  ///< Which plan of the call.
    engine::Journal* journal{nullptr};
    bool journal_failed{false};  ///< The state folder could not take what had to be written.
    std::optional<StopCause> stopped;
};

class SupervisedDrive {
  public:
    enum class State { taking, taken, refused, running, ended };

    SupervisedDrive(std::size_t index, Plan plan, const RunLimits& limits, const Clock& clock,
                    Observer& observer);

    std::size_t index() const { return index_; }
    State state() const { return state_; }
    const std::string& path() const { return plan_.target.path; }
    const Progress& progress() const { return progress_; }
    std::vector<Objection>& objections() { return objections_; }
    Ended ended();

    /// The worker is there, or could not be made (then the drive is refused).
    void watch(Result<ForkedWorker> worker);
    /// In a sibling's process: lets go of what was inherited.
    void forget_in_child();
    /// What to poll; -1 where nothing is to come.
    int descriptor() const;
    /// Takes what the worker has said since.
    void receive();

    /// It did not answer while it was to take the drive: refused, and its worker killed.
    void give_up_taking();
    /// Nothing is to be erased after all: the worker puts the partitions back and ends.
    void release();

    Result<void> open_journal(const std::string& path, const EraseRecord& start);
    void remove_journal();
    /// Its call writes from now on: whatever becomes of it before its turn is an end, no refusal.
    void enter_run() { in_run_ = true; }
    /// The word: from here on the drive is altered.
    void begin();
    /// Ends it as interrupted, running or waiting for its turn. The first cause counts.
    void stop(StopCause cause, std::optional<int> signal);
    bool is_stopped() const { return stopped_.has_value(); }
    /// Told to stop, and has not within kStopDeadlineMs.
    bool overdue() const;
    /// Running, and has not said a word for longer than any request or flush may take: it is stuck
    /// in the kernel.
    bool is_silent() const;
    /// Kills the worker; one that does not die is left behind, and its drive recorded as hung.
    void abandon();

  private:
    void handle(const Json& message);
    void journal_step(const Json& message);
    void show_progress(const Json& message);
    void lost();
    void close(bool hung);
    void send(Command command);

    std::size_t index_;
    Plan plan_;
    const Clock& clock_;
    Observer& observer_;
    State state_{State::taking};
    std::optional<ForkedWorker> worker_;
    LineReader reader_;
    std::vector<Objection> objections_;
    std::optional<engine::Journal> journal_;
    bool journal_failed_{false};
    bool in_run_{false};
    bool begun_{false};
    bool altered_{false};  ///< A step has begun: bytes of the drive may be new ones.
    bool finished_{false};
    engine::Closing closing_;
    Progress progress_;
    std::chrono::nanoseconds request_patience_;
    std::chrono::nanoseconds patience_;  ///< With what it does now.
    std::chrono::nanoseconds last_heard_{0};
    std::chrono::nanoseconds step_began_{0};
    std::optional<StopCause> stopped_;
    std::optional<int> signal_;
    std::chrono::nanoseconds stop_deadline_{0};
};

}  // namespace quietus::app
