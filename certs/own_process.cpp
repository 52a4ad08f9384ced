#include "certs/own_process.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/file.h"
#include "base/unique_fd.h"

namespace quietus::certs {

namespace {

constexpr std::size_t kAnswerSizeMax = 4 * std::size_t{1024} * 1024;
constexpr char kGood = '+';

// An answer is '+' and the bytes, or the error's code and its two texts with a NUL between them.
void write_answer(int to, const Result<std::string>& result) {
    const auto write = [to](std::string_view part) {
        static_cast<void>(write_all(to, part, "answer"));  // a reader that is gone has given up
    };
    if (result) {
        write(std::string_view{&kGood, 1});
        write(*result);
        return;
    }
    const Error& error = result.error();
    const std::array<char, 1> code{static_cast<char>('A' + static_cast<int>(error.code))};
    constexpr std::array<char, 1> kEnd{'\0'};
    write({code.data(), code.size()});
    write(error.message);
    write({kEnd.data(), kEnd.size()});
    write(error.hint);
}

Result<std::string> result_of(const std::string& answer) {
    if (answer.front() == kGood) return answer.substr(1);
    const std::size_t end = std::min(answer.find('\0'), answer.size());
    return failure(static_cast<ErrorCode>(answer.front() - 'A'), answer.substr(1, end - 1),
                   answer.substr(std::min(end + 1, answer.size())));
}

[[noreturn]] void be_the_child(int answer, pid_t parent,
                               const std::function<Result<std::string>()>& work) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);  // it died before we asked to be told
    const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nowhere < 0 || ::dup2(nowhere, STDOUT_FILENO) < 0 || ::dup2(nowhere, STDERR_FILENO) < 0)
        _exit(1);
    write_answer(answer, work());
    // No destructors, no atexit: buffers and locks of the parent are not ours to flush.
    _exit(0);
}

// Everything until the child closes its end; nothing where the time is over or there is too much.
std::string read_answer(int fd, std::chrono::seconds limit) {
    const auto until = std::chrono::steady_clock::now() + limit;
    std::string answer;
    for (;;) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            until - std::chrono::steady_clock::now());
        pollfd waiting{.fd = fd, .events = POLLIN, .revents = 0};
        if (left.count() <= 0) return {};
        const int ready = poll(&waiting, 1, static_cast<int>(left.count()));
        if (ready == 0 || (ready < 0 && errno != EINTR)) return {};
        if (ready < 0) continue;
        std::array<char, 65536> chunk{};
        const ssize_t got = ::read(fd, chunk.data(), chunk.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return {};
        if (got == 0) return answer;
        answer.append(chunk.data(), static_cast<std::size_t>(got));
        if (answer.size() > kAnswerSizeMax) return {};
    }
}

}  // namespace

Result<std::string> in_own_process(const std::function<Result<std::string>()>& work,
                                   std::chrono::seconds limit) {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) return sys_failure("pipe", errno);
    UniqueFd ours{ends[0]};
    UniqueFd theirs{ends[1]};
    const pid_t parent = getpid();
    const pid_t child = fork();
    if (child < 0) return sys_failure("fork", errno);
    if (child == 0) be_the_child(theirs.get(), parent, work);
    theirs.reset();
    const std::string answer = read_answer(ours.get(), limit);
    ::kill(child, SIGKILL);  // done, or never to be
    while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
    }
    if (!answer.empty()) return result_of(answer);
    return failure(ErrorCode::config,
                   "the library of the key store died, or did not answer within " +
                       std::to_string(limit.count()) + " s",
                   "try it with its own tool: pkcs11-tool, tpm2_readpublic");
}

}  // namespace quietus::certs
