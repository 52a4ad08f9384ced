#pragma once
// Sockets that listen, for hosts and for tests.

#include <string>

namespace quietus::nvme_target {

/// `ADDRESS:PORT` of IPv4, or the path of a socket where it has a slash. -1 with a reason.
int listen_on(const std::string& where, std::string& why);
/// Where it came to listen: of port 0 the one that the kernel chose.
std::string name_of(int socket);

}  // namespace quietus::nvme_target
