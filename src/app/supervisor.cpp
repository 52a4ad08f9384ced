#include "app/supervisor.h"

#include <algorithm>
#include <poll.h>
#include <unistd.h>

#include "app/run_status.h"

namespace quietus::app {

namespace {

constexpr std::chrono::nanoseconds kStatusInterval = std::chrono::seconds{1};
// Deadlines and overdue workers are looked for so often.
constexpr int kRoundMs = 250;

}  // namespace

Supervisor::Supervisor(Host& host, const Clock& clock, Observer& observer, Signals& signals,
                       const StateDir& state, SupervisorOptions options)
    : host_{host},
      clock_{clock},
      observer_{observer},
      signals_{signals},
      state_{state},
      options_{options} {}

Supervisor::~Supervisor() {
    ::unlink(status_file(state_, getpid()).c_str());
}

std::vector<SupervisedDrive*> Supervisor::in(State state) const {
    std::vector<SupervisedDrive*> found;
    for (const auto& drive : drives_) {
        if (drive->state() == state) found.push_back(drive.get());
    }
    return found;
}

bool Supervisor::past_deadline() const {
    return options_.deadline && clock_.monotonic() >= *options_.deadline;
}

// -- Take
// ------------------------------------------------------------------------------------------------

void Supervisor::start_workers(std::vector<guard::ApprovedPlan> plans, Options how,
                               const std::function<void()>& forget_secrets) {
    const int supervisor = host_.own_process();
    for (std::size_t i = 0; i < plans.size(); ++i) {
        guard::ApprovedPlan& plan = plans[i];
        auto drive = std::make_unique<SupervisedDrive>(drives_.size(), plan.plan(), how[i].limits,
                                                       clock_, observer_);
        observer_.phase(drive->path(), "taking the drive");
        drive->watch(ForkedWorker::start([&](int socket) {
            for (const auto& sibling : drives_) sibling->forget_in_child();
            forget_secrets();
            serve_erase(socket, host_, std::move(plan), supervisor, clock_, how[i]);
        }));
        drives_.push_back(std::move(drive));
    }
}

tl::expected<Supervisor::Objections, Supervisor::NotTaken> Supervisor::take_all(
    std::vector<guard::ApprovedPlan> plans, Options how,
    const std::function<void()>& forget_secrets, bool skip_refused) {
    start_workers(std::move(plans), std::move(how), forget_secrets);
    const auto deadline = clock_.monotonic() + std::chrono::milliseconds{kTakeDeadlineMs};
    while (!signal_ && !in(State::taking).empty() && clock_.monotonic() < deadline) pump(100);
    if (!signal_) {
        for (SupervisedDrive* drive : in(State::taking)) drive->give_up_taking();
    }
    Objections objections;
    for (const auto& drive : drives_) objections.push_back(drive->objections());
    const std::size_t taken = in(State::taken).size();
    if (!signal_ && (taken == drives_.size() || (skip_refused && taken > 0))) {
        // Those left out are of no more concern: what is refused from here on was lost.
        for (SupervisedDrive* drive : in(State::refused)) told_.insert(drive->index());
        return objections;
    }
    release_all();
    return tl::unexpected{NotTaken{.objections = std::move(objections), .signal = signal_}};
}

// Those that have their drive put its partitions back before they end, so they get a moment for it.
void Supervisor::release_all() {
    for (const auto& drive : drives_) drive->release();
    const auto patience = clock_.monotonic() + std::chrono::milliseconds{kStopDeadlineMs};
    while (!(in(State::taken).empty() && in(State::taking).empty()) &&
           clock_.monotonic() < patience)
        pump(50);
}

// -- Run
// -------------------------------------------------------------------------------------------------

Result<void> Supervisor::prepare_run(const std::vector<EraseRecord>& starts) {
    for (SupervisedDrive* drive : in(State::taken)) {
        const EraseRecord& start = starts[drive->index()];
        auto opened = drive->open_journal(state_.journal_of(start.id), start);
        if (!opened) {
            opened.error().code = ErrorCode::config;
            return opened;
        }
    }
    pump(0);
    if (signal_)
        return tl::unexpected{Error{.code = ErrorCode::interrupted,
                                    .message = "interrupted before the first write",
                                    .sys_errno = *signal_,
                                    .hint = {}}};
    if (past_deadline())
        return failure(ErrorCode::busy, "the deadline passed before the first write",
                       "give --deadline more time");
    for (SupervisedDrive* drive : in(State::refused)) {
        if (told_.contains(drive->index())) continue;
        return failure(ErrorCode::internal, drive->objections().empty()
                                                ? drive->path() + ": not taken"
                                                : drive->objections().front().what);
    }
    // Only now: no worker may inherit it, and hold it open after us.
    auto control = ControlSocket::listen_at(control_file(state_, getpid()));
    if (control)
        control_.emplace(std::move(*control));
    else
        observer_.warning("quietus stop cannot reach this call: " + control.error().message);
    return {};
}

Result<void> Supervisor::run_all(const std::vector<EraseRecord>& starts,
                                 const std::function<void(const Ended&)>& on_end) {
    if (auto ready = prepare_run(starts); !ready) {
        release_all();
        return ready;
    }
    // The point of no return: from here on drives are altered.
    for (SupervisedDrive* drive : in(State::taken)) drive->enter_run();
    begin_next();
    write_status(/*now=*/true);
    while (told_.size() < drives_.size()) {
        pump(kRoundMs);
        serve_requests();
        stop_those_that_must();
        tell_of_ended(on_end);
        begin_next();
    }
    return {};
}

void Supervisor::begin_next() {
    if (signal_ || past_deadline()) return;
    std::size_t running = in(State::running).size();
    for (SupervisedDrive* drive : in(State::taken)) {
        if (running >= options_.parallel) return;
        if (drive->is_stopped()) continue;
        drive->begin();
        ++running;
    }
}

void Supervisor::stop_those_that_must() {
    if (past_deadline()) stop_all(StopCause::deadline, std::nullopt);
    for (const auto& drive : drives_) {
        if (drive->overdue() || drive->is_silent()) drive->abandon();
    }
}

void Supervisor::tell_of_ended(const std::function<void(const Ended&)>& on_end) {
    for (SupervisedDrive* drive : in(State::ended)) {
        if (!told_.insert(drive->index()).second) continue;
        on_end(drive->ended());
        answer_waiting(*drive);
    }
}

// One round: wait for signals and messages, and handle what came.
void Supervisor::pump(int timeout_ms) {
    std::vector<pollfd> waiting{{.fd = signals_.descriptor(), .events = POLLIN, .revents = 0}};
    std::vector<SupervisedDrive*> whose{nullptr};
    for (const auto& drive : drives_) {
        if (drive->descriptor() < 0) continue;
        waiting.push_back({.fd = drive->descriptor(), .events = POLLIN, .revents = 0});
        whose.push_back(drive.get());
    }
    if (control_) control_->add_to(waiting);
    if (poll(waiting.data(), waiting.size(), timeout_ms) < 0) return;
    if (waiting[0].revents != 0) {
        if (const auto signal = signals_.take(); signal && !signal_) {
            signal_ = signal;
            stop_all(StopCause::signal, signal_);
        }
    }
    for (std::size_t i = 1; i < whose.size(); ++i) {
        if (waiting[i].revents != 0) whose[i]->receive();
    }
    write_status(/*now=*/false);
}

void Supervisor::stop_all(StopCause cause, std::optional<int> signal) {
    for (const auto& drive : drives_) drive->stop(cause, signal);
}

// -- Being watched, and asked to stop one drive
// ----------------------------------------------------------

void Supervisor::serve_requests() {
    if (!control_) return;
    for (const auto& request : control_->take()) {
        const std::string path = string_member(request.message, "stop").value_or("");
        const auto at = std::find_if(drives_.begin(), drives_.end(), [&](const auto& drive) {
            return drive->path() == path && drive->descriptor() >= 0;
        });
        control_->answer(request.client, {{"stopping", at != drives_.end()}});
        if (at == drives_.end()) {
            control_->hang_up(request.client);
            continue;
        }
        (*at)->stop(StopCause::request, std::nullopt);
        waiting_[request.client] = (*at)->index();
    }
}

void Supervisor::answer_waiting(const SupervisedDrive& drive) {
    for (auto at = waiting_.begin(); at != waiting_.end();) {
        if (at->second != drive.index()) {
            ++at;
            continue;
        }
        control_->answer(at->first, {{"stopped", drive.is_stopped()}});
        control_->hang_up(at->first);
        at = waiting_.erase(at);
    }
}

void Supervisor::write_status(bool now) {
    if (!now && clock_.monotonic() - last_status_ < kStatusInterval) return;
    last_status_ = clock_.monotonic();
    std::vector<Progress> shown;
    for (const auto& drive : drives_) {
        const bool waits = drive->state() == State::taken && control_;
        if (drive->state() == State::running || waits) shown.push_back(drive->progress());
    }
    publish_status(status_file(state_, getpid()), shown, clock_.now());
}

}  // namespace quietus::app
