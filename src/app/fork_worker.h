#pragma once
// Worker processes: forked without exec from a single-threaded supervisor. Whatever may hang
// happens in one.

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "base/result.h"
#include "base/unique_fd.h"

namespace quietus::app {

/// A child with a stream socket to it. Letting go of a running child kills it (SIGKILL) and does
/// not wait: a child stuck in a dead drive cannot be reaped, and must not hold us up.
class ForkedWorker {
  public:
    /// Runs `work` in a child with its end of the socket; the child ends when it returns, without
    /// running destructors of the parent's objects. SIGKILL reaches it if we die. The parent must
    /// have no threads.
    static Result<ForkedWorker> start(const std::function<void(int socket)>& work);

    ForkedWorker(ForkedWorker&& other) noexcept;
    ForkedWorker& operator=(ForkedWorker&&) = delete;
    ForkedWorker(const ForkedWorker&) = delete;
    ForkedWorker& operator=(const ForkedWorker&) = delete;
    ~ForkedWorker();

    /// In a sibling: lets go of the inherited descriptor, so that the supervisor's end shows to the
    /// other worker.
    void forget_in_child() {
        socket_.reset();
        pid_ = -1;
    }
    int socket() const { return socket_.get(); }
    pid_t pid() const { return pid_; }
    /// True once the child has ended and was reaped (does not wait).
    bool reap();
    /// The same, waiting up to `limit`.
    bool wait_for_end(std::chrono::milliseconds limit);
    void kill();

  private:
    ForkedWorker(UniqueFd socket, pid_t pid) : socket_{std::move(socket)}, pid_{pid} {}
    UniqueFd socket_;
    pid_t pid_{-1};
};

/// Whole lines from a stream, as they arrive. A line longer than the limit ends the stream as
/// broken.
class LineReader {
  public:
    enum class State { open, ended, broken };
    /// Takes what is there without blocking (the descriptor may be blocking) and appends whole
    /// lines to `lines`.
    State read_available(int fd, std::vector<std::string>& lines);

  private:
    std::string pending_;
};

/// Longest message between a worker and its supervisor: a snapshot of a drive with a thousand
/// partitions fits.
inline constexpr std::size_t kMessageSizeMax = 16 * 1024 * 1024;

/// Runs each job in a worker of its own, all at once, and returns what each wrote before it ended;
/// `unsupported`
/// ("does not answer") for those that had not ended at the deadline. The results are in the order
/// of the jobs.
std::vector<Result<std::string>> run_in_workers(
    const std::vector<std::function<std::string()>>& jobs, std::chrono::milliseconds deadline);

}  // namespace quietus::app
