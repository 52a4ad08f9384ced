#include "app/fork_worker.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <poll.h>
#include <unistd.h>

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/file.h"

namespace quietus::app {

Result<ForkedWorker> ForkedWorker::start(const std::function<void(int socket)>& work) {
    std::array<int, 2> pair{};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) != 0)
        return sys_failure("socketpair", errno);
    UniqueFd ours{pair[0]};
    UniqueFd theirs{pair[1]};
    const pid_t parent = getpid();
    const pid_t pid = fork();
    if (pid < 0) return sys_failure("fork", errno);
    if (pid == 0) {
        ours.reset();
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent) _exit(1);  // it died before we asked to be told
        work(theirs.get());
        // No destructors, no atexit: buffers and locks of the parent are not ours to flush.
        _exit(0);
    }
    return ForkedWorker{std::move(ours), pid};
}

ForkedWorker::ForkedWorker(ForkedWorker&& other) noexcept
    : socket_{std::move(other.socket_)}, pid_{std::exchange(other.pid_, -1)} {}

ForkedWorker::~ForkedWorker() {
    kill();
}

bool ForkedWorker::reap() {
    if (pid_ < 0) return true;
    const pid_t got = waitpid(pid_, nullptr, WNOHANG);
    if (got == 0) return false;
    pid_ = -1;
    return true;
}

bool ForkedWorker::wait_for_end(std::chrono::milliseconds limit) {
    if (reap()) return true;
    // Readable once the process has ended (pidfd_open(2), Linux 5.3).
    const UniqueFd process{static_cast<int>(syscall(SYS_pidfd_open, pid_, 0))};
    pollfd waiting{.fd = process.get(), .events = POLLIN, .revents = 0};
    if (process.is_open()) static_cast<void>(poll(&waiting, 1, static_cast<int>(limit.count())));
    return reap();
}

void ForkedWorker::kill() {
    if (pid_ < 0 || reap()) return;
    ::kill(pid_, SIGKILL);
    // Usually it is gone at once; one stuck in the kernel stays behind, and init reaps it.
    static_cast<void>(reap());
}

LineReader::State LineReader::read_available(int fd, std::vector<std::string>& lines) {
    std::array<char, 65536> chunk{};
    for (;;) {
        const ssize_t got = recv(fd, chunk.data(), chunk.size(), MSG_DONTWAIT);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return errno == EAGAIN || errno == EWOULDBLOCK ? State::open : State::broken;
        if (got == 0) return State::ended;
        pending_.append(chunk.data(), static_cast<std::size_t>(got));
        for (std::size_t end = pending_.find('\n'); end != std::string::npos;
             end = pending_.find('\n')) {
            lines.push_back(pending_.substr(0, end));
            pending_.erase(0, end + 1);
        }
        if (pending_.size() > kMessageSizeMax) return State::broken;
    }
}

std::vector<Result<std::string>> run_in_workers(
    const std::vector<std::function<std::string()>>& jobs, std::chrono::milliseconds deadline) {
    const auto until = std::chrono::steady_clock::now() + deadline;
    std::vector<Result<ForkedWorker>> workers;
    workers.reserve(jobs.size());
    for (const auto& job : jobs) {
        workers.push_back(ForkedWorker::start([&](int socket) {
            // A reader that is gone is no reason to complain: we end either way.
            static_cast<void>(write_all(socket, job(), "answer"));
        }));
    }
    std::vector<std::string> answers(jobs.size());
    std::vector<bool> ended(jobs.size());
    for (;;) {
        std::vector<pollfd> waiting;
        std::vector<std::size_t> whose;
        for (std::size_t i = 0; i < workers.size(); ++i) {
            if (!workers[i] || ended[i]) continue;
            waiting.push_back({.fd = workers[i]->socket(), .events = POLLIN, .revents = 0});
            whose.push_back(i);
        }
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
                              until - std::chrono::steady_clock::now())
                              .count();
        if (waiting.empty() || left <= 0) break;
        if (poll(waiting.data(), waiting.size(),
                 static_cast<int>(std::min<std::int64_t>(left, 1000))) < 0 &&
            errno != EINTR)
            break;
        for (std::size_t k = 0; k < waiting.size(); ++k) {
            if (waiting[k].revents == 0) continue;
            std::array<char, 65536> chunk{};
            const ssize_t got = recv(waiting[k].fd, chunk.data(), chunk.size(), MSG_DONTWAIT);
            if (got > 0)
                answers[whose[k]].append(chunk.data(), static_cast<std::size_t>(got));
            else if (got == 0 || (errno != EAGAIN && errno != EINTR))
                ended[whose[k]] = true;
            if (answers[whose[k]].size() > kMessageSizeMax) ended[whose[k]] = true;
        }
    }
    std::vector<Result<std::string>> results;
    for (std::size_t i = 0; i < workers.size(); ++i) {
        if (!workers[i])
            results.emplace_back(tl::unexpected{workers[i].error()});
        else if (!ended[i])
            results.emplace_back(
                failure(ErrorCode::unsupported,
                        "does not answer within " + std::to_string(deadline.count() / 1000) + " s",
                        "the drive or its path hangs: reseat it, or send it to destruction"));
        else if (answers[i].size() > kMessageSizeMax)
            results.emplace_back(
                failure(ErrorCode::internal,
                        "its answer is longer than " + std::to_string(kMessageSizeMax) + " bytes"));
        else
            results.emplace_back(std::move(answers[i]));
    }
    return results;
}

}  // namespace quietus::app
