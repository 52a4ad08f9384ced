#include "server.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>
#include <vector>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "control.h"

namespace quietus::nvme_target {
namespace {

constexpr int kTickMs = 20;
constexpr std::size_t kReadBytes = 256UL * 1024;

/// Writes what goes now; false where the connection is broken.
bool write_out(int socket, Bytes& output) {
    while (!output.empty()) {
        const ssize_t sent = ::send(socket, output.data(), output.size(), MSG_NOSIGNAL);
        if (sent < 0) return errno == EAGAIN || errno == EINTR;
        output.erase(output.begin(), output.begin() + sent);
    }
    return true;
}

}  // namespace

int Server::run() {
    while (poll_once()) {
    }
    drop_hosts();
    for (const Tester& tester : testers_) ::close(tester.socket);
    return 0;
}

// While something is under way, or an event may come, the clock is looked at often.
int Server::timeout_ms() {
    nvme::Model& model = subsystem_.model();
    const bool is_due = std::ranges::any_of(
        hosts_, [](const Host& host) { return host.connection->next_due().has_value(); });
    return model.progress() || is_due ? kTickMs : 500;
}

bool Server::poll_once() {
    std::vector<pollfd> waits{{sockets_.signals, POLLIN, 0},
                              {sockets_.until_eof, POLLIN, 0},
                              {sockets_.hosts, POLLIN, 0},
                              {sockets_.control, POLLIN, 0}};
    for (const Host& host : hosts_) {
        const bool writes = !host.connection->output().empty();
        waits.push_back({host.socket, static_cast<short>(POLLIN | (writes ? POLLOUT : 0)), 0});
    }
    for (const Tester& tester : testers_) waits.push_back({tester.socket, POLLIN, 0});
    if (::poll(waits.data(), waits.size(), timeout_ms()) < 0 && errno != EINTR) return false;
    if (waits[0].revents != 0) return false;
    if (waits[1].revents != 0) {
        std::array<char, 256> rest{};
        if (::read(sockets_.until_eof, rest.data(), rest.size()) <= 0) return false;
    }
    subsystem_.model().look_at_clock();

    std::size_t at = 4;
    for (auto host = hosts_.begin(); host != hosts_.end(); ++at) {
        if (waits[at].revents == 0 || serve_host(*host)) {
            ++host;
            continue;
        }
        ::close(host->socket);
        host = hosts_.erase(host);
    }
    for (auto tester = testers_.begin(); tester != testers_.end(); ++at) {
        if (waits[at].revents == 0 || serve_tester(*tester)) {
            ++tester;
            continue;
        }
        ::close(tester->socket);
        tester = testers_.erase(tester);
    }
    if (subsystem_.has_been_reset()) drop_hosts();
    for (const Host& host : hosts_) {
        host.connection->tick();
        static_cast<void>(write_out(host.socket, host.connection->output()));
    }
    if (waits[2].revents != 0) accept_host();
    if (waits[3].revents != 0) {
        const int socket = ::accept4(sockets_.control, nullptr, nullptr, SOCK_CLOEXEC);
        if (socket >= 0) testers_.push_back({.socket = socket, .line = {}});
    }
    return true;
}

void Server::accept_host() {
    const int socket = ::accept4(sockets_.hosts, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (socket < 0) return;
    if (!subsystem_.model().present()) {
        ::close(socket);
        return;
    }
    const int yes = 1;
    static_cast<void>(::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes));
    hosts_.push_back({.socket = socket, .connection = std::make_unique<Connection>(subsystem_)});
}

bool Server::serve_host(Host& host) {
    static thread_local Bytes buffer(kReadBytes);
    const ssize_t got = ::recv(host.socket, buffer.data(), buffer.size(), 0);
    if (got < 0 && errno != EAGAIN && errno != EINTR) return false;
    if (got == 0) return false;
    if (got > 0 && !host.connection->take(std::span{buffer}.first(static_cast<std::size_t>(got)))) {
        return false;
    }
    return write_out(host.socket, host.connection->output());
}

bool Server::serve_tester(Tester& tester) {
    std::array<char, 1024> buffer{};
    const ssize_t got = ::recv(tester.socket, buffer.data(), buffer.size(), 0);
    if (got <= 0) return false;
    tester.line.append(buffer.data(), static_cast<std::size_t>(got));
    for (std::size_t end = tester.line.find('\n'); end != std::string::npos;
         end = tester.line.find('\n')) {
        const std::string said =
            answer(subsystem_.model(), tester.line.substr(0, end), hosts_.size());
        tester.line.erase(0, end + 1);
        if (::send(tester.socket, said.data(), said.size(), MSG_NOSIGNAL) < 0) return false;
    }
    return tester.line.size() < 4096;
}

void Server::drop_hosts() {
    for (const Host& host : hosts_) ::close(host.socket);
    hosts_.clear();
    // That they are gone is no news.
    static_cast<void>(subsystem_.has_been_reset());
}

}  // namespace quietus::nvme_target
