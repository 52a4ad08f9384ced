#include "app/erase_worker.h"

#include <cerrno>
#include <poll.h>
#include <unistd.h>

#include <sys/socket.h>

#include "base/bytes.h"
#include "base/file.h"
#include "engine/events.h"
#include "engine/run.h"
#include "plan/json.h"

namespace quietus::app {

namespace {

// How often a running step looks for a command: often enough to end within a second.
constexpr std::chrono::milliseconds kCommandInterval{50};

bool is_stop(Command command) {
    return command == Command::stop || command == Command::stop_at_deadline ||
           command == Command::stop_as_asked;
}

class SocketControl final : public engine::RunControl {
  public:
    SocketControl(int socket, const Clock& clock) : socket_{socket}, clock_{clock} {}

    Result<void> begin(const StepOutcome& outcome) override {
        return announce(engine::begin_event(outcome));
    }
    Result<void> end(const StepOutcome& outcome) override {
        return announce(engine::end_event(outcome));
    }
    void progress(const StepOutcome& outcome, const RangeSet& covered, bool flushed) override {
        static_cast<void>(send(engine::progress_event(outcome.index, covered, flushed)));
    }

    void flushing() override { static_cast<void>(send({{"event", "flushing"}})); }

    bool stop_requested() override {
        const auto now = clock_.monotonic();
        if (stopped_ || now - last_look_ < kCommandInterval) return stopped_;
        last_look_ = now;
        pollfd waiting{.fd = socket_, .events = POLLIN, .revents = 0};
        while (!stopped_ && poll(&waiting, 1, 0) > 0) static_cast<void>(next_command());
        return stopped_;
    }

    std::string stop_cause() const override { return std::string{stop_reason(stopped_by_)}; }

    void pause(std::chrono::milliseconds limit) override {
        pollfd waiting{.fd = socket_, .events = POLLIN, .revents = 0};
        if (!stopped_ && poll(&waiting, 1, static_cast<int>(limit.count())) > 0)
            static_cast<void>(next_command());
    }

    /// Waits for the next command; a supervisor that is gone says stop.
    Command next_command() {
        char byte = 0;
        ssize_t got = 0;
        do got = ::read(socket_, &byte, 1);
        while (got < 0 && errno == EINTR);
        const Command command = got == 1 ? static_cast<Command>(byte) : Command::stop;
        gone_ = gone_ || got != 1;
        if (!stopped_ && is_stop(command)) {
            stopped_ = true;
            stopped_by_ = command;
        }
        return command;
    }

    Result<void> send(const Json& message) {
        return write_all(socket_, canonical_json(message) + "\n", "supervisor");
    }

  private:
    // The answer comes even after a stop: what has been done is journalled either way.
    Result<void> announce(const Json& event) {
        QUIETUS_TRY(send(event));
        while (!gone_) {
            const Command command = next_command();
            if (command == Command::ack) return {};
            if (command == Command::refuse)
                return failure(ErrorCode::io, "the journal could not be written");
        }
        return failure(ErrorCode::io, "the supervisor is gone");
    }

    int socket_;
    const Clock& clock_;
    std::chrono::nanoseconds last_look_{0};
    bool stopped_{false};
    Command stopped_by_{Command::stop};
    bool gone_{false};
};

Json refusal(const std::vector<Objection>& objections) {
    return {{"event", "refused"}, {"objections", list_to_json<Objection>(objections, to_json)}};
}

}  // namespace

std::string_view stop_reason(Command command) {
    if (command == Command::stop_at_deadline) return "interrupted: the deadline has passed";
    if (command == Command::stop_as_asked) return "interrupted by quietus stop";
    return "interrupted";
}

void serve_erase(int socket, Host& host, guard::ApprovedPlan plan, int supervisor,
                 const Clock& clock, const engine::RunOptions& options) {
    SocketControl control{socket, clock};
    auto drive = engine::take(host, std::move(plan), {supervisor, getpid()});
    if (!drive) {
        static_cast<void>(control.send(refusal(drive.error())));
        return;
    }
    // True from here on: the drive is ours, and untouched until the word comes. Without it the
    // partitions are put back.
    if (!control.send({{"event", "taken"}}) || control.next_command() != Command::go) return;
    const engine::RunEnd end = engine::run(*drive, control, clock, options);
    static_cast<void>(control.send({{"event", "finished"},
                                    {"identity_confirmed", end.identity_confirmed},
                                    {"hung", end.hung},
                                    {"cause", printable_text(end.cause)}}));
    if (end.hung) drive->abandon();
}

}  // namespace quietus::app
