// LinuxHost and discovery on real loop devices.

#include <algorithm>
#include <cerrno>
#include <unistd.h>

#include <gtest/gtest.h>

#include "base/file.h"
#include "base/memory.h"
#include "discovery/discovery.h"
#include "host/linux_host.h"
#include "support/loop_device.h"

namespace quietus {
namespace {

using test::LoopDevice;

class LinuxHostLab : public testing::Test {
  protected:
    void SetUp() override {
        if (::geteuid() != 0) GTEST_SKIP() << "needs root";
        if (::access("/dev/loop-control", R_OK | W_OK) != 0) GTEST_SKIP() << "needs loop devices";
    }

    DeviceSnapshot inspect(const std::string& node) {
        const auto named = discovery::resolve_device(host_, node);
        EXPECT_TRUE(named.has_value()) << named.error().message;
        const auto drive =
            named ? discovery::inspect_drive(host_, *named, {}) : tl::unexpected{named.error()};
        EXPECT_TRUE(drive.has_value()) << drive.error().message;
        return drive ? *drive : DeviceSnapshot{};
    }

    static std::string uses(const DeviceSnapshot& drive) {
        std::string text;
        for (const Use& use : drive.usage.uses)
            text += to_string(use.kind) + " " + use.where + ": " + use.what + "\n";
        return text;
    }

    LinuxHost host_;
    test::ScratchFolder scratch_;
};

TEST_F(LinuxHostLab, AFreeLoopIsFree) {
    const LoopDevice loop{scratch_.image("a", 8 * kMiB)};
    const DeviceSnapshot drive = inspect(loop.path());
    EXPECT_EQ(uses(drive), "");
    EXPECT_EQ(drive.transport, Transport::loop);
    EXPECT_EQ(drive.geometry.size.bytes, 8 * kMiB);
    EXPECT_TRUE(drive.identity.backing.has_value());
    EXPECT_FALSE(drive.read_only);
}

TEST_F(LinuxHostLab, AReadOnlyLoopIsReadOnly) {
    const LoopDevice loop{scratch_.image("a", 8 * kMiB), {.read_only = true, .sector = 512}};
    EXPECT_TRUE(inspect(loop.path()).read_only);
}

TEST_F(LinuxHostLab, SectorsOf4096AndASizeThatDoesNotDivideAreReportedAsTheyAre) {
    const LoopDevice loop{scratch_.image("a", 8 * kMiB), {.read_only = false, .sector = 4096}};
    const DeviceSnapshot drive = inspect(loop.path());
    EXPECT_EQ(drive.geometry.logical_sector, 4096U);
    EXPECT_EQ(drive.geometry.size.bytes, 8 * kMiB);
}

TEST_F(LinuxHostLab, FindsWhoHasItOpenAndForgetsThemWhenTheyEnd) {
    const LoopDevice loop{scratch_.image("a", 8 * kMiB)};
    {
        const test::OtherProcess other{loop.path()};
        const std::string who =
            "open-descriptor " + loop.name() + ": open by process " + std::to_string(other.id());
        EXPECT_NE(uses(inspect(loop.path())).find(who), std::string::npos)
            << uses(inspect(loop.path()));
    }
    EXPECT_EQ(uses(inspect(loop.path())), "");
}

TEST_F(LinuxHostLab, FindsALoopOverAPartition) {
    LoopDevice disk{scratch_.image("a", 8 * kMiB)};
    const std::string part = disk.add_partition(kMiB, 4 * kMiB);
    const LoopDevice upper{part};
    EXPECT_EQ(uses(inspect(disk.path())),
              "loop-over-disk " + part.substr(5) + ": used by loop device " + upper.path() + "\n");
    EXPECT_TRUE(inspect(part).is_partition);
    EXPECT_EQ(inspect(part).whole_disk, disk.name());
}

TEST_F(LinuxHostLab, FindsTheFilesystemAndTheLoopOverAFileOnIt) {
    const LoopDevice disk{scratch_.image("a", 64 * kMiB)};
    const test::Ext4Mount mount{disk.path(), scratch_.path() + "/mnt"};
    ASSERT_TRUE(mount.mounted());
    ASSERT_TRUE(
        write_file_durably(scratch_.path() + "/mnt/inner", std::string(4 * kMiB, '\0'), 0600)
            .has_value());
    const LoopDevice upper{scratch_.path() + "/mnt/inner"};
    const DeviceSnapshot drive = inspect(disk.path());
    EXPECT_EQ(uses(drive), "mount " + disk.name() + ": mounted at " + scratch_.path() +
                               "/mnt\nloop-over-file " + disk.name() + ": used by loop device " +
                               upper.path() + " through a file\n");
    ASSERT_EQ(drive.usage.signatures.size(), 1U);
    EXPECT_EQ(drive.usage.signatures[0], (Signature{disk.name(), "ext4", "filesystem", "lab"}));
    const auto under = discovery::disks_under(host_, *discovery::look_at_machine(host_, {}).value(),
                                              scratch_.path() + "/mnt/not/there");
    ASSERT_TRUE(under.has_value());
    EXPECT_NE(std::find(under->begin(), under->end(), disk.name()), under->end());
}

TEST_F(LinuxHostLab, ListsTheLoopWithoutOpeningIt) {
    const LoopDevice loop{scratch_.image("a", 8 * kMiB)};
    const auto drives = discovery::list_drives(host_);
    ASSERT_TRUE(drives.has_value());
    EXPECT_EQ(std::count_if(drives->begin(), drives->end(),
                            [&](const auto& drive) { return drive.path == loop.path(); }),
              1);
}

TEST_F(LinuxHostLab, ReadsPastTheCacheAndStopsAtTheEnd) {
    const std::string image = scratch_.image("a", 0);
    ASSERT_TRUE(write_file_durably(image, std::string(kMiB, 'q'), 0600).has_value());
    const LoopDevice loop{image};
    auto handle = host_.open_query(loop.path());
    ASSERT_TRUE(handle.has_value());
    auto buffer = AlignedBuffer::create(8192);
    ASSERT_TRUE((*handle)->read_direct(kMiB - 8192, buffer->span()).has_value());
    EXPECT_EQ(buffer->span().front(), std::byte{'q'});
    EXPECT_EQ((*handle)->read_mode(), "O_DIRECT");
    EXPECT_EQ((*handle)->read_direct(kMiB - 4096, buffer->span()).error().code, ErrorCode::io);
    EXPECT_EQ((*handle)->facts().value().size.bytes, kMiB);
}

TEST_F(LinuxHostLab, OpensNothingThatIsNoBlockDevice) {
    EXPECT_EQ(host_.open_query("/dev/null").error().code, ErrorCode::refused);
    EXPECT_EQ(host_.probe_signatures(scratch_.path()).error().code, ErrorCode::refused);
    EXPECT_EQ(host_.open_query("/dev/no-such-node").error().sys_errno, ENOENT);
    EXPECT_EQ(host_.read_file("/sys/class/block/no-such").error().sys_errno, ENOENT);
}

}  // namespace
}  // namespace quietus
