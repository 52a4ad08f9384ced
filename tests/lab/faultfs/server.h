#pragma once
// The mounted folder: `disk` and the control files. One thread does everything, so the record has
// the order in which things happened; a request that is slow or hangs is put aside.

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "disk.h"

#define FUSE_USE_VERSION 314
#include <fuse3/fuse_lowlevel.h>

namespace quietus::faultfs {

class Server {
  public:
    explicit Server(Disk& disk) : disk_{disk} {}
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    ~Server() = default;

    /// Mounts, says `ready` on standard output, and serves until it is unmounted or a signal
    /// (TERM, INT, HUP) comes. Whoever then still waits gets EIO. The exit status of the program.
    int run(const std::string& program, const std::string& mount_point);

    // -- What the kernel asks for
    // ----------------------------------------------------------------------------
    void submit(fuse_req_t reply, Request request);
    /// Control files by inode: their text as it is now; what was written to them, 0 or an errno.
    std::string text_of(fuse_ino_t file) const;
    int take(fuse_ino_t file, std::string_view text, bool from_the_start);
    std::uint64_t disk_size() const { return disk_.size(); }
    /// The text a control file had when it was opened, until it is closed.
    std::map<std::uint64_t, std::string> opened;

  private:
    using Clock = std::chrono::steady_clock;
    struct Held {
        fuse_req_t reply;
        Request request;
        std::optional<test::FaultRule> rule;
        std::optional<Clock::time_point> due;  ///< Without: until the rules change.
    };

    void serve(fuse_session* session, int signals);
    void finish(const Held& held);
    void finish_due();
    void begin_hanging_anew();
    int milliseconds_to_the_next() const;

    Disk& disk_;
    std::vector<Held> held_;
};

}  // namespace quietus::faultfs
