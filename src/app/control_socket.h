#pragma once
// How `quietus stop` reaches a running call: a socket beside its status file, for root alone.

#include <cstdint>
#include <functional>
#include <optional>
#include <poll.h>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/unique_fd.h"

namespace quietus::app {

/// The supervisor's end. One JSON line comes on a connection, lines go back, and the connection is
/// closed. Nothing here ever blocks: a client that does not read loses its connection. One thread.
class ControlSocket {
  public:
    /// Makes the socket (mode 0600); a file of that name is replaced, as it can only be of a dead
    /// process with our number.
    static Result<ControlSocket> listen_at(const std::string& path);
    ControlSocket(ControlSocket&& other) noexcept;
    ControlSocket& operator=(ControlSocket&&) = delete;
    ControlSocket(const ControlSocket&) = delete;
    ControlSocket& operator=(const ControlSocket&) = delete;
    /// Removes the file and closes every connection.
    ~ControlSocket();

    /// What poll() is to wait for.
    void add_to(std::vector<pollfd>& waiting) const;
    /// Accepts, reads, and returns the requests that came, each with the number of its connection.
    struct Request {
        std::uint64_t client{0};
        Json message;
    };
    std::vector<Request> take();
    void answer(std::uint64_t client, const Json& message);
    void hang_up(std::uint64_t client);

  private:
    struct Client {
        std::uint64_t number{0};  ///< Never used again, unlike a descriptor.
        UniqueFd fd;
        std::string pending;
        bool asked{false};
    };
    ControlSocket(std::string path, UniqueFd fd) : path_{std::move(path)}, fd_{std::move(fd)} {}
    void accept_all();
    std::optional<Json> read_from(Client& client);

    std::string path_;
    UniqueFd fd_;
    std::vector<Client> clients_;
    std::uint64_t numbers_{0};
};

/// The other end: asks, hands each line of the answer to `on_line` until that returns false, the
/// other side hangs up, or nothing came for `patience_ms` (`busy`). `config` where nobody listens.
Result<void> ask_call(const std::string& path, const Json& request, int patience_ms,
                      const std::function<bool(const Json&)>& on_line);

}  // namespace quietus::app
