#include "app/facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "record/json.h"
#include "support/replay_host.h"

namespace quietus::app {
namespace {

using namespace std::string_literals;
using testing::Contains;
using testing::HasSubstr;
using testing::Pair;

const std::string kSecureBoot =
    "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";

class Facts : public testing::Test {
  protected:
    HostFacts gathered() const { return gather_host_facts(test::ReplayHost{machine_}); }
    void expect_missing(const std::string& field, const std::string& why) const {
        EXPECT_THAT(gathered().missing, Contains(Pair(field, HasSubstr(why))));
    }
    test::Machine machine_;
};

TEST_F(Facts, EachThatIsNotThereSaysWhy) {
    expect_missing("secure_boot", "not started by UEFI");
    expect_missing("tpm_pcrs", "the kernel shows no TPM");
    expect_missing("image", "names no image");
    expect_missing("network", "/sys/class/net");
    expect_missing("chassis_serial", "/sys/class/dmi/id/chassis_serial");
    EXPECT_EQ(gathered().secure_boot, "");
}

TEST_F(Facts, SecureBootIsWhatTheFirmwareSays) {
    machine_.files[kSecureBoot] = "\x06\0\0\0\x01"s;
    EXPECT_EQ(gathered().secure_boot, "on");
    machine_.files[kSecureBoot] = "\x06\0\0\0\0"s;
    EXPECT_EQ(gathered().secure_boot, "off");
    machine_.files[kSecureBoot] = "\x06\0\0\0\x02"s;
    expect_missing("secure_boot", "not of the known form");
    machine_.files[kSecureBoot] = "\x01"s;
    expect_missing("secure_boot", "not of the known form");
}

TEST_F(Facts, ThePcrsAreThoseOfTheSha256Bank) {
    const std::string bank = "/sys/class/tpm/tpm0/pcr-sha256/";
    machine_.files[bank + "0"] = std::string(64, 'A') + "\n";
    machine_.files[bank + "7"] = std::string(64, '0') + "\n";
    machine_.files[bank + "8"] = "not a digest\n";
    const auto pcrs = gathered().tpm_pcrs;
    ASSERT_EQ(pcrs.size(), 2U);
    EXPECT_EQ(pcrs[0], (std::pair{0U, std::string(64, 'a')}));
    EXPECT_EQ(pcrs[1].first, 7U);
    machine_.files.erase(bank + "0");
    machine_.files.erase(bank + "7");
    expect_missing("tpm_pcrs", "no SHA-256 bank");
}

TEST_F(Facts, TheNetworkIsWhatIsUpButTheLoopback) {
    machine_.files["/sys/class/net/lo/operstate"] = "up\n";
    machine_.files["/sys/class/net/eth1/operstate"] = "down\n";
    EXPECT_EQ(gathered().network, "no interface is up");
    machine_.files["/sys/class/net/eth0/operstate"] = "up\n";
    machine_.files["/sys/class/net/wlan0/operstate"] = "up\n";
    EXPECT_EQ(gathered().network, "up: eth0, wlan0");
}

TEST_F(Facts, TheImageIsTheOneOsReleaseNames) {
    machine_.files["/etc/os-release"] =
        "PRETTY_NAME=\"Example OS 3\"\nMY_IMAGE_ID=no\nIMAGE_ID=wipe-station\nIMAGE_VERSION=42\n";
    machine_.files["/sys/class/dmi/id/chassis_serial"] = "CH-1\n";
    EXPECT_EQ(gathered().operating_system, "Example OS 3");
    EXPECT_EQ(gathered().image, "wipe-station 42");
    EXPECT_EQ(gathered().chassis_serial, "CH-1");
}

TEST(OrderOfACall, TheRowGoesBeforeTheCallInEveryText) {
    Settings settings;
    ManifestRow row;
    row.line = 7;
    for (const OrderText& field : kOrderTexts) settings.order.*field.text = "call\x1b";
    const OrderFacts of_call = gather_order_facts(settings, nullptr, "digest");
    for (const OrderText& field : kOrderTexts)
        EXPECT_EQ(of_call.*field.text, "call\\x1b") << field.name;
    EXPECT_EQ(of_call.manifest_sha256, "");
    for (const OrderText& field : kOrderTexts) row.said.*field.text = "row";
    const OrderFacts of_row = gather_order_facts(settings, &row, "digest");
    for (const OrderText& field : kOrderTexts) EXPECT_EQ(of_row.*field.text, "row") << field.name;
    EXPECT_EQ(of_row.manifest_sha256, "digest");
    EXPECT_EQ(of_row.manifest_line, 7U);
}

}  // namespace
}  // namespace quietus::app
