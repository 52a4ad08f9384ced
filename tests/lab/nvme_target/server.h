#pragma once
// The loop of the target: one thread, one poll(2). Hosts on one listening socket, tests on another.

#include <list>
#include <memory>
#include <string>

#include "connection.h"
#include "subsystem.h"

namespace quietus::nvme_target {

class Server {
  public:
    struct Sockets {
        int hosts{-1};
        int control{-1};    ///< -1: none.
        int signals{-1};    ///< signalfd: whatever it says ends the loop.
        int until_eof{-1};  ///< -1: none.
    };
    Server(Subsystem& subsystem, Sockets sockets) : subsystem_{subsystem}, sockets_{sockets} {}

    /// Until a signal, or the end of `until_eof`. The exit status.
    int run();

  private:
    struct Host {
        int socket{-1};
        std::unique_ptr<Connection> connection;
    };
    struct Tester {
        int socket{-1};
        std::string line;
    };

    bool poll_once();
    int timeout_ms();
    void accept_host();
    bool serve_host(Host& host);
    bool serve_tester(Tester& tester);
    void drop_hosts();

    Subsystem& subsystem_;
    Sockets sockets_;
    std::list<Host> hosts_;
    std::list<Tester> testers_;
};

}  // namespace quietus::nvme_target
