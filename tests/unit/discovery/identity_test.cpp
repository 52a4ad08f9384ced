#include <cerrno>

#include <gtest/gtest.h>

#include "device/json.h"
#include "discovery/ata_identity.h"
#include "small_machine.h"

namespace quietus::discovery {
namespace {

using namespace std::string_literals;

DeviceSnapshot listed(const SmallMachine& machine) {
    const auto host = machine.host();
    const auto drives = list_drives(host);
    return drives && !drives->empty() ? drives->front() : DeviceSnapshot{};
}

TEST(Identity, KeepsAHostileSerialRawAndShowsItHarmless) {
    const auto drive =
        listed(SmallMachine{}
                   .disk("sda", "8:0")
                   .file("/sys/class/block/sda/device/vpd_pg80", "\0\x80\0\x08 A\x1b[2J\n"s));
    ASSERT_TRUE(drive.identity.serial.has_value());
    EXPECT_EQ(drive.identity.serial.value->raw, " A\x1b[2J\n"s.substr(0, 8));
    EXPECT_EQ(printable(drive.identity.serial), "A?[2J?");
    EXPECT_FALSE(has_unique_serial(drive.identity));
    EXPECT_EQ(snapshot_from_json(to_json(drive)).value(), drive);
}

TEST(Identity, AFileLongerThanAPageIsNoAttribute) {
    const auto drive =
        listed(SmallMachine{}
                   .disk("sda", "8:0")
                   .file("/sys/class/block/sda/device/model", std::string(1 << 20, 'x')));
    EXPECT_EQ(drive.identity.model.unavailable, "sysfs has no readable device/model");
}

TEST(Identity, BlankValuesAreUnavailable) {
    const auto drive = listed(SmallMachine{}
                                  .disk("sda", "8:0")
                                  .file("/sys/class/block/sda/device/model", "                \n"));
    EXPECT_EQ(drive.identity.model.unavailable, "sysfs:device/model is blank");
}

TEST(Identity, SurvivesTruncatedAndLyingVpdPages) {
    const std::string whole = "\0\x80\0\x04WD40"s;
    for (std::size_t length = 0; length < 8; ++length)
        static_cast<void>(serial_from_vpd(whole.substr(0, length)));
    EXPECT_EQ(serial_from_vpd(whole), "WD40");
    EXPECT_EQ(serial_from_vpd("\0\x80\xff\xffWD40"s), "WD40");
    EXPECT_EQ(serial_from_vpd("\0\x83\0\x04WD40"s), std::nullopt);
    EXPECT_EQ(serial_from_vpd("\0\x80\0\x04\0\0\0\0"s), std::nullopt);
    EXPECT_EQ(ata_identity_from_vpd("\0\x89\x02\x38"s + std::string(560, 'x')), std::nullopt);
}

TEST(Identity, AnImpossibleSectorSizeIsNotBelieved) {
    const auto drive = listed(SmallMachine{}
                                  .disk("sda", "8:0")
                                  .file("/sys/class/block/sda/queue/logical_block_size", "0\n"));
    EXPECT_EQ(drive.geometry.logical_sector, 512U);
}

TEST(Identity, HostManagedZonesHaveNoOverwriteDriver) {
    SmallMachine machine;
    machine.disk("sda", "8:0");
    EXPECT_EQ(listed(machine).drivers, std::vector<std::string>{"overwrite"});
    EXPECT_TRUE(
        listed(machine.file("/sys/class/block/sda/queue/zoned", "host-managed\n")).drivers.empty());
}

TEST(Identity, ADriveThatIsAnotherByNowIsNotDescribed) {
    SmallMachine machine;
    machine.disk("sda", "8:0").disk("sdb", "8:16");
    auto host = machine.host();
    const auto drive = inspect_drive(host, {"/dev/sdb", {8, 0}}, {});
    ASSERT_FALSE(drive.has_value());
    EXPECT_EQ(drive.error().code, ErrorCode::bad_evidence);
    EXPECT_EQ(inspect_drive(host, {"/dev/sdx", {8, 99}}, {}).error().code, ErrorCode::bad_evidence);
}

TEST(List, LeavesOutWhatIsNoDrive) {
    SmallMachine machine;
    machine.disk("sda", "8:0")
        .disk("sr0", "11:0")
        .disk("ram0", "1:0")
        .disk("fd0", "2:0")
        .disk("loop3", "7:3");
    machine.disk("zram0", "252:0").file("/sys/class/block/zram0/size", "0\n");
    machine.disk("nvme0c0n1", "259:9").file("/sys/class/block/nvme0c0n1/hidden", "1\n");
    machine.disk("mmcblk0", "179:0")
        .disk("mmcblk0boot0", "179:8")
        .disk("sdaa", "65:160")
        .disk("sdb", "8:16");
    const auto host = machine.host();
    std::vector<std::string> names;
    const auto drives = list_drives(host);
    for (const auto& drive : *drives) names.push_back(drive.name);
    EXPECT_EQ(names, (std::vector<std::string>{"mmcblk0", "sda", "sdb", "sdaa"}));
}

TEST(List, FailsWithoutSysfs) {
    const test::ReplayHost host{test::Machine{}};
    EXPECT_EQ(list_drives(host).error().sys_errno, ENOENT);
}

}  // namespace
}  // namespace quietus::discovery
