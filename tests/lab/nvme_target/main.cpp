// nvme-target: serves the device model of tests/support/nvme_model.h over NVMe/TCP, so that the
// driver of a real kernel drives it. It prints one line when it is ready:
//
//   nvme-target: ready 127.0.0.1:4420 nqn.2026-01.org.quietus:model
//
// and ends on SIGTERM or SIGINT, or with --until-eof when its standard input does.

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

#include <sys/signalfd.h>

#include "drive_options.h"
#include "listening.h"
#include "server.h"

namespace {

using namespace quietus::nvme_target;  // NOLINT(google-build-using-namespace)

constexpr int kUsage = 64;
constexpr std::string_view kHelp =
    "usage: nvme-target [OPTION VALUE]... --image FILE[:SECTOR[:shown|hidden|free]]...\n";
constexpr std::string_view kOwnHelp =
    "  --listen ADDR:PORT   for hosts (default 127.0.0.1:0)\n"
    "  --control WHERE      for tests: a path with a slash, or ADDR:PORT\n"
    "  --clock real|manual  manual: time passes by `advance` alone\n"
    "  --until-eof yes      end with standard input\n"
    "  --list yes           name the drives and end\n";

struct Call {
    nvme::ModelOptions model;
    std::string listen{"127.0.0.1:0"};
    std::string control;
    bool until_eof{false};
    bool list{false};
    bool is_manual{false};
};

bool take_option(Call& call, const std::string& name, const std::string& value, std::string& why) {
    switch (take_drive_option(call.model, name, value, why)) {
        case Taken::taken:
            return true;
        case Taken::wrong:
            return false;
        case Taken::not_ours:
            break;
    }
    if (name == "--listen") return call.listen = value, true;
    if (name == "--control") return call.control = value, true;
    if (name == "--clock") return call.is_manual = value == "manual", true;
    if (name == "--until-eof") return call.until_eof = value == "yes", true;
    if (name == "--list") return call.list = value == "yes", true;
    why = "no option " + name;
    return false;
}

int complain(const std::string& why, int status = EXIT_FAILURE) {
    static_cast<void>(std::fprintf(stderr, "nvme-target: %s\n", why.c_str()));
    return status;
}

int block_signals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int each : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, each);
    static_cast<void>(::sigprocmask(SIG_BLOCK, &set, nullptr));
    return ::signalfd(-1, &set, SFD_CLOEXEC);
}

int serve(Call call) {
    std::string why;
    call.model.fabrics = true;
    if (!call.is_manual) give_real_clock(call.model);
    const std::string name = call.model.personality.subsystem;
    auto model = nvme::Model::make(std::move(call.model), why);
    if (!model) return complain(why);
    Subsystem subsystem{std::move(model)};
    Server::Sockets sockets{.hosts = listen_on(call.listen, why),
                            .signals = block_signals(),
                            .until_eof = call.until_eof ? STDIN_FILENO : -1};
    if (sockets.hosts < 0) return complain(why);
    if (!call.control.empty()) {
        sockets.control = listen_on(call.control, why);
        if (sockets.control < 0) return complain(why);
    }
    std::string ready = "nvme-target: ready " + name_of(sockets.hosts) + " " + name;
    if (sockets.control >= 0) ready += " control " + name_of(sockets.control);
    static_cast<void>(std::puts(ready.c_str()));
    static_cast<void>(std::fflush(stdout));
    return Server{subsystem, sockets}.run();
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> words{argv + 1, argv + argc};
    Call call;
    std::string why;
    for (std::size_t i = 0; i < words.size(); i += 2) {
        if (i + 1 == words.size()) why = words[i] + " needs a value";
        if (why.empty()) static_cast<void>(take_option(call, words[i], words[i + 1], why));
        if (!why.empty()) {
            for (const auto part : {kHelp, kDriveHelp, kOwnHelp}) {
                static_cast<void>(std::fputs(part.data(), stderr));
            }
            return complain(why, kUsage);
        }
    }
    if (call.list) {
        for (const auto& each : nvme::personalities())
            static_cast<void>(std::puts(each.name.c_str()));
        return EXIT_SUCCESS;
    }
    return serve(std::move(call));
}
