#include <cerrno>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "small_machine.h"

namespace quietus::discovery {
namespace {

using testing::HasSubstr;

TEST(Uses, AFreeDiskHasNone) {
    EXPECT_EQ(SmallMachine{}.disk("sda", "8:0").seen("sda"), "");
}

TEST(Uses, SeesAMountInAnotherNamespaceOnly) {
    const auto machine = SmallMachine{}
                             .disk("sda", "8:0")
                             .process(9, "mnt:[2]")
                             .mount("8:0", "/data", "xfs /dev/sda rw", 9);
    EXPECT_EQ(machine.seen("sda"),
              "mount sda: mounted at /data in the mount namespace of process 9\n");
}

TEST(Uses, ReadsEachNamespaceOnceButEachChrootOfItToo) {
    const auto machine = SmallMachine{}
                             .disk("sda", "8:0")
                             .process(5, "mnt:[2]")
                             .link("/proc/5/root", "/run/empty")
                             .mount("0:9", "/", "tmpfs none rw", 5)
                             .process(6, "mnt:[2]")
                             .mount("8:0", "/seen-by-6-only", "ext4 x rw", 6)
                             .process(7, "mnt:[2]")
                             .mount("8:0", "/a-copy-that-is-not-read", "ext4 x rw", 7);
    EXPECT_THAT(machine.seen("sda"), HasSubstr("/seen-by-6-only"));
    EXPECT_THAT(machine.seen("sda"), Not(HasSubstr("not-read")));
}

TEST(Uses, UnescapesAndMakesPrintableWhatAMountPointHolds) {
    const auto machine = SmallMachine{}.disk("sda", "8:0").mount("8:0", "/a\\040b\\033[2J");
    EXPECT_EQ(machine.seen("sda"), "mount sda: mounted at /a b\\x1b[2J\n");
}

TEST(Uses, SeesASwapFileAndASwapPartition) {
    const auto machine =
        SmallMachine{}
            .disk("sda", "8:0")
            .partition("sda", "sda1", "8:1")
            .facts("/my swap", FileType::regular, "8:1")
            .file("/proc/swaps",
                  "Filename\tType\tSize\tUsed\tPriority\n"
                  "/my\\040swap file 1 0 -2\n/dev/sda\tpartition\t1\t0\t-2\n/gone file 1 0 -2\n");
    EXPECT_EQ(machine.seen("sda"),
              "swap sda: active swap\nswap sda1: used for swap file /my swap\n"
              "not seen: which drive the swap /gone is on\n");
}

TEST(Uses, NamesWhatStandsOnAChainOfHolders) {
    const auto machine = SmallMachine{}
                             .disk("sda", "8:0")
                             .partition("sda", "sda1", "8:1")
                             .disk("md0", "9:0")
                             .disk("dm-0", "253:0")
                             .file("/sys/class/block/dm-0/dm/name", "vg-srv\n")
                             .file("/sys/class/block/dm-0/dm/uuid", "LVM-abc\n")
                             .holder("sda1", "md0")
                             .holder("md0", "dm-0")
                             .mount("253:0", "/srv");
    EXPECT_EQ(machine.seen("sda"),
              "holder sda1: member of /dev/md0, which is part of LVM volume /dev/dm-0 (vg-srv), "
              "which is mounted at /srv\n");
}

TEST(Uses, AHolderThatSysfsDoesNotExplainIsAUseAllTheSame) {
    const auto machine =
        SmallMachine{}.disk("sda", "8:0").link("/sys/class/block/sda/holders/odd\x1b", "x");
    EXPECT_EQ(machine.seen("sda"), "holder sda: used by odd\\x1b\n");
}

TEST(Uses, EndsWhereHoldersFormACircle) {
    const auto machine = SmallMachine{}
                             .disk("dm-0", "253:0")
                             .disk("dm-1", "253:1")
                             .holder("dm-0", "dm-1")
                             .holder("dm-1", "dm-0");
    EXPECT_THAT(machine.seen("dm-0"), HasSubstr("holder dm-0: used by /dev/dm-1"));
    auto host = machine.host();
    EXPECT_TRUE(list_drives(host).has_value());
}

TEST(Uses, SeesALoopOverAPartition) {
    const auto machine = SmallMachine{}
                             .disk("sda", "8:0")
                             .partition("sda", "sda1", "8:1")
                             .loop("loop0", "7:0", {{0, 6}, DeviceNumber{8, 1}, 3, 0})
                             .mount("7:0", "/mnt");
    EXPECT_EQ(machine.seen("sda"),
              "loop-over-disk sda1: used by loop device /dev/loop0, which is mounted at /mnt\n");
}

TEST(Uses, SeesALoopOverAFileOnALoopOverAFile) {
    const auto machine = SmallMachine{}
                             .disk("sda", "8:0")
                             .loop("loop0", "7:0", {{8, 0}, std::nullopt, 3, 0})
                             .loop("loop1", "7:1", {{7, 0}, std::nullopt, 3, 0})
                             .mount("7:1", "/deep");
    EXPECT_EQ(machine.seen("sda"),
              "loop-over-file sda: used by loop device /dev/loop0 through a file, which is used by "
              "loop device "
              "/dev/loop1 through a file, which is mounted at /deep\n");
}

TEST(Uses, ALoopKeepsAFilesystemInUseThatIsNoLongerMounted) {
    const auto machine =
        SmallMachine{}.disk("sda", "8:0").loop("loop0", "7:0", {{8, 0}, std::nullopt, 3, 0});
    EXPECT_EQ(machine.seen("sda"),
              "loop-over-file sda: used by loop device /dev/loop0 through a file\n");
}

TEST(Uses, EndsWhereLoopsStandOnEachOther) {
    const auto machine = SmallMachine{}
                             .loop("loop0", "7:0", {{7, 1}, std::nullopt, 3, 0})
                             .loop("loop1", "7:1", {{7, 0}, std::nullopt, 3, 0})
                             .facts("/", FileType::directory, "7:0");
    EXPECT_THAT(machine.seen("loop0"), HasSubstr("system-disk loop0"));
    auto host = machine.host();
    EXPECT_EQ(disks_under(host, *look_at_machine(host, {}).value(), "/").value(),
              (std::vector<std::string>{"loop0", "loop1"}));
}

TEST(Uses, NamesTheGapWhereALoopStandsOnAnUnknownFilesystem) {
    const auto machine =
        SmallMachine{}.disk("sda", "8:0").loop("loop0", "7:0", {{0, 77}, std::nullopt, 3, 0});
    EXPECT_THAT(machine.seen("sda"),
                HasSubstr("not seen: what /dev/loop0 stands on: its file is on filesystem 0:77"));
}

// A loop over a file of a FUSE filesystem whose server is gone is in nobody's way; one that cannot
// be asked for any other reason is a gap.
TEST(Uses, ALoopOverADeadFilesystemHidesNothing) {
    const auto machine = [](int error) {
        return SmallMachine{}
            .disk("sda", "8:0")
            .loop("loop0", "7:0", {{0, 77}, std::nullopt, 3, 0})
            .error("/dev/loop0", error);
    };
    EXPECT_EQ(machine(ENOTCONN).seen("sda"), "");
    EXPECT_THAT(machine(EIO).seen("sda"), HasSubstr("not seen: what /dev/loop0 stands on"));
}

TEST(Uses, FindsEveryMemberOfABtrfsBehindItsAnonymousDevice) {
    const auto machine = SmallMachine{}
                             .disk("sda", "8:0")
                             .disk("sdb", "8:16")
                             .link("/sys/fs/btrfs/uuid/devices/sda", "x")
                             .link("/sys/fs/btrfs/uuid/devices/sdb", "x")
                             .mount("0:40", "/pool", "btrfs /dev/sda rw,subvol=/")
                             .facts("/pool", FileType::directory, "0:41")
                             .loop("loop0", "7:0", {{0, 41}, std::nullopt, 3, 0});
    EXPECT_EQ(machine.seen("sdb"),
              "btrfs-member sdb: member of a btrfs mounted at /pool\n"
              "loop-over-file sdb: used by loop device /dev/loop0 through a file\n");
    auto host = machine.host();
    EXPECT_EQ(disks_under(host, *look_at_machine(host, {}).value(), "/pool/no/such/folder").value(),
              (std::vector<std::string>{"sda", "sdb"}));
}

TEST(Uses, ABtrfsTheKernelHasMountedIsInUseAlsoWhereNoMountIsSeen) {
    const auto machine =
        SmallMachine{}.disk("sda", "8:0").link("/sys/fs/btrfs/uuid/devices/sda", "x");
    EXPECT_EQ(machine.seen("sda"),
              "btrfs-member sda: member of the mounted btrfs uuid (mount not seen)\n");
}

TEST(Uses, SeesTheStickBelowALiveSystemsOverlay) {
    const auto machine =
        SmallMachine{}
            .disk("sda", "8:0")
            .loop("loop0", "7:0", {{8, 0}, std::nullopt, 3, 0})
            .mount("8:0", "/run/live/medium")
            .mount("7:0", "/run/live/rootfs")
            .mount("0:30", "/", "overlay overlay rw,lowerdir=/run/live/rootfs/,upperdir=/run/rw")
            .facts("/", FileType::directory, "0:30");
    EXPECT_THAT(machine.seen("sda"),
                HasSubstr("system-disk sda: the running system stands on it: /"));
}

TEST(Uses, SeesWhoHasADiskOrItsPartitionOpenOrMapped) {
    const auto machine = SmallMachine{}
                             .disk("sda", "8:0")
                             .partition("sda", "sda1", "8:1")
                             .facts("/proc/7/fd/3", FileType::block, "0:6", "8:0")
                             .facts("/proc/7/fd/4", FileType::block, "0:6", "8:0")
                             .facts("/proc/7/fd/5", FileType::character, "0:6", "8:0")
                             .facts("/proc/8/map_files/1-2", FileType::block, "0:6", "8:1")
                             .file("/proc/7/comm", "q\x1bmu\n");
    EXPECT_EQ(
        machine.seen("sda"),
        "open-descriptor sda: open by process 7 (q\\x1bmu)\nmapped sda1: mapped by process 8\n");
    EXPECT_EQ(machine.seen("sda", {.ignore_processes = {7, 8}, .probe_signatures = true}), "");
}

TEST(Uses, ChildrenOfOurProcessesAreOurs) {
    const auto machine = SmallMachine{}
                             .disk("sda", "8:0")
                             .facts("/proc/7/fd/3", FileType::block, "0:6", "8:0")
                             .file("/proc/7/stat", "7 (quietus (1)) S 5 5 5 0\n")
                             .facts("/proc/8/fd/3", FileType::block, "0:6", "8:0")
                             .file("/proc/8/stat", "8 (x) S 5) S 6 5 5 0\n");
    EXPECT_EQ(machine.seen("sda", {.ignore_processes = {5}, .probe_signatures = true}),
              "open-descriptor sda: open by process 8\n");
    EXPECT_EQ(machine.seen("sda", {.ignore_processes = {50}, .probe_signatures = true}),
              "open-descriptor sda: open by process 7\nopen-descriptor sda: open by process 8\n");
}

TEST(Uses, WhoHoldsALockIsWaitedForAndItsOtherDescriptorsAreNotAUseOfTheirOwn) {
    const auto machine = SmallMachine{}
                             .disk("sda", "8:0")
                             .facts("/proc/7/fd/3", FileType::block, "0:6", "8:0")
                             .facts("/proc/7/fd/4", FileType::block, "0:6", "8:0")
                             .file("/proc/7/fdinfo/3", "pos:\t0\nflags:\t0100000\n")
                             .file("/proc/7/fdinfo/4",
                                   "pos:\t0\nlock:\t1: FLOCK  ADVISORY  WRITE 7 00:06:77 0 EOF\n")
                             .facts("/proc/9/fd/5", FileType::block, "0:6", "8:0");
    EXPECT_EQ(machine.seen("sda"),
              "locked sda: locked by process 7\nopen-descriptor sda: open by process 9\n");
    const auto two_disks =
        SmallMachine{}
            .disk("sda", "8:0")
            .disk("sdb", "8:16")
            .facts("/proc/7/fd/3", FileType::block, "0:6", "8:16")
            .facts("/proc/7/fd/4", FileType::block, "0:6", "8:0")
            .file("/proc/7/fdinfo/4", "lock:\t1: FLOCK  ADVISORY  WRITE 7 00:06:77 0 EOF\n");
    EXPECT_EQ(two_disks.seen("sda"), "locked sda: locked by process 7\n");
    EXPECT_EQ(two_disks.seen("sdb"), "open-descriptor sdb: open by process 7\n");
    const auto posix_lock =
        SmallMachine{}
            .disk("sda", "8:0")
            .facts("/proc/7/fd/3", FileType::block, "0:6", "8:0")
            .file("/proc/7/fdinfo/3", "lock:\t1: POSIX  ADVISORY  WRITE 7 00:06:77 0 EOF\n");
    EXPECT_EQ(posix_lock.seen("sda"), "open-descriptor sda: open by process 7\n");
}

TEST(Uses, AProcessThatEndsMeanwhileIsNoGap) {
    const auto machine = SmallMachine{}
                             .disk("sda", "8:0")
                             .process(7, "mnt:[7]")
                             .error("/proc/7/fd", ESRCH)
                             .error("/proc/7/mountinfo", EINVAL)
                             .facts("/proc/8/fd/1", FileType::other, "0:0")
                             .error("/proc/8/fd/2", ENOENT);
    EXPECT_EQ(machine.seen("sda"), "");
}

TEST(Uses, AProcessWhoseFirstThreadHasEndedStillUsesThings) {
    const auto machine = SmallMachine{}
                             .disk("sda", "8:0")
                             .error("/proc/7/ns/mnt", ENOENT)
                             .link("/proc/7/task/8/ns/mnt", "mnt:[2]")
                             .link("/proc/7/task/8/root", "/")
                             .file("/proc/7/task/8/mountinfo", "30 1 8:0 / /x rw - ext4 s rw\n")
                             .facts("/proc/7/task/8/fd/3", FileType::block, "0:6", "8:0")
                             .emptied("/proc/7/fd");
    EXPECT_EQ(machine.seen("sda"),
              "mount sda: mounted at /x in the mount namespace of process 7\nopen-descriptor sda: "
              "open by process 7\n");
}

TEST(Uses, WhatAnOrdinaryUserMayNotSeeIsNamed) {
    const auto machine = SmallMachine{}
                             .disk("sda", "8:0")
                             .not_root()
                             .error("/proc/7/ns/mnt", EACCES)
                             .error("/proc/7/mountinfo", EACCES)
                             .error("/proc/7/fd", EACCES)
                             .error("/dev/sda", EACCES);
    const std::string seen = machine.host().is_root() ? "" : [&] {
        auto host = machine.host();
        const auto drive = inspect_drive(host, {"/dev/sda", {8, 0}}, {});
        std::string text;
        for (const std::string& gap : drive->usage.not_seen) text += gap + "\n";
        for (const std::string& gap : drive->usage.unseen_processes) text += gap + "\n";
        return text;
    }();
    EXPECT_THAT(seen, HasSubstr("mounts of 1 processes: permission denied"));
    EXPECT_THAT(
        seen,
        HasSubstr("open descriptors and mappings of process 7: permission denied (not root)"));
    EXPECT_THAT(seen, HasSubstr("the drive itself: /dev/sda"));
    EXPECT_THAT(seen, HasSubstr("signatures on sda: /dev/sda"));
}

TEST(Uses, AForeignPidNamespaceIsAGap) {
    const auto machine =
        SmallMachine{}.disk("sda", "8:0").link("/proc/1/ns/pid", "pid:[4026532999]");
    EXPECT_THAT(machine.seen("sda"), HasSubstr("not seen: processes outside this PID namespace"));
}

TEST(Uses, AnUnreadableMountLineIsAGap) {
    const auto machine =
        SmallMachine{}.disk("sda", "8:0").file("/proc/1/mountinfo", "what is this\n");
    EXPECT_THAT(machine.seen("sda"), HasSubstr("not seen: 1 lines of mountinfo: not understood"));
}

TEST(Uses, AnotherPathToTheSameDriveIsAUse) {
    const auto machine = SmallMachine{}
                             .disk("sda", "8:0")
                             .disk("sdb", "8:16")
                             .file("/sys/class/block/sda/device/wwid", "naa.5\n")
                             .file("/sys/class/block/sdb/device/wwid", "naa.5\n")
                             .mount("8:16", "/srv");
    EXPECT_EQ(machine.seen("sda"),
              "other-path sda: the same drive as /dev/sdb, which is mounted at /srv\n");
}

TEST(Uses, ManyBindMountsAreCountedNotRecited) {
    SmallMachine machine;
    machine.disk("sda", "8:0");
    for (int i = 0; i < 100; ++i) machine.mount("8:0", "/bind" + std::to_string(i));
    EXPECT_THAT(machine.seen("sda"), HasSubstr("mounted at 84 further places"));
}

}  // namespace
}  // namespace quietus::discovery
