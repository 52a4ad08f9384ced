#include "app/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/file.h"
#include "support/loop_device.h"
#include "support/machine_builder.h"
#include "support/memory_host.h"

namespace quietus::app {
namespace {

using test::a_drive;
using testing::HasSubstr;

Error fault_of(std::string_view text) {
    const auto manifest = parse_manifest(text);
    EXPECT_FALSE(manifest.has_value()) << text;
    return manifest ? Error{} : manifest.error();
}

TEST(Manifest, ReadsEveryColumnInAnyOrder) {
    const std::string text =
        "asset,serial,wwn,ticket,customer,classification,destination,location,path,size\r\n"
        "A1,S1,0x5000,T1,\"Smith, Ltd\",secret,recycler,bay 3,,\r\n"
        ",,,,,,,,/dev/loop7,1048576\r\n";
    const auto manifest = parse_manifest(text);
    ASSERT_TRUE(manifest.has_value()) << manifest.error().message;
    EXPECT_EQ(manifest->sha256, sha256_hex(text));
    ASSERT_EQ(manifest->rows.size(), 2U);
    const ManifestRow& first = manifest->rows[0];
    EXPECT_EQ(first.line, 2U);
    EXPECT_EQ(first.device(), "serial:S1");
    EXPECT_EQ(first.said.customer, "Smith, Ltd");
    EXPECT_EQ(first.said.location, "bay 3");
    EXPECT_EQ(manifest->rows[1].device(), "/dev/loop7");
    EXPECT_EQ(manifest->rows[1].size, 1048576U);
}

TEST(Manifest, EveryWordAboutADriveHasItsColumn) {
    const std::vector<std::pair<std::string, std::string OrderFacts::*>> columns{
        {"asset", &OrderFacts::asset_tag},
        {"label_serial", &OrderFacts::label_serial},
        {"ticket", &OrderFacts::ticket},
        {"customer", &OrderFacts::customer},
        {"contract", &OrderFacts::contract},
        {"classification", &OrderFacts::classification},
        {"destination", &OrderFacts::destination},
        {"location", &OrderFacts::location},
        {"condition", &OrderFacts::condition},
        {"failure_reason", &OrderFacts::failure_reason},
        {"source", &OrderFacts::media_source},
        {"vendor_statement", &OrderFacts::vendor_statement},
        {"retention", &OrderFacts::retention},
        {"backup_location", &OrderFacts::backup_location},
        {"requested_by", &OrderFacts::requester},
        {"approved_by", &OrderFacts::approver},
        {"approval", &OrderFacts::approval}};
    for (const auto& [name, field] : columns) {
        const auto manifest = parse_manifest("serial," + name + "\nS1,of " + name + "\n");
        ASSERT_TRUE(manifest.has_value()) << manifest.error().message;
        EXPECT_EQ(manifest->rows[0].said.*field, "of " + name);
    }
    for (const std::string answer : {"yes", "no", "unknown"}) {
        const auto manifest =
            parse_manifest("serial,legal_hold,backed_up\nS1," + answer + "," + answer + "\n");
        ASSERT_TRUE(manifest.has_value()) << manifest.error().message;
        EXPECT_EQ(manifest->rows[0].said.legal_hold, answer);
        EXPECT_EQ(manifest->rows[0].said.backed_up, answer);
    }
}

TEST(Manifest, RefusesWhatIsUnclearWithLineAndRemedy) {
    struct Case {
        const char* text;
        const char* what;
    };
    for (const Case& bad :
         {Case{"", "line 1: there is no header"}, Case{"serial\n", "line 1: names no drive"},
          Case{"serial,colour\nS1,red\n", "line 1: unknown column 'colour'"},
          Case{"Serial\nS1\n", "line 1: unknown column 'Serial'"},
          Case{"serial,serial\nS1,S1\n", "line 1: column 'serial' is there twice"},
          Case{"serial,asset\nS1,A\n,B\n", "line 3: names no drive"},
          Case{"serial\nS1\nS2\nS1\n", "line 4: serial S1 is already on line 2"},
          Case{"wwn\n5\n5\n", "line 3: wwn 5 is already on line 2"},
          Case{"path,size\n/dev/a,1\n/dev/a,1\n", "line 3: path /dev/a is already on line 2"},
          Case{"path\n/dev/loop0\n", "line 2: a path without a size"},
          Case{"path,size\nloop0,5\n", "line 2: the path is not absolute"},
          Case{"serial,size\nS1,1k\n", "line 2: '1k' is no size in bytes"},
          Case{"serial,size\nS1,0\n", "line 2: '0' is no size in bytes"},
          Case{"serial\nS1 \n", "line 2: serial begins or ends with a blank"},
          Case{"serial,legal_hold\nS1,perhaps\n", "line 2: legal hold: 'perhaps' is no answer"},
          Case{"serial,backed_up\nS1,YES\n", "line 2: backed up: 'YES' is no answer"},
          Case{"serial,asset\nS1\n", "line 2: 1 fields"}}) {
        const Error error = fault_of(bad.text);
        EXPECT_EQ(error.code, ErrorCode::bad_evidence);
        EXPECT_THAT(error.message, HasSubstr(bad.what));
    }
    EXPECT_THAT(fault_of("serial\n" + std::string(2000, 'S')).message, HasSubstr("longer than"));
    EXPECT_NE(fault_of("serial,colour\nS1,red\n").hint, "");
}

TEST(Manifest, AFileThatCannotBeReadIsAMistakeOfTheCall) {
    EXPECT_EQ(read_manifest("/no/such/file.csv").error().code, ErrorCode::usage);
    test::ScratchFolder scratch;
    ASSERT_TRUE(write_file_durably(scratch.path() + "/m.csv", "x\n1\n", 0600).has_value());
    EXPECT_THAT(read_manifest(scratch.path() + "/m.csv").error().message,
                HasSubstr("/m.csv: line 1: unknown column"));
}

class Rows : public testing::Test {
  protected:
    Result<const ManifestRow*> find(const DeviceSnapshot& drive, const std::string& text) {
        manifest_ = parse_manifest(text).value();
        return row_of(host_, manifest_, drive);
    }
    test::MemoryHost host_;
    Manifest manifest_;
};

TEST_F(Rows, ADriveIsFoundBySerialWwnOrPathWithSize) {
    const DeviceSnapshot drive = a_drive("sda").serial("S100").wwn("naa.5000C500");
    EXPECT_EQ(find(drive, "serial\nS1\nS100\n").value()->line, 3U);
    EXPECT_EQ(find(drive, "wwn\n0x5000c500\n").value()->line, 2U);
    EXPECT_EQ(find(drive, "path,size\n/dev/sda,1073741824\n").value()->line, 2U);
}

TEST_F(Rows, EverythingTheRowSaysMustBeSo) {
    const DeviceSnapshot drive = a_drive("sda").serial("S100").wwn("naa.5000C500");
    for (const char* text :
         {"serial,wwn\nS100,0x5001\n", "serial,size\nS100,5\n",
          "serial,path,size\nS100,/dev/sdb,1073741824\n", "path,size\n/dev/sda,1073741825\n"}) {
        const auto row = find(drive, text);
        ASSERT_FALSE(row.has_value()) << text;
        EXPECT_EQ(row.error().code, ErrorCode::bad_evidence);
        EXPECT_THAT(row.error().message, HasSubstr("the drive found is not the drive named"));
    }
}

TEST_F(Rows, NoRowOrTwoRowsAreNone) {
    const DeviceSnapshot drive = a_drive("sda").serial("S100").wwn("naa.5000C500");
    EXPECT_THAT(find(drive, "serial\nS1\n").error().message, HasSubstr("no line of the manifest"));
    EXPECT_THAT(find(drive, "serial,wwn\nS100,\n,5000c500\n").error().message,
                HasSubstr("lines 2 and 3"));
}

}  // namespace
}  // namespace quietus::app
