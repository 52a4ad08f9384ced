// nvme-trap: runs a program for which one block device (a loop device) takes NVMe admin commands.
// Its ioctls are answered by the device model of tests/support/nvme_model.h, whose medium is that
// device; reads and writes go to the device itself, past the model. No module, no machine.
//
// Ends with the program's exit status, or 128 and its signal. Signals are handed on.

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <poll.h>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "control.h"
#include "drive.h"
#include "drive_options.h"
#include "listener.h"
#include "listening.h"

namespace {

using namespace quietus::nvme_trap;    // NOLINT(google-build-using-namespace)
using namespace quietus::nvme_target;  // NOLINT(google-build-using-namespace)
namespace nvme = quietus::test::nvme;

constexpr int kUsage = 64;
constexpr int kTickMs = 20;
constexpr std::string_view kHelp =
    "usage: nvme-trap [OPTION VALUE]... --device NODE -- PROGRAM [ARGUMENT]...\n"
    "  --device NODE        the block device; it is also what the first namespace is on\n"
    "  --control PATH       a socket for tests, as nvme-target has it\n"
    "  --clock real|manual  manual: time passes by `advance` alone\n"
    "  --loop hidden|shown  hidden (default): LOOP_GET_STATUS64 on it is ENOTTY\n";

struct Call {
    nvme::ModelOptions model;
    std::string device, control;
    bool is_manual{false};
    bool hides_loop{true};
    std::vector<std::string> program;
};

int complain(const std::string& why, int status) {
    static_cast<void>(std::fprintf(stderr, "nvme-trap: %s\n", why.c_str()));
    return status;
}

bool take_option(Call& call, const std::string& name, const std::string& value, std::string& why) {
    switch (take_drive_option(call.model, name, value, why)) {
        case Taken::taken:
            return true;
        case Taken::wrong:
            return false;
        case Taken::not_ours:
            break;
    }
    if (name == "--device") return call.device = value, true;
    if (name == "--control") return call.control = value, true;
    if (name == "--loop") return call.hides_loop = value != "shown", true;
    if (name == "--clock") return call.is_manual = value == "manual", true;
    why = "no option " + name;
    return false;
}

std::optional<Call> understand(const std::vector<std::string>& words, std::string& why) {
    Call call;
    std::size_t at = 0;
    for (; at + 1 < words.size() && words[at] != "--"; at += 2) {
        if (!take_option(call, words[at], words[at + 1], why)) return std::nullopt;
    }
    if (at < words.size() && words[at] == "--") {
        call.program.assign(words.begin() + static_cast<std::ptrdiff_t>(at) + 1, words.end());
    }
    if (call.program.empty()) why = "no program after --";
    if (call.device.empty()) why = "no --device";
    return why.empty() ? std::optional{std::move(call)} : std::nullopt;
}

int signals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int each : {SIGTERM, SIGINT, SIGHUP, SIGCHLD}) sigaddset(&set, each);
    static_cast<void>(::sigprocmask(SIG_BLOCK, &set, nullptr));
    return ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

// The exit status once it has ended.
std::optional<int> look_at_signals(int descriptor, pid_t process) {
    signalfd_siginfo info{};
    while (::read(descriptor, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo != SIGCHLD) ::kill(process, static_cast<int>(info.ssi_signo));
    }
    int ended = 0;
    if (::waitpid(process, &ended, WNOHANG) != process) return std::nullopt;
    return WIFEXITED(ended) ? WEXITSTATUS(ended) : 128 + WTERMSIG(ended);
}

void serve_tester(int control, Drive& drive) {
    const int tester = ::accept4(control, nullptr, nullptr, SOCK_CLOEXEC);
    if (tester < 0) return;
    // A line, an answer, and that is all.
    std::array<char, 1024> line{};
    const ssize_t got = ::recv(tester, line.data(), line.size(), 0);
    std::string_view text{line.data(), got > 0 ? static_cast<std::size_t>(got) : 0};
    if (text.ends_with('\n')) text.remove_suffix(1);
    const std::string said = answer(drive.model(), text, 1);
    static_cast<void>(::send(tester, said.data(), said.size(), MSG_NOSIGNAL));
    ::close(tester);
}

int serve(Drive& drive, const Program& program, int signal_descriptor, int control) {
    for (;;) {
        std::array<pollfd, 3> waits{pollfd{signal_descriptor, POLLIN, 0},
                                    pollfd{program.listener, POLLIN, 0},
                                    pollfd{control, POLLIN, 0}};
        const bool is_busy = drive.has_slow() || drive.model().progress();
        static_cast<void>(::poll(waits.data(), waits.size(), is_busy ? kTickMs : 1000));
        drive.tick(program.listener);
        if ((waits[1].revents & POLLIN) != 0) {
            if (const auto asked = receive(program.listener)) drive.take(program.listener, *asked);
        }
        if (waits[2].revents != 0) serve_tester(control, drive);
        if (waits[0].revents == 0) continue;
        if (const auto status = look_at_signals(signal_descriptor, program.process)) return *status;
    }
}

int run(Call call) {
    struct stat facts {};
    if (::stat(call.device.c_str(), &facts) != 0 || !S_ISBLK(facts.st_mode)) {
        return complain(call.device + ": not a block device", EXIT_FAILURE);
    }
    auto opened = nvme::FileMedium::open(call.device);
    if (!opened) {
        // NOLINTNEXTLINE(concurrency-mt-unsafe)
        return complain(call.device + ": " + std::strerror(errno), EXIT_FAILURE);
    }
    const std::uint64_t size = opened->size();
    opened.reset();
    call.model.namespaces.insert(
        call.model.namespaces.begin(),
        nvme::NamespaceSpec{.medium = std::make_unique<DeviceMedium>(call.device, size)});
    call.model.host_reads_media = true;
    if (!call.is_manual) give_real_clock(call.model);
    const bool hides_loop = call.hides_loop;
    std::string why;
    auto model = nvme::Model::make(std::move(call.model), why);
    if (!model) return complain(why, EXIT_FAILURE);
    Drive drive{std::move(model), facts.st_rdev, hides_loop};
    int control = -1;
    if (!call.control.empty()) {
        control = listen_on(call.control, why);
        if (control < 0) return complain(why, EXIT_FAILURE);
    }
    const int signal_descriptor = signals();
    const auto program = start(call.program, requests_of_interest(), why);
    if (!program) return complain(why, EXIT_FAILURE);
    return serve(drive, *program, signal_descriptor, control);
}

}  // namespace

int main(int argc, char** argv) {
    std::string why;
    auto call = understand({argv + 1, argv + argc}, why);
    if (!call) {
        static_cast<void>(std::fputs(kHelp.data(), stderr));
        static_cast<void>(std::fputs(kDriveHelp.data(), stderr));
        return complain(why, kUsage);
    }
    return run(std::move(*call));
}
