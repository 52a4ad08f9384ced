#include "listening.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <unistd.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace quietus::nvme_target {
namespace {

int listen_on_path(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) return errno = ENAMETOOLONG, -1;
    std::ranges::copy(path, address.sun_path);
    static_cast<void>(::unlink(path.c_str()));
    const int made = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (::bind(made, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        ::close(made);
        return -1;
    }
    return made;
}

int listen_on_port(const std::string& host, std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    if (::inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) return errno = EINVAL, -1;
    const int made = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const int yes = 1;
    static_cast<void>(::setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes));
    if (::bind(made, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        ::close(made);
        return -1;
    }
    return made;
}

}  // namespace

int listen_on(const std::string& where, std::string& why) {
    const std::size_t colon = where.rfind(':');
    int made = -1;
    if (where.find('/') != std::string::npos) {
        made = listen_on_path(where);
    } else if (colon != std::string::npos) {
        const unsigned long port = std::strtoul(where.c_str() + colon + 1, nullptr, 10);
        made = listen_on_port(where.substr(0, colon), static_cast<std::uint16_t>(port));
    } else {
        errno = EINVAL;
    }
    if (made < 0 || ::listen(made, 64) != 0) {
        why = where + ": " + std::strerror(errno);  // NOLINT(concurrency-mt-unsafe)
        return -1;
    }
    return made;
}

std::string name_of(int socket) {
    sockaddr_storage any{};
    socklen_t size = sizeof any;
    static_cast<void>(::getsockname(socket, reinterpret_cast<sockaddr*>(&any), &size));
    if (any.ss_family == AF_UNIX) return reinterpret_cast<const sockaddr_un*>(&any)->sun_path;
    const auto* address = reinterpret_cast<const sockaddr_in*>(&any);
    std::array<char, INET_ADDRSTRLEN> text{};
    static_cast<void>(::inet_ntop(AF_INET, &address->sin_addr, text.data(), text.size()));
    return std::string{text.data()} + ":" + std::to_string(ntohs(address->sin_port));
}

}  // namespace quietus::nvme_target
