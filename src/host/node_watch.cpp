#include "host/node_watch.h"

#include <array>
#include <poll.h>
#include <unistd.h>

#include <sys/inotify.h>

namespace quietus {

NodeWatch::NodeWatch(const std::vector<std::string>& nodes)
    : closes_{::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)} {
    for (const std::string& node : nodes)
        ::inotify_add_watch(closes_.get(), node.c_str(), IN_CLOSE);
}

void NodeWatch::wait(std::chrono::milliseconds limit) {
    pollfd waiting{.fd = closes_.get(), .events = POLLIN, .revents = 0};
    static_cast<void>(::poll(&waiting, 1, static_cast<int>(limit.count())));
    std::array<char, 4096> heard{};
    while (::read(closes_.get(), heard.data(), heard.size()) > 0) {
    }
}

}  // namespace quietus
