#pragma once
// One TCP connection of a host: a queue of a controller. It takes bytes and makes bytes; whoever
// owns it moves them through the socket.

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "pdu.h"
#include "subsystem.h"

namespace quietus::nvme_target {

class Connection {
  public:
    explicit Connection(Subsystem& subsystem) : subsystem_{subsystem} {}
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    /// An admin queue takes its controller with it.
    ~Connection();

    /// False: the host does not speak NVMe/TCP, and the connection is of no more use.
    bool take(std::span<const std::byte> bytes);
    /// Sends what has become due: slow completions and events.
    void tick();
    /// When tick() has the next slow completion, in the model's milliseconds.
    std::optional<std::uint64_t> next_due() const;

    Bytes& output() { return output_; }

  private:
    /// A command whose data are on their way.
    struct Pending {
        std::array<std::byte, 64> sqe{};
        Bytes data;
        std::size_t received{0};
    };
    struct Slow {
        std::uint64_t due{0};
        std::uint16_t command{0};
        std::uint16_t status{0};
        std::uint32_t dw0{0};
        Bytes data;
    };

    bool handle(std::span<const std::byte> pdu);
    bool handle_command(std::span<const std::byte> pdu);
    bool handle_data(std::span<const std::byte> pdu);
    void execute(std::span<const std::byte, 64> sqe, std::span<std::byte> data);
    void execute_fabrics(const nvme::Command& command, std::span<const std::byte> data);
    void complete(const nvme::Command& command, const nvme::Completion& done,
                  std::span<const std::byte> data);
    void send_data(std::uint16_t command, std::span<const std::byte> data);
    void send_response(std::uint16_t command, std::uint16_t status, std::uint64_t dw);
    void send(const Bytes& pdu) { output_.insert(output_.end(), pdu.begin(), pdu.end()); }

    Subsystem& subsystem_;
    std::optional<Queue> queue_;
    std::uint16_t queue_head_{0};
    Bytes input_, output_;
    std::map<std::uint16_t, Pending> pending_;
    std::vector<Slow> slow_;
    std::deque<std::uint16_t> event_requests_;
};

}  // namespace quietus::nvme_target
