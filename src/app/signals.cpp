#include "app/signals.h"

#include <cerrno>
#include <unistd.h>

#include <sys/signalfd.h>

namespace quietus::app {

Result<Signals> Signals::start() {
    if (std::signal(SIGPIPE, SIG_IGN) == SIG_ERR) return sys_failure("signal", errno);
    sigset_t set{};
    sigemptyset(&set);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set, signal);
    if (const int fault = pthread_sigmask(SIG_BLOCK, &set, nullptr); fault != 0)
        return sys_failure("pthread_sigmask", fault);
    UniqueFd fd{signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC)};
    if (!fd.is_open()) return sys_failure("signalfd", errno);
    return Signals{std::move(fd)};
}

std::optional<int> Signals::take() {
    signalfd_siginfo info{};
    if (::read(fd_.get(), &info, sizeof info) != static_cast<ssize_t>(sizeof info))
        return std::nullopt;
    const int signal = static_cast<int>(info.ssi_signo);
    return signal == SIGHUP ? SIGTERM : signal;
}

}  // namespace quietus::app
