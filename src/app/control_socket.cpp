#include "app/control_socket.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "app/fork_worker.h"
#include "base/file.h"

namespace quietus::app {

namespace {

constexpr std::size_t kRequestSizeMax = 8192;  // a path is at most 4096 bytes
constexpr std::size_t kClientsMax = 16;        // nobody needs more at once
constexpr int kBacklog = 16;

// sun_path holds 108 bytes, and a state folder may be named longer: through the folder's descriptor
// every name is short.
struct Address {
    UniqueFd folder;
    sockaddr_un address{};
};
Result<Address> address_of(const std::string& path) {
    const std::string parent = parent_directory(path);
    Address result{.folder = UniqueFd{::open(parent.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)},
                   .address = {}};
    if (!result.folder.is_open()) return sys_failure("open " + parent, errno);
    const std::string shorter = "/proc/self/fd/" + std::to_string(result.folder.get()) + "/" +
                                path.substr(path.find_last_of('/') + 1);
    result.address.sun_family = AF_UNIX;
    if (shorter.size() >= sizeof result.address.sun_path)
        return failure(ErrorCode::config, path + ": the name of the socket is too long");
    std::memcpy(result.address.sun_path, shorter.c_str(), shorter.size() + 1);
    return result;
}

UniqueFd new_socket(int flags) {
    return UniqueFd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0)};
}

const sockaddr* plain(const sockaddr_un& address) {
    return reinterpret_cast<const sockaddr*>(&address);
}

// The mode of the folder and the file keep others out; this asks the kernel who really called.
bool is_ours(int client) {
    ucred who{};
    socklen_t size = sizeof who;
    return getsockopt(client, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 &&
           (who.uid == 0 || who.uid == geteuid());
}

}  // namespace

Result<ControlSocket> ControlSocket::listen_at(const std::string& path) {
    const Address address = QUIETUS_TRY(address_of(path));
    UniqueFd fd = new_socket(SOCK_NONBLOCK);
    if (!fd.is_open()) return sys_failure("socket", errno);
    ::unlink(path.c_str());
    if (bind(fd.get(), plain(address.address), sizeof address.address) != 0)
        return sys_failure("bind " + path, errno);
    if (::chmod(path.c_str(), 0600) != 0 || listen(fd.get(), kBacklog) != 0) {
        const int saved = errno;
        ::unlink(path.c_str());
        return sys_failure("listen at " + path, saved);
    }
    return ControlSocket{path, std::move(fd)};
}

ControlSocket::ControlSocket(ControlSocket&& other) noexcept
    : path_{std::exchange(other.path_, {})},
      fd_{std::move(other.fd_)},
      clients_{std::move(other.clients_)},
      numbers_{other.numbers_} {}

ControlSocket::~ControlSocket() {
    if (!path_.empty()) ::unlink(path_.c_str());
}

void ControlSocket::add_to(std::vector<pollfd>& waiting) const {
    waiting.push_back({.fd = fd_.get(), .events = POLLIN, .revents = 0});
    for (const Client& client : clients_) {
        // One that has asked is only watched for its end.
        const auto events = static_cast<short>(client.asked ? 0 : POLLIN);
        waiting.push_back({.fd = client.fd.get(), .events = events, .revents = 0});
    }
}

void ControlSocket::accept_all() {
    while (clients_.size() < kClientsMax) {
        UniqueFd client{accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
        if (!client.is_open()) return;
        if (is_ours(client.get()))
            clients_.push_back(
                {.number = ++numbers_, .fd = std::move(client), .pending = {}, .asked = false});
    }
}

std::optional<Json> ControlSocket::read_from(Client& client) {
    std::array<char, 4096> chunk{};
    const ssize_t got = recv(client.fd.get(), chunk.data(), chunk.size(), MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return std::nullopt;
    if (got > 0) client.pending.append(chunk.data(), static_cast<std::size_t>(got));
    if (got <= 0 || client.pending.size() > kRequestSizeMax) {
        client.fd.reset();
        return std::nullopt;
    }
    const auto end = client.pending.find('\n');
    if (client.asked || end == std::string::npos) return std::nullopt;
    client.asked = true;
    auto message = parse_json(client.pending.substr(0, end));
    if (message) return std::move(*message);
    client.fd.reset();
    return std::nullopt;
}

std::vector<ControlSocket::Request> ControlSocket::take() {
    accept_all();
    std::vector<Request> requests;
    for (Client& client : clients_) {
        if (auto message = read_from(client))
            requests.push_back({client.number, std::move(*message)});
    }
    std::erase_if(clients_, [](const Client& client) { return !client.fd.is_open(); });
    return requests;
}

void ControlSocket::answer(std::uint64_t client, const Json& message) {
    const std::string line = canonical_json(message) + "\n";
    const auto at = std::find_if(clients_.begin(), clients_.end(),
                                 [&](const Client& one) { return one.number == client; });
    if (at == clients_.end()) return;  // it has gone
    const ssize_t sent = send(at->fd.get(), line.data(), line.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent != static_cast<ssize_t>(line.size())) clients_.erase(at);
}

void ControlSocket::hang_up(std::uint64_t client) {
    std::erase_if(clients_, [&](const Client& one) { return one.number == client; });
}

Result<void> ask_call(const std::string& path, const Json& request, int patience_ms,
                      const std::function<bool(const Json&)>& on_line) {
    const auto address = address_of(path);
    const UniqueFd fd = new_socket(0);
    if (!fd.is_open()) return sys_failure("socket", errno);
    if (!address || connect(fd.get(), plain(address->address), sizeof address->address) != 0)
        return failure(ErrorCode::config, path + ": nobody listens there",
                       "quietus status shows what is running");
    const std::string line = canonical_json(request) + "\n";
    if (send(fd.get(), line.data(), line.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(line.size()))
        return sys_failure("write to " + path, errno);
    LineReader reader;
    for (;;) {
        pollfd waiting{.fd = fd.get(), .events = POLLIN, .revents = 0};
        const int ready = poll(&waiting, 1, patience_ms);
        if (ready < 0 && errno == EINTR) continue;
        if (ready <= 0)
            return failure(ErrorCode::busy, "the running call does not answer", "try again");
        std::vector<std::string> lines;
        const auto stream = reader.read_available(fd.get(), lines);
        for (const std::string& said : lines) {
            if (!on_line(QUIETUS_TRY(parse_json(said)))) return {};
        }
        if (stream != LineReader::State::open) return {};
    }
}

}  // namespace quietus::app
