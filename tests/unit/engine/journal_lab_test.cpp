// A journal on a disk that is full: a small tmpfs.

#include <cerrno>
#include <filesystem>
#include <unistd.h>

#include <gtest/gtest.h>
#include <sys/mount.h>

#include "base/file.h"
#include "base/units.h"
#include "engine/journal.h"
#include "support/loop_device.h"

namespace quietus::engine {
namespace {

class SmallFileSystem {
  public:
    SmallFileSystem(const std::string& point, const char* size) : point_{point} {
        std::filesystem::create_directories(point_);
        mounted_ = ::mount("tmpfs", point_.c_str(), "tmpfs", 0, size) == 0;
    }
    SmallFileSystem(const SmallFileSystem&) = delete;
    SmallFileSystem& operator=(const SmallFileSystem&) = delete;
    ~SmallFileSystem() {
        if (mounted_) static_cast<void>(::umount2(point_.c_str(), MNT_DETACH));
    }
    bool mounted() const { return mounted_; }

  private:
    std::string point_;
    bool mounted_{false};
};

TEST(JournalLab, ADiskThatIsFullRefusesBeforeTheFirstWriteAndKeepsNothing) {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root";
    const test::ScratchFolder scratch;
    const SmallFileSystem small{scratch.path() + "/small", "size=64k"};
    ASSERT_TRUE(small.mounted());
    const auto journal = Journal::create(scratch.path() + "/small/a.jsonl");
    ASSERT_FALSE(journal.has_value());
    EXPECT_EQ(journal.error().sys_errno, ENOSPC);
    EXPECT_NE(::access((scratch.path() + "/small/a.jsonl").c_str(), F_OK), 0);
}

TEST(JournalLab, ADiskThatFillsUpDuringTheRunDoesNotSilenceTheJournal) {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root";
    const test::ScratchFolder scratch;
    const SmallFileSystem small{scratch.path() + "/small", "size=512k"};
    ASSERT_TRUE(small.mounted());
    auto journal = Journal::create(scratch.path() + "/small/a.jsonl");
    ASSERT_TRUE(journal.has_value()) << journal.error().message;
    static_cast<void>(
        write_file_durably(scratch.path() + "/small/fill", std::string(200 * kKiB, 'x'), 0600));
    // Everything that is left goes.
    for (int i = 0; i < 64; ++i)
        static_cast<void>(write_file_durably(scratch.path() + "/small/fill" + std::to_string(i),
                                             std::string(4096, 'x'), 0600));
    for (int i = 0; i < 100; ++i)
        ASSERT_TRUE(
            journal->append({{"event", "x"}, {"text", std::string(1000, 'y')}}, UtcTime{0}, true)
                .has_value())
            << i;
}

}  // namespace
}  // namespace quietus::engine
