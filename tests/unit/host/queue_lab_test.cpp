// Which queue a worker gets, and where io_uring is forbidden.

#include <array>
#include <cerrno>
#include <cstddef>
#include <fcntl.h>
#include <unistd.h>

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/units.h"
#include "host/uring_queue.h"
#include "support/loop_device.h"

namespace quietus {
namespace {

class QueueLab : public testing::Test {
  protected:
    void SetUp() override {
        if (::geteuid() != 0 || ::access("/dev/loop-control", R_OK | W_OK) != 0)
            GTEST_SKIP() << "needs root and loop devices";
        loop_.emplace(scratch_.image("image", kMiB));
        device_ = UniqueFd{::open(loop_->path().c_str(), O_RDWR | O_DIRECT | O_CLOEXEC)};
        ASSERT_TRUE(device_.is_open());
    }
    test::ScratchFolder scratch_;
    std::optional<test::LoopDevice> loop_;
    UniqueFd device_;
};

bool forbid_io_uring() {
    std::array<sock_filter, 4> program{
        sock_filter{BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
        sock_filter{BPF_JMP | BPF_JEQ | BPF_K, 0, 1, SYS_io_uring_setup},
        sock_filter{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | EPERM},
        sock_filter{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}};
    const sock_fprog filter{.len = program.size(), .filter = program.data()};
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

// 0 where a write and a read of it work on that queue.
int try_queue(IoQueue& queue, const char* name) {
    if (queue.name() != name) return 2;
    std::fill(queue.buffer(0).begin(), queue.buffer(0).end(), std::byte{'q'});
    if (!queue.submit({.kind = IoKind::write, .offset = 0, .length = 4096, .slot = 0})) return 3;
    const auto wrote = queue.wait(-1);
    if (!wrote || wrote->size() != 1 || !wrote->at(0).ok()) return 4;
    if (!queue.submit({.kind = IoKind::read, .offset = 0, .length = 4096, .slot = 1})) return 5;
    const auto read = queue.wait(-1);
    if (!read || read->size() != 1 || !read->at(0).ok()) return 6;
    return queue.buffer(1)[4095] == std::byte{'q'} ? 0 : 7;
}

TEST_F(QueueLab, WhereIoUringIsForbiddenThreadsDoTheSame) {
    const pid_t child = ::fork();
    if (child == 0) {
        if (!forbid_io_uring()) ::_exit(8);
        const auto refused = make_uring_queue(device_.get(), {.depth = 2, .request_size = 4096});
        if (refused || refused.error().sys_errno != EPERM) ::_exit(9);
        const auto queue = make_linux_queue(device_.get(), {.depth = 2, .request_size = 4096});
        ::_exit(queue ? try_queue(**queue, "threads") : 10);
    }
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_F(QueueLab, WhereItIsAllowedIoUringIsUsedUnlessThreadsAreAskedFor) {
    const auto uring = make_linux_queue(device_.get(), {.depth = 2, .request_size = 4096});
    ASSERT_TRUE(uring.has_value());
    EXPECT_EQ(try_queue(**uring, "io_uring"), 0);
    const auto threads =
        make_linux_queue(device_.get(), {.depth = 2, .request_size = 4096, .force_threads = true});
    ASSERT_TRUE(threads.has_value());
    EXPECT_EQ(try_queue(**threads, "threads"), 0);
}

TEST_F(QueueLab, WaitingWithNothingInFlightComesBackEmpty) {
    for (const bool threads : {false, true}) {
        const auto queue = make_linux_queue(
            device_.get(), {.depth = 2, .request_size = 4096, .force_threads = threads});
        const auto done = (*queue)->wait(-1);
        ASSERT_TRUE(done.has_value());
        EXPECT_TRUE(done->empty());
        EXPECT_EQ((*queue)->in_flight(), 0U);
    }
}

TEST_F(QueueLab, SharedMemoryIsWrittenFromEverySlotAndMustBeLargeEnough) {
    for (const bool threads : {false, true}) {
        const auto queue = make_linux_queue(
            device_.get(), {.depth = 4, .request_size = 4096, .force_threads = threads});
        alignas(4096) static std::array<std::byte, 8192> source{};
        source.fill(threads ? std::byte{'t'} : std::byte{'u'});
        EXPECT_FALSE((*queue)->use_shared_source(std::span{source}.first(512)));
        ASSERT_TRUE((*queue)->use_shared_source(source));
        for (unsigned slot = 0; slot < 4; ++slot)
            ASSERT_TRUE((*queue)
                            ->submit({.kind = IoKind::write,
                                      .offset = slot * 4096ULL,
                                      .length = 4096,
                                      .slot = slot})
                            .has_value());
        while ((*queue)->in_flight() > 0) {
            const auto done = (*queue)->wait(-1);
            ASSERT_TRUE(done.has_value());
            for (const IoCompletion& completion : *done)
                EXPECT_TRUE(completion.ok()) << completion.error;
        }
        ASSERT_TRUE((*queue)
                        ->submit({.kind = IoKind::read, .offset = 12288, .length = 4096, .slot = 2})
                        .has_value());
        ASSERT_TRUE((*queue)->wait(-1)->at(0).ok());
        EXPECT_EQ((*queue)->buffer(2)[0], source[0]);
    }
}

}  // namespace
}  // namespace quietus
