// A worker's memory while it erases a real block device.

#include <array>
#include <cstdio>
#include <cstdlib>
#include <unistd.h>

#include <gtest/gtest.h>
#include <sys/wait.h>

#include "base/file.h"
#include "engine/run.h"
#include "host/linux_host.h"
#include "support/approve.h"
#include "support/loop_device.h"

namespace quietus::engine {
namespace {

class Silent final : public RunControl {
  public:
    Result<void> begin(const StepOutcome& /*outcome*/) override { return {}; }
    Result<void> end(const StepOutcome& outcome) override {
        completed = completed && outcome.end == StepEnd::completed;
        return {};
    }
    void progress(const StepOutcome& /*outcome*/, const RangeSet& /*covered*/,
                  bool /*flushed*/) override {}
    bool stop_requested() override { return false; }
    void pause(std::chrono::milliseconds /*limit*/) override {}
    bool completed{true};
};

// VmHWM: the most memory the process ever had resident, in KiB (proc(5), status).
long peak_kib() {
    const std::string status = read_whole_file("/proc/self/status", 65536).value_or("");
    const auto at = status.find("VmHWM:");
    return at == std::string::npos ? -1 : std::strtol(status.c_str() + at + 6, nullptr, 10);
}

TEST(MemoryLab, AWorkerThatWrites256MiBGrowsByLessThan32MiB) {
    if (::geteuid() != 0 || ::access("/dev/loop-control", R_OK | W_OK) != 0)
        GTEST_SKIP() << "needs root and loop devices";
    const test::ScratchFolder scratch;
    const test::LoopDevice loop{scratch.image("image", 256 * kMiB)};
    LinuxHost host;
    auto plan = test::approved(host, loop.path());
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe(ends.data()), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        const long before = peak_kib();
        long grown = -1;
        auto drive = take(host, std::move(plan), {::getppid(), ::getpid()});
        Silent control;
        if (drive && run(*drive, control, SystemClock{}).cause.empty() && control.completed)
            grown = peak_kib() - before;
        static_cast<void>(!::write(ends[1], &grown, sizeof grown));
        ::_exit(0);
    }
    ::close(ends[1]);
    long grown = -1;
    EXPECT_EQ(::read(ends[0], &grown, sizeof grown), static_cast<ssize_t>(sizeof grown));
    ::close(ends[0]);
    ::waitpid(child, nullptr, 0);
    EXPECT_GE(grown, 0) << "the run did not complete";
    EXPECT_LE(grown, 32 * 1024);
}

}  // namespace
}  // namespace quietus::engine
