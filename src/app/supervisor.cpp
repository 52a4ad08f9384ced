#include "app/supervisor.h"

#include <algorithm>
#include <array>
#include <poll.h>
#include <unistd.h>

#include "app/erase_worker.h"
#include "app/run_status.h"
#include "base/bytes.h"
#include "base/file.h"
#include "engine/events.h"
#include "plan/json.h"

namespace quietus::app {

namespace {

constexpr std::chrono::nanoseconds kStatusInterval = std::chrono::seconds{1};
constexpr std::chrono::nanoseconds kHintInterval = std::chrono::seconds{30};

// A killed worker that is not stuck in the kernel is gone within this; with kStopDeadlineMs it
// stays below a second.
constexpr std::chrono::milliseconds kKilledPatience{200};

void command(const ForkedWorker& worker, Command what) {
    const char byte = static_cast<char>(what);
    // A worker that is gone shows as the end of its stream.
    static_cast<void>(write_all(worker.socket(), {&byte, 1}, "worker"));
}

// The pass that step `index` writes, or reads back.
OverwritePass pass_at(const std::vector<Step>& steps, std::size_t index) {
    for (std::size_t i = index + 1; i-- > 0;) {
        if (const auto* pass = std::get_if<OverwritePass>(&steps[i])) return *pass;
    }
    return {};
}

}  // namespace

struct Supervisor::Drive {
    enum class State { taking, taken, refused, running, ended };
    std::size_t index{0};
    State state{State::taking};
    Plan plan;
    std::optional<ForkedWorker> worker;
    LineReader reader;
    std::vector<Objection> objections;
    std::optional<engine::Journal> journal;
    bool journal_failed{false};
    bool finished{false};
    engine::Closing closing;
    Progress progress;
    std::chrono::nanoseconds step_began{0};
    std::chrono::nanoseconds last_hint{0};
};

Supervisor::Supervisor(Host& host, const Clock& clock, Observer& observer, Signals& signals,
                       const StateDir& state)
    : host_{host},
      clock_{clock},
      observer_{observer},
      signals_{signals},
      state_{state},
      status_file_{state.run_dir() + "/" + std::to_string(getpid()) + ".json"} {}

Supervisor::~Supervisor() {
    ::unlink(status_file_.c_str());
}

bool Supervisor::every(bool (*holds)(const Drive&)) const {
    return std::all_of(drives_.begin(), drives_.end(),
                       [&](const auto& drive) { return holds(*drive); });
}

tl::expected<void, Supervisor::NotTaken> Supervisor::take_all(
    std::vector<guard::ApprovedPlan> plans, const std::function<void()>& forget_secrets) {
    const int supervisor = host_.own_process();
    for (guard::ApprovedPlan& plan : plans) {
        auto drive = std::make_unique<Drive>();
        drive->index = drives_.size();
        drive->plan = plan.plan();
        observer_.phase(drive->plan.target.path, "taking the drive");
        auto worker = ForkedWorker::start([&](int socket) {
            for (const auto& sibling : drives_) {
                if (sibling->worker) sibling->worker->forget_in_child();
            }
            forget_secrets();
            serve_erase(socket, host_, std::move(plan), supervisor, clock_);
        });
        if (worker)
            drive->worker.emplace(std::move(*worker));
        else
            drive->objections.push_back({.rule = "worker",
                                         .severity = Severity::stop,
                                         .status = ExitStatus::internal,
                                         .what = worker.error().message,
                                         .remedy = {}});
        if (!worker) drive->state = Drive::State::refused;
        drives_.push_back(std::move(drive));
    }
    const auto deadline = clock_.monotonic() + std::chrono::milliseconds{kTakeDeadlineMs};
    while (!stopped_by_ && !every([](const Drive& d) { return d.state != Drive::State::taking; }) &&
           clock_.monotonic() < deadline)
        pump(100);
    for (const auto& drive : drives_) {
        if (drive->state != Drive::State::taking || stopped_by_) continue;
        drive->objections.push_back(
            {.rule = "hung",
             .severity = Severity::stop,
             .status = ExitStatus::unsupported,
             .what = drive->plan.target.path + ": does not answer while being taken",
             .remedy = "the drive or its path hangs: reseat it, or send it to destruction"});
    }
    if (!stopped_by_ && every([](const Drive& d) { return d.state == Drive::State::taken; }))
        return {};
    NotTaken refused{.objections = {}, .signal = stopped_by_};
    for (const auto& drive : drives_) {
        refused.objections.push_back(drive->objections);
    }
    release_all();
    return tl::unexpected{std::move(refused)};
}

// Those that have their drive put its partitions back before they end, so they get a moment for it.
void Supervisor::release_all() {
    for (const auto& drive : drives_) {
        if (drive->state == Drive::State::taken) command(*drive->worker, Command::stop);
        if (drive->journal) ::unlink(drive->journal->path().c_str());
    }
    const auto patience = clock_.monotonic() + std::chrono::milliseconds{kStopDeadlineMs};
    while (!every([](const Drive& d) {
        return d.state != Drive::State::taken && d.state != Drive::State::taking;
    }) && clock_.monotonic() < patience)
        pump(50);
}

Result<void> Supervisor::run_all(const std::vector<EraseRecord>& starts,
                                 const std::function<void(const Ended&)>& on_end) {
    on_end_ = &on_end;
    for (const auto& drive : drives_) {
        auto journal = engine::Journal::create(state_.journal_of(starts[drive->index].id));
        Result<void> opened = journal ? journal->append(engine::open_event(starts[drive->index]),
                                                        clock_.now(), /*sync=*/true)
                                      : Result<void>{tl::unexpected{journal.error()}};
        if (journal) drive->journal.emplace(std::move(*journal));
        if (!opened) {
            release_all();
            opened.error().code = ErrorCode::config;
            return opened;
        }
    }
    pump(0);
    if (stopped_by_) {
        release_all();
        return tl::unexpected{Error{.code = ErrorCode::interrupted,
                                    .message = "interrupted before the first write",
                                    .sys_errno = *stopped_by_,
                                    .hint = {}}};
    }
    for (const auto& drive : drives_) {
        if (drive->state == Drive::State::taken) continue;
        const Error error{.code = ErrorCode::internal,
                          .message = drive->objections.empty()
                                         ? drive->plan.target.path + ": not taken"
                                         : drive->objections.front().what,
                          .sys_errno = 0,
                          .hint = {}};
        release_all();
        return tl::unexpected{error};
    }
    // The point of no return: from here on drives are altered.
    for (const auto& drive : drives_) {
        drive->state = Drive::State::running;
        command(*drive->worker, Command::go);
    }
    while (!every([](const Drive& d) { return d.state == Drive::State::ended; })) {
        pump(250);
        if (stopped_by_ && clock_.monotonic() > stop_deadline_) {
            for (const auto& drive : drives_) {
                if (drive->state != Drive::State::running) continue;
                drive->worker->kill();
                close(*drive, /*hung=*/!drive->worker->wait_for_end(kKilledPatience));
            }
        }
    }
    return {};
}

// One round: wait for signals and messages, and handle what came.
void Supervisor::pump(int timeout_ms) {
    std::vector<pollfd> waiting{{.fd = signals_.descriptor(), .events = POLLIN, .revents = 0}};
    std::vector<Drive*> whose{nullptr};
    for (const auto& drive : drives_) {
        const bool listens = drive->state == Drive::State::taking ||
                             drive->state == Drive::State::taken ||
                             drive->state == Drive::State::running;
        if (!listens || !drive->worker) continue;
        waiting.push_back({.fd = drive->worker->socket(), .events = POLLIN, .revents = 0});
        whose.push_back(drive.get());
    }
    if (poll(waiting.data(), waiting.size(), timeout_ms) < 0) return;
    if (waiting[0].revents != 0) {
        if (const auto signal = signals_.take()) stop_all(*signal);
    }
    for (std::size_t i = 1; i < waiting.size(); ++i) {
        if (waiting[i].revents == 0) continue;
        std::vector<std::string> lines;
        const auto stream = whose[i]->reader.read_available(waiting[i].fd, lines);
        for (const std::string& line : lines) {
            const auto message = parse_json(line);
            if (message) handle(*whose[i], *message);
        }
        if (stream != LineReader::State::open) lost(*whose[i]);
    }
    write_status();
}

void Supervisor::handle(Drive& drive, const Json& message) {
    const std::string event = string_member(message, "event").value_or("");
    if (event == "taken" && drive.state == Drive::State::taking) {
        drive.state = Drive::State::taken;
    } else if (event == "refused" && drive.state == Drive::State::taking) {
        drive.objections = list_member<Objection>(message, "objections", objection_from_json)
                               .value_or(std::vector<Objection>{});
        drive.state = Drive::State::refused;
    } else if ((event == "begin" || event == "end") && drive.state == Drive::State::running) {
        journal_step(drive, message);
    } else if (event == "progress" && drive.state == Drive::State::running) {
        show_progress(drive, message);
    } else if (event == "finished" && drive.state == Drive::State::running) {
        drive.finished = true;
        drive.closing.identity_confirmed =
            bool_member(message, "identity_confirmed").value_or(false);
        drive.closing.cause = string_member(message, "cause").value_or("");
        close(drive, /*hung=*/false);
    }
}

// Journal first: the worker acts only after the ack.
void Supervisor::journal_step(Drive& drive, const Json& message) {
    const bool begins = message["event"] == "begin";
    // A step that cannot be journalled does not begin; one that has ended has ended whatever the
    // disk says.
    const auto written = drive.journal->append(
        message, clock_.now(), /*sync=*/true,
        begins ? engine::Journal::Unwritten::forget : engine::Journal::Unwritten::keep);
    if (!written) {
        drive.journal_failed = true;
        observer_.warning(written.error().message);
    }
    const auto outcome = member(message, "outcome");
    const auto index =
        static_cast<std::size_t>(outcome ? integer_member(*outcome, "index").value_or(0) : 0);
    if (begins && index < drive.plan.steps.size()) {
        const Step& step = drive.plan.steps[index];
        const OverwritePass pass = pass_at(drive.plan.steps, index);
        drive.step_began = clock_.monotonic();
        drive.last_hint = drive.step_began;
        drive.progress = {.path = drive.plan.target.path,
                          .step = static_cast<int>(index),
                          .steps = static_cast<int>(drive.plan.steps.size()),
                          .writing = std::holds_alternative<OverwritePass>(step),
                          .pass = pass.index,
                          .passes = pass.of,
                          .role = pass.role,
                          .done = 0,
                          .total = integer_member(*outcome, "bytes_promised").value_or(0),
                          .rate = 0,
                          .eta_s = 0};
        observer_.phase(drive.plan.target.path, to_string(step));
    } else if (!begins) {
        drive.progress.done = outcome ? integer_member(*outcome, "bytes_done").value_or(0) : 0;
    }
    command(*drive.worker, written ? Command::ack : Command::refuse);
}

void Supervisor::show_progress(Drive& drive, const Json& message) {
    const auto covered = member(message, "covered");
    if (!covered || !covered->is_array()) return;
    std::uint64_t done = 0;
    for (const Json& range : *covered)
        done += range.is_array() && range.size() == 2
                    ? integer_from(range[1], "progress").value_or(0)
                    : 0;
    Progress& progress = drive.progress;
    const auto elapsed_ms =
        static_cast<std::uint64_t>((clock_.monotonic() - drive.step_began).count() / 1'000'000);
    progress.done = std::min(done, progress.total);
    progress.rate = elapsed_ms == 0 ? 0
                                    : progress.done / elapsed_ms * 1000 +
                                          progress.done % elapsed_ms * 1000 / elapsed_ms;
    progress.eta_s = progress.rate == 0 ? 0 : (progress.total - progress.done) / progress.rate;
    observer_.progress(progress);
    if (clock_.monotonic() - drive.last_hint < kHintInterval) return;
    drive.last_hint = clock_.monotonic();
    static_cast<void>(drive.journal->append(message, clock_.now(), /*sync=*/false));
}

// The worker's stream has ended: expected after "refused", a release or "finished" (often in the
// same breath as the word itself), a loss otherwise.
void Supervisor::lost(Drive& drive) {
    if (drive.state == Drive::State::running) {
        drive.closing.worker_lost = true;
        drive.closing.cause = "the worker process ended unexpectedly";
        close(drive, /*hung=*/false);
    } else if (drive.state == Drive::State::taking || drive.state == Drive::State::taken) {
        drive.state = Drive::State::refused;
        drive.objections.push_back(
            {.rule = "worker",
             .severity = Severity::stop,
             .status = ExitStatus::internal,
             .what = drive.plan.target.path + ": its worker process ended unexpectedly",
             .remedy = {}});
    }
}

void Supervisor::close(Drive& drive, bool hung) {
    drive.state = Drive::State::ended;
    drive.closing.ended = clock_.now();
    drive.closing.hung = hung;
    drive.closing.worker_lost = !drive.finished;
    if (!drive.finished && drive.closing.cause.empty())
        drive.closing.cause = hung ? "the drive did not answer; its worker was left behind"
                                   : "the worker was stopped";
    if (stopped_by_ && !(drive.finished && drive.closing.cause.empty()))
        drive.closing.signal = stopped_by_;
    const auto written = drive.journal->append(engine::close_event(drive.closing), clock_.now(),
                                               /*sync=*/true, engine::Journal::Unwritten::keep);
    if (!written) {
        drive.journal_failed = true;
        observer_.warning(written.error().message);
    }
    (*on_end_)(
        {.index = drive.index, .journal = &*drive.journal, .journal_failed = drive.journal_failed});
}

void Supervisor::stop_all(int signal) {
    if (stopped_by_) return;
    stopped_by_ = signal;
    stop_deadline_ = clock_.monotonic() + std::chrono::milliseconds{kStopDeadlineMs};
    for (const auto& drive : drives_) {
        if (drive->worker &&
            (drive->state == Drive::State::taking || drive->state == Drive::State::taken ||
             drive->state == Drive::State::running))
            command(*drive->worker, Command::stop);
    }
}

void Supervisor::write_status() {
    if (clock_.monotonic() - last_status_ < kStatusInterval) return;
    last_status_ = clock_.monotonic();
    std::vector<Progress> running;
    for (const auto& drive : drives_) {
        if (drive->state == Drive::State::running) running.push_back(drive->progress);
    }
    publish_status(status_file_, running, clock_.now());
}

}  // namespace quietus::app
