#pragma once

#include <csignal>
#include <optional>

#include "base/result.h"
#include "base/unique_fd.h"

namespace quietus::app {

/// SIGINT, SIGTERM and SIGHUP as something to poll. Blocked from start() on, in workers forked
/// later too: the supervisor alone decides what a signal means. SIGPIPE is ignored.
class Signals {
  public:
    static Result<Signals> start();
    int descriptor() const { return fd_.get(); }
    /// The signal that has arrived, if any (does not wait). SIGHUP counts as SIGTERM.
    std::optional<int> take();

  private:
    explicit Signals(UniqueFd fd) : fd_{std::move(fd)} {}
    UniqueFd fd_;
};

}  // namespace quietus::app
