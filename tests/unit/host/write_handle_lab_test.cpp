// open_writable on real loop devices.

#include <chrono>
#include <fcntl.h>
#include <future>
#include <thread>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/file.h"
#include "base/memory.h"
#include "host/linux_host.h"
#include "support/approve.h"
#include "support/loop_device.h"

namespace quietus {
namespace {

using test::approved;
using testing::HasSubstr;

constexpr std::uint64_t kSize = 8 * kMiB;
constexpr int kWaitMs = 50;

class WriteHandleLab : public testing::Test {
  protected:
    void SetUp() override {
        if (::geteuid() != 0) GTEST_SKIP() << "needs root";
        if (::access("/dev/loop-control", R_OK | W_OK) != 0) GTEST_SKIP() << "needs loop devices";
        image_ = scratch_.image("image", kSize);
        loop_.emplace(image_);
    }
    Result<std::unique_ptr<WriteHandle>> open(const guard::ApprovedPlan& plan) {
        return host_.open_writable(plan.permit(), kWaitMs);
    }
    bool image_is_untouched() const {
        return read_whole_file(image_, kSize).value() == std::string(kSize, '\0');
    }
    LinuxHost host_;
    test::ScratchFolder scratch_;
    std::string image_;
    std::optional<test::LoopDevice> loop_;
};

TEST_F(WriteHandleLab, OpensAFreeDriveAndWritesNothing) {
    const auto plan = approved(host_, loop_->path());
    auto handle = open(plan);
    ASSERT_TRUE(handle.has_value()) << handle.error().message;
    const HandleFacts facts = (*handle)->facts().value();
    EXPECT_EQ(facts.number, plan.permit().target().number);
    EXPECT_EQ(facts.size.bytes, kSize);
    EXPECT_TRUE((*handle)->flush().has_value());
    EXPECT_TRUE((*handle)->drop_cache().has_value());
    EXPECT_TRUE(image_is_untouched());
    // Ours alone: nobody else gets it exclusively, nor its lock.
    EXPECT_LT(::open(loop_->path().c_str(), O_RDONLY | O_EXCL | O_CLOEXEC), 0);
    const UniqueFd other{::open(loop_->path().c_str(), O_RDONLY | O_CLOEXEC)};
    EXPECT_NE(::flock(other.get(), LOCK_EX | LOCK_NB), 0);
    handle->reset();
    EXPECT_EQ(::flock(other.get(), LOCK_EX | LOCK_NB), 0);
}

TEST_F(WriteHandleLab, ReadsWhatItsQueueWrote) {
    auto handle = open(approved(host_, loop_->path()));
    ASSERT_TRUE(handle.has_value());
    auto queue = (*handle)->make_queue({.depth = 2, .request_size = 65536});
    ASSERT_TRUE(queue.has_value());
    std::fill((*queue)->buffer(1).begin(), (*queue)->buffer(1).end(), std::byte{'q'});
    ASSERT_TRUE((*queue)
                    ->submit({.kind = IoKind::write, .offset = 65536, .length = 4096, .slot = 1})
                    .has_value());
    const auto done = (*queue)->wait(-1);
    ASSERT_TRUE(done.has_value() && done->size() == 1 && done->at(0).ok());
    auto buffer = AlignedBuffer::create(4096);
    ASSERT_TRUE((*handle)->read_direct(65536, buffer->span()).has_value());
    EXPECT_EQ(buffer->span()[4095], std::byte{'q'});
}

TEST_F(WriteHandleLab, ADriveHeldExclusivelyIsRefused) {
    const auto plan = approved(host_, loop_->path());
    const UniqueFd holder{::open(loop_->path().c_str(), O_RDONLY | O_EXCL | O_CLOEXEC)};
    ASSERT_TRUE(holder.is_open());
    const auto handle = open(plan);
    ASSERT_FALSE(handle.has_value());
    EXPECT_EQ(handle.error().code, ErrorCode::refused);
    EXPECT_THAT(handle.error().message, HasSubstr("O_EXCL"));
    EXPECT_NE(handle.error().hint, "");
    EXPECT_TRUE(image_is_untouched());
}

TEST_F(WriteHandleLab, ADriveLetGoOfMeanwhileIsTaken) {
    const auto plan = approved(host_, loop_->path());
    UniqueFd holder{::open(loop_->path().c_str(), O_RDONLY | O_EXCL | O_CLOEXEC)};
    std::promise<void> asked;
    std::thread lets_go{[&] {
        asked.get_future().wait();
        ASSERT_EQ(::ioctl(holder.get(), BLKFLSBUF, 0), 0);
        holder = UniqueFd{};
    }};
    asked.set_value();
    constexpr int kLongMs = 20'000;
    const auto began = std::chrono::steady_clock::now();
    const auto handle = host_.open_writable(plan.permit(), kLongMs);
    lets_go.join();
    EXPECT_TRUE(handle.has_value());
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds{10});
}

// The kernel takes rings apart behind our back: one run must not be in the way of the next.
TEST_F(WriteHandleLab, AQueueThatIsGoneDoesNotHoldTheDrive) {
    const auto plan = approved(host_, loop_->path());
    for (int i = 0; i < 100; ++i) {
        auto handle = host_.open_writable(plan.permit(), 0);
        ASSERT_TRUE(handle.has_value()) << "round " << i << ": " << handle.error().message;
        const auto queue = (*handle)->make_queue({.depth = 8, .request_size = kMiB});
        ASSERT_TRUE(queue.has_value());
        ASSERT_TRUE((*queue)
                        ->submit({.kind = IoKind::write, .offset = 0, .length = kMiB, .slot = 0})
                        .has_value());
        ASSERT_TRUE((*queue)->wait(-1).has_value());
    }
}

TEST_F(WriteHandleLab, ADriveLockedByAnotherIsBusyAfterTheWait) {
    const auto plan = approved(host_, loop_->path());
    const UniqueFd holder{::open(loop_->path().c_str(), O_RDONLY | O_CLOEXEC)};
    ASSERT_EQ(::flock(holder.get(), LOCK_EX), 0);
    const auto began = std::chrono::steady_clock::now();
    const auto handle = open(plan);
    const auto waited = std::chrono::steady_clock::now() - began;
    ASSERT_FALSE(handle.has_value());
    EXPECT_EQ(handle.error().code, ErrorCode::busy);
    EXPECT_GE(waited, std::chrono::milliseconds{kWaitMs});
    EXPECT_LT(waited, std::chrono::seconds{5});
    ASSERT_EQ(::flock(holder.get(), LOCK_UN), 0);
    EXPECT_TRUE(open(plan).has_value());
}

TEST_F(WriteHandleLab, ADriveMadeReadOnlyMeanwhileIsRefusedOrSaysSo) {
    const auto plan = approved(host_, loop_->path());
    const std::string path = loop_->path();
    loop_.reset();
    loop_.emplace(image_, test::LoopOptions{.read_only = true, .sector = 512});
    if (loop_->path() != path) GTEST_SKIP() << "another test took the loop device";
    const auto handle = open(plan);
    if (handle) {
        // A read-only loop lets open(O_RDWR) succeed; then the descriptor tells, and take() looks.
        EXPECT_TRUE((*handle)->facts().value().read_only);
    } else {
        EXPECT_EQ(handle.error().code, ErrorCode::refused);
    }
}

// A node of the test's own, so that /dev stays as it is.
TEST_F(WriteHandleLab, APathThatNamesAnotherDeviceByNowIsBadEvidence) {
    const test::LoopDevice other{scratch_.image("other", kSize)};
    const std::string node = scratch_.path() + "/node";
    const auto number_of = [](const std::string& path) {
        struct stat status {};
        EXPECT_EQ(::stat(path.c_str(), &status), 0);
        return status.st_rdev;
    };
    ASSERT_EQ(::mknod(node.c_str(), S_IFBLK | 0600, number_of(loop_->path())), 0);
    const auto plan = approved(host_, node);
    ASSERT_EQ(plan.permit().target().path, node);
    ASSERT_EQ(::unlink(node.c_str()), 0);
    ASSERT_EQ(::mknod(node.c_str(), S_IFBLK | 0600, number_of(other.path())), 0);
    const auto handle = open(plan);
    ASSERT_FALSE(handle.has_value());
    EXPECT_EQ(handle.error().code, ErrorCode::bad_evidence);
    ASSERT_EQ(::unlink(node.c_str()), 0);
    EXPECT_EQ(open(plan).error().sys_errno, ENOENT);
    ASSERT_TRUE(write_file_durably(node, std::string(4096, 'x'), 0600).has_value());
    EXPECT_FALSE(open(plan).has_value()) << "a file is no drive";
    EXPECT_EQ(read_whole_file(node, 8192).value(), std::string(4096, 'x'));
}

TEST_F(WriteHandleLab, ADirtyPageOfAPartitionCannotComeBackOnceItIsRemoved) {
    const std::string part = loop_->add_partition(kMiB, 4 * kMiB);
    const auto plan = approved(host_, loop_->path());
    ASSERT_EQ(plan.permit().target().partitions.size(), 1U);
    const Partition partition = plan.permit().target().partitions[0];
    {
        // Written into the partition's own page cache and left dirty.
        const UniqueFd writer{::open(part.c_str(), O_RDWR | O_CLOEXEC)};
        const std::string secret(4096, 'S');
        ASSERT_EQ(::pwrite(writer.get(), secret.data(), secret.size(), 0), 4096);
    }
    auto handle = open(plan);
    ASSERT_TRUE(handle.has_value()) << handle.error().message;
    ASSERT_TRUE((*handle)->remove_partition(partition).has_value());
    EXPECT_NE(::access(("/sys/class/block/" + part.substr(5)).c_str(), F_OK), 0);
    // Overwritten now, it stays overwritten.
    auto queue = (*handle)->make_queue({.depth = 1, .request_size = 4096});
    ASSERT_TRUE(queue.has_value());
    std::fill((*queue)->buffer(0).begin(), (*queue)->buffer(0).end(), std::byte{'n'});
    ASSERT_TRUE((*queue)
                    ->submit({.kind = IoKind::write, .offset = kMiB, .length = 4096, .slot = 0})
                    .has_value());
    ASSERT_TRUE((*queue)->wait(-1)->at(0).ok());
    ASSERT_TRUE((*handle)->flush().has_value());
    ::sync();
    EXPECT_EQ(read_whole_file(image_, kSize).value().substr(kMiB, 4096), std::string(4096, 'n'));
    ASSERT_TRUE((*handle)->restore_partition(partition).has_value());
    EXPECT_EQ(::access(("/sys/class/block/" + part.substr(5)).c_str(), F_OK), 0);
    EXPECT_TRUE((*handle)->restore_partition(partition).has_value()) << "there already";
}

TEST_F(WriteHandleLab, APartitionSomebodyHasOpenIsBusy) {
    const std::string part = loop_->add_partition(kMiB, 4 * kMiB);
    const auto plan = approved(host_, loop_->path());
    auto handle = open(plan);
    ASSERT_TRUE(handle.has_value());
    const test::OtherProcess other{part};
    const auto removed = (*handle)->remove_partition(plan.permit().target().partitions[0]);
    ASSERT_FALSE(removed.has_value());
    EXPECT_EQ(removed.error().code, ErrorCode::busy);
    EXPECT_EQ(::access(("/sys/class/block/" + part.substr(5)).c_str(), F_OK), 0);
}

TEST_F(WriteHandleLab, APartitionThatHasGoneAlreadyIsRemoved) {
    loop_->add_partition(kMiB, 4 * kMiB);
    const auto plan = approved(host_, loop_->path());
    auto handle = open(plan);
    ASSERT_TRUE(handle.has_value());
    const Partition partition = plan.permit().target().partitions[0];
    ASSERT_TRUE((*handle)->remove_partition(partition).has_value());
    EXPECT_TRUE((*handle)->remove_partition(partition).has_value());
}

}  // namespace
}  // namespace quietus
