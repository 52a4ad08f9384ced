#include <gtest/gtest.h>

#include "small_machine.h"

namespace quietus::discovery {
namespace {

SmallMachine nodes() {
    SmallMachine machine;
    machine.disk("sda", "8:0")
        .link("/dev/disk/by-id/wwn-5", "../../sda")
        .link("/dev/round", "round");
    machine.facts("/dev/null", FileType::character, "0:6", "1:3")
        .facts("/tmp", FileType::directory, "8:0");
    machine.facts("/tmp/it's an image", FileType::regular, "8:0")
        .facts("/run/p", FileType::fifo, "0:9");
    machine.facts("/run/s", FileType::socket, "0:9");
    return machine;
}

Error fault_of(const std::string& typed) {
    auto host = nodes().host();
    const auto named = resolve_device(host, typed);
    EXPECT_TRUE(host.opened().empty());
    return named ? Error{} : named.error();
}

TEST(ResolveDevice, FollowsLinksToTheNode) {
    const auto host = nodes().host();
    const auto named = resolve_device(host, "/dev/disk/by-id/wwn-5");
    ASSERT_TRUE(named.has_value());
    EXPECT_EQ(named->path, "/dev/sda");
    EXPECT_EQ(named->number, (DeviceNumber{8, 0}));
}

TEST(ResolveDevice, CallsWhatIsNoDriveAMistakeOfTheCall) {
    for (const char* typed :
         {"", "/dev/sdq", "/dev/null", "/tmp", "/run/p", "/run/s", "/dev/round"}) {
        EXPECT_EQ(fault_of(typed).code, ErrorCode::usage) << typed;
    }
    EXPECT_EQ(fault_of("/dev/sdq").message, "/dev/sdq: no such device");
    EXPECT_EQ(fault_of("/dev/\x1b[2J").message, "/dev/\\x1b[2J: no such device");
    EXPECT_EQ(fault_of("/dev/round").message, "/dev/round: symbolic links go in a circle");
}

TEST(ResolveDevice, RefusesAFileAndSaysHowToMakeItADrive) {
    const Error error = fault_of("/tmp/it's an image");
    EXPECT_EQ(error.code, ErrorCode::refused);
    EXPECT_EQ(error.hint, "losetup --find --show '/tmp/it'\\''s an image'");
}

SmallMachine named_disks() {
    SmallMachine machine;
    const auto add = [&](const std::string& name, const std::string& number,
                         const std::string& serial, const std::string& wwid) {
        const std::string page = std::string("\0\x80\0", 3) + static_cast<char>(serial.size());
        machine.disk(name, number)
            .file("/sys/class/block/" + name + "/device/wwid", wwid + "\n")
            .file("/sys/class/block/" + name + "/device/vpd_pg80", page + serial);
    };
    add("sda", "8:0", "SERIAL-A", "naa.5000C500AAAA0000");
    add("sdb", "8:16", "TWICE", "naa.5000c500bbbb0000");
    add("sdc", "8:32", "TWICE", "naa.5000c500cccc0000");
    add("sdd", "8:48", "000000000000", "naa.5000c500dddd0000");
    return machine;
}

Result<NamedDevice> named(const std::string& typed) {
    return resolve_device(named_disks().host(), typed);
}

TEST(ResolveIdentity, ASerialNumberOrWwnLeadsToItsOneDrive) {
    EXPECT_EQ(named("serial:SERIAL-A").value().path, "/dev/sda");
    EXPECT_EQ(named("serial:SERIAL-A").value().number, (DeviceNumber{8, 0}));
    for (const char* wwn :
         {"wwn:naa.5000C500AAAA0000", "wwn:0x5000c500aaaa0000", "wwn:5000c500aaaa0000"})
        EXPECT_EQ(named(wwn).value().path, "/dev/sda") << wwn;
}

TEST(ResolveIdentity, WhatFitsNoneOrSeveralOrAKindOfDriveNamesNone) {
    for (const char* typed :
         {"serial:", "wwn:", "serial:NOBODY", "serial:serial-a", "wwn:naa.", "wwn:0x1"}) {
        const auto found = named(typed);
        ASSERT_FALSE(found.has_value()) << typed;
        EXPECT_EQ(found.error().code, ErrorCode::bad_evidence) << typed;
    }
    EXPECT_EQ(named("serial:TWICE").error().code, ErrorCode::bad_evidence);
    EXPECT_EQ(named("serial:TWICE").error().message,
              "serial:TWICE: fits several drives: /dev/sdb, /dev/sdc");
    EXPECT_EQ(named("serial:000000000000").error().code, ErrorCode::bad_evidence);
}

TEST(DisksUnder, FindsTheDiskOfAPathThatIsNotThereYet) {
    SmallMachine machine;
    machine.disk("sda", "8:0")
        .partition("sda", "sda1", "8:1")
        .disk("dm-0", "253:0")
        .holder("sda1", "dm-0");
    machine.facts("/", FileType::directory, "253:0")
        .facts("/run", FileType::directory, "0:20")
        .mount("253:0", "/");
    machine.mount("0:20", "/run", "tmpfs tmpfs rw");
    auto host = machine.host();
    EXPECT_EQ(disks_under(host, *look_at_machine(host, {}).value(), "/var/lib/new").value(),
              (std::vector<std::string>{"dm-0", "sda"}));
    EXPECT_TRUE(disks_under(host, *look_at_machine(host, {}).value(), "/run/x").value().empty());
}

}  // namespace
}  // namespace quietus::discovery
