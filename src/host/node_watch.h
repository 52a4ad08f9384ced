#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/unique_fd.h"

namespace quietus {

/// Hears of closes of device nodes: inotify(7), IN_CLOSE, which also comes where a descriptor is
/// closed late, by the kernel itself. A close through another node of the same device is not heard.
/// Hears from its making on, so look after making it, then wait.
class NodeWatch {
  public:
    explicit NodeWatch(const std::vector<std::string>& nodes);

    /// Returns once somebody has closed one of the nodes, or after `limit`; nothing is lost where
    /// they cannot be watched but that the limit ends the wait.
    void wait(std::chrono::milliseconds limit);

  private:
    UniqueFd closes_;
};

}  // namespace quietus
