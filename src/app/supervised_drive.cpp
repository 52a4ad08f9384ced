#include "app/supervised_drive.h"

#include <unistd.h>

#include "base/file.h"
#include "plan/json.h"
#include "record/json.h"

namespace quietus::app {

namespace {

// A killed worker that is not stuck in the kernel is gone within this; with kStopDeadlineMs it
// stays below a second.
constexpr std::chrono::milliseconds kKilledPatience{200};

// The worker itself finds a request that is overdue; so much later at most it has said so.
constexpr std::chrono::seconds kGrace{5};
// A drive may have gigabytes to write back when it is told to flush.
constexpr int kFlushPatience = 6;

Command command_of(StopCause cause) {
    switch (cause) {
        case StopCause::signal:
            return Command::stop;
        case StopCause::deadline:
            return Command::stop_at_deadline;
        case StopCause::request:
            return Command::stop_as_asked;
    }
    return Command::stop;
}

std::string reason_of(StopCause cause) {
    return std::string{stop_reason(command_of(cause))};
}

constexpr const char* kLost = "the worker process ended unexpectedly";
constexpr const char* kBeforeItsTurn = ", before its turn came";

// The pass that step `index` writes, or reads back.
OverwritePass pass_at(const std::vector<Step>& steps, std::size_t index) {
    const auto* read_back = std::get_if<ReadBack>(&steps[index]);
    const bool by_device = read_back == nullptr
                               ? !std::holds_alternative<OverwritePass>(steps[index])
                               : read_back->role == PassRole::device;
    if (by_device) return OverwritePass{1, 1, Pattern{}, PassRole::device};
    for (std::size_t i = index + 1; i-- > 0;) {
        if (const auto* pass = std::get_if<OverwritePass>(&steps[i])) return *pass;
    }
    return {};
}

}  // namespace

SupervisedDrive::SupervisedDrive(std::size_t index, Plan plan, const RunLimits& limits,
                                 const Clock& clock, Observer& observer)
    : index_{index},
      plan_{std::move(plan)},
      clock_{clock},
      observer_{observer},
      request_patience_{std::chrono::seconds{limits.request_deadline_s} + kGrace},
      patience_{request_patience_} {
    progress_.path = plan_.target.path;
    progress_.steps = static_cast<int>(plan_.steps.size());
    progress_.waiting = true;
}

Ended SupervisedDrive::ended() {
    return {.index = index_,
            .journal = &*journal_,
            .journal_failed = journal_failed_,
            .stopped = stopped_};
}

void SupervisedDrive::watch(Result<ForkedWorker> worker) {
    if (worker) {
        worker_.emplace(std::move(*worker));
        return;
    }
    objections_.push_back({.rule = "worker",
                           .severity = Severity::stop,
                           .status = ExitStatus::internal,
                           .what = worker.error().message,
                           .remedy = {}});
    state_ = State::refused;
}

void SupervisedDrive::forget_in_child() {
    if (worker_) worker_->forget_in_child();
}

int SupervisedDrive::descriptor() const {
    const bool listens =
        state_ == State::taking || state_ == State::taken || state_ == State::running;
    return listens && worker_ ? worker_->socket() : -1;
}

void SupervisedDrive::send(Command command) {
    const char byte = static_cast<char>(command);
    // A worker that is gone shows as the end of its stream.
    static_cast<void>(write_all(worker_->socket(), {&byte, 1}, "worker"));
}

void SupervisedDrive::receive() {
    std::vector<std::string> lines;
    const auto stream = reader_.read_available(worker_->socket(), lines);
    for (const std::string& line : lines) {
        const auto message = parse_json(line);
        if (message) handle(*message);
    }
    if (stream != LineReader::State::open) lost();
}

void SupervisedDrive::handle(const Json& message) {
    const std::string event = string_member(message, "event").value_or("");
    last_heard_ = clock_.monotonic();
    patience_ = event == "flushing" ? request_patience_ * kFlushPatience : request_patience_;
    if (event == "taken" && state_ == State::taking) {
        state_ = State::taken;
    } else if (event == "refused" && state_ == State::taking) {
        objections_ = list_member<Objection>(message, "objections", objection_from_json)
                          .value_or(std::vector<Objection>{});
        state_ = State::refused;
    } else if ((event == "begin" || event == "end") && state_ == State::running) {
        journal_step(message);
    } else if (event == "progress" && state_ == State::running) {
        show_progress(message);
    } else if (event == "finished" && state_ == State::running) {
        finished_ = true;
        closing_.identity_confirmed = bool_member(message, "identity_confirmed").value_or(false);
        closing_.cause = string_member(message, "cause").value_or("");
        close(bool_member(message, "hung").value_or(false));
    }
}

// Journal first: the worker acts only after the ack.
void SupervisedDrive::journal_step(const Json& message) {
    const bool begins = message["event"] == "begin";
    // Nothing is written to a drive whose first step cannot be journalled. From then on its old
    // data is at stake: the erase goes on, and what the host cannot keep is kept here, for the
    // evidence.
    const bool may_refuse = begins && !altered_;
    const auto written = journal_->append(
        message, clock_.now(), /*sync=*/true,
        may_refuse ? engine::Journal::Unwritten::forget : engine::Journal::Unwritten::keep);
    if (!written) {
        if (!journal_failed_) observer_.warning(written.error().message);
        journal_failed_ = true;
    }
    const bool goes_on = written || !may_refuse;
    altered_ = altered_ || goes_on;
    const auto outcome = member(message, "outcome");
    const auto index =
        static_cast<std::size_t>(outcome ? integer_member(*outcome, "index").value_or(0) : 0);
    if (begins && index < plan_.steps.size()) {
        const Step& step = plan_.steps[index];
        step_began_ = clock_.monotonic();
        progress_.step = static_cast<int>(index);
        const OverwritePass pass = pass_at(plan_.steps, index);
        progress_.writing = alters(step);
        progress_.pass = pass.index;
        progress_.passes = pass.of;
        progress_.role = pass.role;
        progress_.total = integer_member(*outcome, "bytes_promised").value_or(0);
        advance(progress_, 0, std::chrono::nanoseconds{0});
        observer_.phase(path(), to_string(step));
    } else if (!begins) {
        progress_.done = outcome ? integer_member(*outcome, "bytes_done").value_or(0) : 0;
    }
    send(goes_on ? Command::ack : Command::refuse);
}

void SupervisedDrive::show_progress(const Json& message) {
    const auto covered = member(message, "covered");
    if (!covered || !covered->is_array()) return;
    std::uint64_t done = 0;
    for (const Json& range : *covered)
        done += range.is_array() && range.size() == 2
                    ? integer_from(range[1], "progress").value_or(0)
                    : 0;
    advance(progress_, done, clock_.monotonic() - step_began_);
    observer_.progress(progress_);
    // A checkpoint, and lost it costs no more than time.
    if (bool_member(message, "flushed").value_or(false))
        static_cast<void>(journal_->append(message, clock_.now(), /*sync=*/true));
}

// The worker's stream has ended: expected after "refused", a release or "finished" (often in the
// same breath as the word itself), or a stop before its turn; a loss otherwise.
void SupervisedDrive::lost() {
    if (state_ == State::running) {
        closing_.cause = kLost;
        close(/*hung=*/false);
    } else if (state_ == State::taken && in_run_) {
        closing_.cause = (stopped_ ? reason_of(*stopped_) : std::string{kLost}) + kBeforeItsTurn;
        close(/*hung=*/false);
    } else if (state_ == State::taking || state_ == State::taken) {
        objections_.push_back({.rule = "worker",
                               .severity = Severity::stop,
                               .status = ExitStatus::internal,
                               .what = path() + ": its worker process ended unexpectedly",
                               .remedy = {}});
        state_ = State::refused;
    }
}

void SupervisedDrive::give_up_taking() {
    objections_.push_back(
        {.rule = "hung",
         .severity = Severity::stop,
         .status = ExitStatus::unsupported,
         .what = path() + ": does not answer while being taken",
         .remedy = "the drive or its path hangs: reseat it, or send it to destruction"});
    state_ = State::refused;
    worker_.reset();
}

void SupervisedDrive::release() {
    if (state_ == State::taken) send(Command::stop);
    remove_journal();
}

Result<void> SupervisedDrive::open_journal(const std::string& file, const EraseRecord& start) {
    auto journal = engine::Journal::create(file);
    if (!journal) return tl::unexpected{std::move(journal).error()};
    journal_.emplace(std::move(*journal));
    return journal_->append(engine::open_event(start), clock_.now(), /*sync=*/true);
}

void SupervisedDrive::remove_journal() {
    if (journal_) ::unlink(journal_->path().c_str());
}

void SupervisedDrive::begin() {
    state_ = State::running;
    begun_ = true;
    last_heard_ = clock_.monotonic();
    progress_.waiting = false;
    send(Command::go);
}

void SupervisedDrive::stop(StopCause cause, std::optional<int> signal) {
    if (stopped_ || descriptor() < 0) return;
    stopped_ = cause;
    signal_ = signal;
    stop_deadline_ = clock_.monotonic() + std::chrono::milliseconds{kStopDeadlineMs};
    send(command_of(cause));
}

bool SupervisedDrive::overdue() const {
    return stopped_ && descriptor() >= 0 && clock_.monotonic() > stop_deadline_;
}

bool SupervisedDrive::is_silent() const {
    return state_ == State::running && !stopped_ && clock_.monotonic() - last_heard_ > patience_;
}

void SupervisedDrive::abandon() {
    const bool waited = state_ == State::taken;
    const bool silent = is_silent();
    worker_->kill();
    // One that was stuck may end only now, and what it had asked of the drive goes on.
    const bool gone = worker_->wait_for_end(kKilledPatience) && !silent;
    if (waited && stopped_) closing_.cause = reason_of(*stopped_) + kBeforeItsTurn;
    close(/*hung=*/!waited && !gone);
}

void SupervisedDrive::close(bool hung) {
    state_ = State::ended;
    closing_.ended = clock_.now();
    closing_.hung = hung;
    closing_.worker_lost = begun_ && !finished_;
    if (!finished_ && closing_.cause.empty())
        closing_.cause = hung ? "the drive did not answer; its worker was left behind"
                              : "the worker was stopped";
    if (signal_ && !(finished_ && closing_.cause.empty())) closing_.signal = signal_;
    const auto written = journal_->append(engine::close_event(closing_), clock_.now(),
                                          /*sync=*/true, engine::Journal::Unwritten::keep);
    if (!written) {
        journal_failed_ = true;
        observer_.warning(written.error().message);
    }
}

}  // namespace quietus::app
