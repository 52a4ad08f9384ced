#include "app/ask_secret.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <sys/signalfd.h>

#include "base/file.h"
#include "base/unique_fd.h"

namespace quietus::app {

namespace {

constexpr std::array kWaiting{SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};

// Holds the signals back for its lifetime; they come to whoever waits for them afterwards.
class HeldSignals {
  public:
    HeldSignals() {
        sigemptyset(&held_);
        for (const int signal : kWaiting) sigaddset(&held_, signal);
        pthread_sigmask(SIG_BLOCK, &held_, &before_);
        arrival_ = UniqueFd{signalfd(-1, &held_, SFD_NONBLOCK | SFD_CLOEXEC)};
    }
    HeldSignals(const HeldSignals&) = delete;
    HeldSignals& operator=(const HeldSignals&) = delete;
    ~HeldSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    /// Readable when one has come; it is not read, and so stays pending.
    int arrival() const { return arrival_.get(); }
    static int pending() {
        sigset_t set{};
        sigpending(&set);
        for (const int signal : kWaiting)
            if (sigismember(&set, signal) == 1) return signal;
        return SIGINT;
    }

  private:
    sigset_t held_{};
    sigset_t before_{};
    UniqueFd arrival_;
};

class EchoOff {
  public:
    EchoOff() : changed_{tcgetattr(STDIN_FILENO, &before_) == 0} {
        termios silent = before_;
        silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        // What was typed before the question is no answer to it.
        changed_ = changed_ && tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == 0;
    }
    EchoOff(const EchoOff&) = delete;
    EchoOff& operator=(const EchoOff&) = delete;
    ~EchoOff() {
        if (changed_) tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    }
    bool is_off() const { return changed_; }

  private:
    termios before_{};
    bool changed_;
};

Result<SecretBytes> read_line(const HeldSignals& signals) {
    constexpr std::size_t kLineMax = 4096;  // as much as a terminal gives in a line
    SecretBytes line = QUIETUS_TRY(SecretBytes::create(kLineMax));
    std::array<pollfd, 2> waiting{pollfd{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0},
                                  pollfd{.fd = signals.arrival(), .events = POLLIN, .revents = 0}};
    while (poll(waiting.data(), waiting.size(), -1) < 0) {
        if (errno != EINTR) return sys_failure("poll", errno);
    }
    if (waiting[1].revents != 0) {
        Error error{.code = ErrorCode::interrupted,
                    .message = "interrupted at the question for the passphrase",
                    .sys_errno = HeldSignals::pending(),
                    .hint = {}};
        return tl::unexpected{std::move(error)};
    }
    const ssize_t got = ::read(STDIN_FILENO, line.span().data(), line.span().size());
    if (got < 0) return sys_failure("read the terminal", errno);
    auto size = static_cast<std::size_t>(got);
    while (size > 0 &&
           (line.span()[size - 1] == std::byte{'\n'} || line.span()[size - 1] == std::byte{'\r'}))
        --size;
    line.shrink(size);
    return line;
}

}  // namespace

bool can_ask() {
    return isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1;
}

Result<SecretBytes> ask_secret(const std::string& what) {
    const HeldSignals signals;  // outlives the echo: restored before any of them acts
    const EchoOff echo;
    if (!echo.is_off())
        return failure(ErrorCode::config, "the terminal would show the passphrase",
                       "give it with --passphrase-fd");
    QUIETUS_TRY(write_all(STDERR_FILENO, what + ": ", "the terminal"));
    auto line = read_line(signals);
    static_cast<void>(write_all(STDERR_FILENO, "\n", "the terminal"));
    return line;
}

}  // namespace quietus::app
