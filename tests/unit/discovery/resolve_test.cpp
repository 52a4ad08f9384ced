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
    EXPECT_EQ(disks_under(host, "/var/lib/new").value(), (std::vector<std::string>{"dm-0", "sda"}));
    EXPECT_TRUE(disks_under(host, "/run/x").value().empty());
}

}  // namespace
}  // namespace quietus::discovery
