#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "guard/guard.h"
#include "support/machine_builder.h"

namespace quietus::guard {
namespace {

using test::a_drive;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Consent confirming(std::vector<std::string> confirmations, bool typed = false) {
    Consent consent;
    consent.confirmations = std::move(confirmations);
    consent.typed = typed;
    return consent;
}

std::string remedy_for(const DeviceSnapshot& drive) {
    Plan plan;
    plan.target = drive;
    const Consent consent;
    const std::vector<DeviceSnapshot> all{drive};
    return review({plan, drive, consent, all, {}}).objections.back().remedy;
}

TEST(Confirmation, ASerialOrAPathAndSizeNamesTheDrive) {
    const std::vector<DeviceSnapshot> drives{a_drive("sda"), a_drive("sdb").no_serial(),
                                             a_drive("sdc").serial("0000000000")};
    EXPECT_EQ(confirmation_needed(drives[0], drives), "SERIAL-sda");
    EXPECT_EQ(confirmation_needed(drives[1], drives), "/dev/sdb:1073741824");
    EXPECT_EQ(confirmation_needed(drives[2], drives), "/dev/sdc:1073741824");
}

TEST(Confirmation, ASerialThatTwoTargetsShareNamesNeither) {
    const std::vector<DeviceSnapshot> namespaces{a_drive("nvme0n1").serial("S4EW1").wwn("eui.01"),
                                                 a_drive("nvme0n2").serial("S4EW1").wwn("eui.02")};
    EXPECT_EQ(confirmation_needed(namespaces[0], namespaces), "/dev/nvme0n1:1073741824");
    EXPECT_FALSE(same_medium(namespaces[0], namespaces[1]));
    EXPECT_THAT(unmatched_confirmations(confirming({"S4EW1"}), namespaces), ElementsAre("S4EW1"));
}

TEST(Confirmation, OnlyTheExactWordsCount) {
    const std::vector<DeviceSnapshot> drives{a_drive("sda")};
    for (const char* wrong : {"serial-sda", "SERIAL-sd", "SERIAL-sdaa", " SERIAL-sda", "/dev/sda",
                              "", "/dev/sda:1073741824"}) {
        EXPECT_EQ(means_of(confirming({wrong}), drives[0], drives), ConsentMeans::none) << wrong;
    }
    EXPECT_EQ(means_of(confirming({"x", "SERIAL-sda"}), drives[0], drives),
              ConsentMeans::confirm_flag);
    EXPECT_EQ(means_of(confirming({"SERIAL-sda"}, true), drives[0], drives),
              ConsentMeans::typed_serial);
}

TEST(Confirmation, ATokenThatWasNotCheckedNamesNothing) {
    const std::vector<DeviceSnapshot> drives{a_drive("sda")};
    Consent consent;
    consent.plan_token = "20261122T020803Z-00";
    EXPECT_EQ(means_of(consent, drives[0], drives), ConsentMeans::none);
    consent.plan_token_holds = true;
    EXPECT_EQ(means_of(consent, drives[0], drives), ConsentMeans::plan_token);
}

TEST(Confirmation, ReportsTheOnesThatNameNoTarget) {
    const std::vector<DeviceSnapshot> drives{a_drive("sda"), a_drive("sdb").no_serial()};
    const Consent consent = confirming({"SERIAL-sda", "/dev/sdb:1073741824", "SERIAL-sdc"});
    EXPECT_THAT(unmatched_confirmations(consent, drives), ElementsAre("SERIAL-sdc"));
    EXPECT_THAT(unmatched_confirmations(confirming({"SERIAL-sda"}), drives), IsEmpty());
}

TEST(Confirmation, SaysExactlyWhatToPass) {
    EXPECT_EQ(remedy_for(a_drive("sda")),
              "type SERIAL-sda when asked, or pass --confirm SERIAL-sda");
    EXPECT_THAT(remedy_for(a_drive("sda").no_serial()), HasSubstr("--confirm /dev/sda:1073741824"));
    EXPECT_THAT(remedy_for(a_drive("sda").serial("WD WX1")), HasSubstr("--confirm 'WD WX1'"));
}

TEST(Confirmation, AHostileSerialCannotRunInAPastedHint) {
    EXPECT_THAT(remedy_for(a_drive("sda").serial("a'; rm -rf /; $(b)")),
                HasSubstr("--confirm 'a'\\''; rm -rf /; $(b)'"));
}

TEST(SameMedium, SeesOneFileUnderTwoLoopsAndOneDriveBehindTwoPaths) {
    const DeviceSnapshot loop0 = a_drive("loop0").loop_over_inode(42);
    EXPECT_TRUE(same_medium(loop0, a_drive("loop1").loop_over_inode(42, 4096)));
    EXPECT_FALSE(same_medium(loop0, a_drive("loop1").loop_over_inode(43)));
    EXPECT_TRUE(same_medium(a_drive("sda").no_wwn().serial("S9XY"),
                            a_drive("sdb").no_wwn().serial("S9XY")));
    EXPECT_FALSE(
        same_medium(a_drive("sda").no_wwn().no_serial(), a_drive("sdb").no_wwn().no_serial()));
}

}  // namespace
}  // namespace quietus::guard
