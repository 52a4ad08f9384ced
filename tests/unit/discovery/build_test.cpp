// How drives are built and attached, from sysfs alone.

#include <gtest/gtest.h>

#include "device/json.h"
#include "discovery/ata_identity.h"
#include "discovery/build_reader.h"
#include "discovery/identity_reader.h"
#include "small_machine.h"

namespace quietus::discovery {
namespace {

using namespace std::string_literals;

const std::string kDisk = "/sys/class/block/sda";

// VPD page 89h around an answer to IDENTIFY DEVICE with these words.
std::string ata_page(std::initializer_list<std::pair<std::size_t, unsigned>> words) {
    std::string page(572, '\0');
    page[1] = '\x89';
    page[2] = 2;
    page[3] = 0x38;
    for (const auto& [word, value] : words) {
        page[60 + word * 2] = static_cast<char>(value & 0xFFU);
        page[61 + word * 2] = static_cast<char>(value >> 8U);
    }
    return page;
}

Build build_of(const SmallMachine& machine, const std::string& name = "sda") {
    const auto host = machine.host();
    const auto graph = BlockGraph::read(host);
    const BlockNode* disk = graph->by_name(name);
    return read_build(host, *disk, transport_of(*disk));
}

TEST(Build, AnAtaDriveTellsItInItsIdentifyData) {
    SmallMachine machine;
    machine.disk("sda", "8:0")
        .file(kDisk + "/device/vendor", "ATA     \n")
        .file(kDisk + "/device/vpd_pg89", ata_page({{168, 2}, {217, 7200}, {128, 0x29}}))
        .file(kDisk + "/integrity/format", "none\n")
        .link(kDisk + "/device/enclosure_device:SLOT 03", "x")
        .file("/sys/class/ata_link/link1/sata_spd", "6.0 Gbps\n");
    const Build build = build_of(machine);
    EXPECT_EQ(printable(build.form_factor), "3.5 inch");
    EXPECT_EQ(printable(build.rotation_rate), "7200 rpm");
    EXPECT_EQ(build.rotation_rate.source, "sysfs:device/vpd_pg89");
    EXPECT_EQ(printable(build.locking), "ATA security: no password set, not locked, frozen");
    EXPECT_EQ(printable(build.link), "SATA 6.0 Gbps");
    EXPECT_EQ(printable(build.bay), "SLOT 03");
    EXPECT_EQ(printable(build.protection), "none");
    EXPECT_NE(build.manufacturer.unavailable.find("does not report one"), std::string::npos);
}

TEST(Build, ALockedAtaDriveIsSaidToBeLocked) {
    const auto locking = [](unsigned word) {
        SmallMachine machine;
        machine.disk("sda", "8:0").file(kDisk + "/device/vpd_pg89", ata_page({{128, word}}));
        return printable(build_of(machine).locking);
    };
    EXPECT_EQ(locking(0x07), "ATA security: password set, locked, not frozen");
    EXPECT_EQ(locking(0), "ATA security not supported");
}

TEST(Build, CodesThatSayNothingAreUnavailable) {
    for (const unsigned rotation : {0U, 2U, 0x400U, 0xFFFFU}) {
        SmallMachine machine;
        machine.disk("sda", "8:0")
            .file(kDisk + "/device/vpd_pg89", ata_page({{168, 0}, {217, rotation}}));
        EXPECT_EQ(build_of(machine).rotation_rate.unavailable, "the drive does not say");
        EXPECT_EQ(build_of(machine).form_factor.unavailable, "the drive does not say");
    }
}

TEST(Build, AScsiDriveTellsItsVendorAndPageB1) {
    SmallMachine machine;
    machine.disk("sda", "8:0")
        .file(kDisk + "/device/vendor", "SEAGATE \n")
        .file(kDisk + "/device/vpd_pgb1", "\0\xB1\0\x3C\0\x01\0\x03"s + std::string(56, '\0'));
    const Build build = build_of(machine);
    EXPECT_EQ(printable(build.manufacturer), "SEAGATE");
    EXPECT_EQ(build.manufacturer.source, "sysfs:device/vendor");
    EXPECT_EQ(printable(build.rotation_rate), "does not rotate");
    EXPECT_EQ(printable(build.form_factor), "2.5 inch");
    EXPECT_FALSE(build.locking.has_value());
}

TEST(Build, WithoutPagesTheReasonIsTheTrueOne) {
    SmallMachine machine;
    machine.disk("sda", "8:0").file("/sys/class/ata_link/link1/sata_spd", "<unknown>\n");
    const Build build = build_of(machine);
    EXPECT_NE(build.rotation_rate.unavailable.find("queue/rotational"), std::string::npos);
    EXPECT_NE(build.locking.unavailable.find("does not ask"), std::string::npos);
    EXPECT_EQ(build.link.unavailable, "sysfs shows no speed of the port");
    EXPECT_EQ(build.bay.unavailable, "no enclosure names its slot");
    EXPECT_EQ(build.manufacturer.unavailable, "sysfs shows no vendor");
}

TEST(Build, AnNvmeDriveIsNamedByItsPciVendorAndLink) {
    const std::string disk = "/sys/class/block/nvme0n1";
    SmallMachine machine;
    machine.disk("nvme0n1", "259:0")
        .file(disk + "/device/device/vendor", "0x144d\n")
        .file(disk + "/device/device/current_link_speed", "8.0 GT/s PCIe\n")
        .file(disk + "/device/device/current_link_width", "4\n");
    EXPECT_EQ(printable(build_of(machine, "nvme0n1").manufacturer), "PCI vendor 0x144d");
    EXPECT_EQ(printable(build_of(machine, "nvme0n1").link), "8.0 GT/s PCIe x4");
}

TEST(Build, AUsbDriveTellsTheSpeedOfItsDevice) {
    SmallMachine machine;
    machine.disk("sda", "8:0")
        .link(kDisk,
              "../../devices/pci0/usb2/2-1/2-1.4/2-1.4:1.0/host6/target6:0:0/6:0:0:0/block/sda")
        .file("/sys/devices/pci0/usb2/2-1/2-1.4/speed", "5000\n");
    EXPECT_EQ(printable(build_of(machine).link), "USB 5000 Mbit/s");
}

TEST(Build, ALoopDeviceHasNoneOfIt) {
    SmallMachine machine;
    machine.disk("loop0", "7:0").file("/sys/class/block/loop0/device/vendor", "LIAR\n");
    const Build build = build_of(machine, "loop0");
    EXPECT_EQ(build.manufacturer.unavailable, "loop devices have none of their own");
    EXPECT_EQ(build.locking.unavailable, "loop devices have none of their own");
}

TEST(Build, SurvivesTruncatedPages) {
    const std::string whole = ata_page({{168, 2}, {217, 7200}});
    for (std::size_t length = 0; length < whole.size(); length += 7)
        EXPECT_EQ(ata_build_from_vpd(whole.substr(0, length)), std::nullopt);
    const std::string b1 = "\0\xB1\0\x04\x1C\x20\0\x02"s;
    for (std::size_t length = 0; length < b1.size(); ++length)
        EXPECT_EQ(scsi_build_from_vpd(b1.substr(0, length)), std::nullopt);
    EXPECT_EQ(scsi_build_from_vpd(b1)->rotation, 7200U);
}

TEST(Build, AnInspectionHasItAndKeepsItInTheJournal) {
    SmallMachine machine;
    machine.disk("sda", "8:0").file(kDisk + "/device/vendor", "SEAGATE \x1b\n");
    auto host = machine.host();
    const auto drive = inspect_drive(host, {"/dev/sda", {8, 0}}, {});
    ASSERT_TRUE(drive.has_value()) << drive.error().message;
    EXPECT_EQ(printable(drive->build.manufacturer), "SEAGATE ?");
    EXPECT_EQ(snapshot_from_json(to_json(*drive)).value(), *drive);
}

}  // namespace
}  // namespace quietus::discovery
