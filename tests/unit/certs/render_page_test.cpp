// What a rendering shows of a record, before anything is drawn.

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "certs/render/page_of_record.h"
#include "unit/certs/render_fixture.h"
#include "unit/certs/statement_builder.h"

namespace quietus::certs {
namespace {

using namespace testing;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

Page page_of(const RenderInput& input) {
    return page_of_record(input.record, input.record_bytes, input.standing, input.people);
}

std::string value_of(const Section& section, const std::string& name) {
    for (const Row& row : section.rows)
        if (row.name == name) return row.value;
    return "(no row)";
}

class RenderPage : public ::testing::Test {
  protected:
    Issuer issuer_;
    RenderInput good_ = input_of(issuer_, an_erased_drive());
};

TEST_F(RenderPage, ShowsAnErasedDrive) {
    const Page page = page_of(good_);
    EXPECT_EQ(page.standpoint, Standpoint::good);
    EXPECT_EQ(page.title, "Record of sanitization");
    EXPECT_EQ(page.badge, "ERASED");
    EXPECT_EQ(page.stamp, "");
    EXPECT_EQ(value_of(page.drive, "Serial number"), "WD-TEST0001");
    EXPECT_EQ(value_of(page.work, "Method"), "clear (asked for: clear)");
    EXPECT_THAT(page.lead, HasSubstr("All 1 048 576 bytes were read back"));
    EXPECT_THAT(page.not_reached.sentences,
                Contains("Not reached: reallocated sectors: not addressable by the host."));
    EXPECT_EQ(page.limits.sentences.size(), good_.record["limits"].size());
    EXPECT_EQ(page.digest, sha256_hex(good_.record_bytes));
    EXPECT_EQ(page.qr, "quietus:1:" + good_.record["id"].get<std::string>() +
                           ":sha256:" + sha256_hex(good_.record_bytes));
    EXPECT_THAT(page.authority, HasSubstr("certificate.json"));
}

TEST_F(RenderPage, ShowsWhatIsOnTheLabelAndWhetherItAgrees) {
    EXPECT_EQ(value_of(page_of(good_).drive, "Label"), "(no row)");
    EraseRecord record = an_erased_drive();
    record.order.label_serial = "WD-TEST0001";
    EXPECT_EQ(value_of(page_of(input_of(issuer_, record)).drive, "Label"),
              "WD-TEST0001, as the drive reports");
    record.order.label_serial = "OTHER";
    EXPECT_EQ(value_of(page_of(input_of(issuer_, record)).drive, "Label"),
              "OTHER, which is NOT what the drive reports");
}

TEST_F(RenderPage, ShowsTheFurtherFieldsInTheDetail) {
    EraseRecord record = an_erased_drive();
    record.plan.target.build.manufacturer = SourcedString::of({"SEAGATE"}, "sysfs:device/vendor");
    record.plan.target.build.link = SourcedString::of({"SATA 6.0 Gbps"}, "sysfs:sata_spd");
    record.order.contract = "C-7";
    record.order.legal_hold = "no";
    record.order.approval = "CR-9";
    record.order.approver = record.operated_by.declared = "Olga";
    record.order.organisation_address = "Street 1";
    record.host.secure_boot = "on";
    record.host.tpm_pcrs = {{0, std::string(64, 'a')}};
    const Page page = page_of(input_of(issuer_, record));
    EXPECT_EQ(value_of(page.work, "Contract"), "C-7");
    const auto shown = [&](const std::string& title, const std::string& name) {
        for (const Section& section : page.detail)
            if (section.title == title) return value_of(section, name);
        return std::string{"(no section)"};
    };
    EXPECT_EQ(shown("Further about the drive", "Manufacturer"), "SEAGATE");
    EXPECT_EQ(shown("Further about the drive", "Link"), "SATA 6.0 Gbps");
    EXPECT_EQ(shown("Order", "Legal hold"), "no");
    EXPECT_EQ(shown("Order", "Approval"), "CR-9");
    EXPECT_EQ(shown("Order", "Issuer's address"), "Street 1");
    EXPECT_EQ(shown("Machine and program", "Secure Boot"), "on");
    EXPECT_EQ(shown("Machine and program", "TPM"), "1 PCR value is in the record, not quoted");
    const auto order =
        std::find_if(page.detail.begin(), page.detail.end(),
                     [](const Section& section) { return section.title == "Order"; });
    EXPECT_THAT(order->sentences, Contains(HasSubstr("The approver is the operator")));
}

TEST_F(RenderPage, SaysSelfSignedOnlyWhereItIs) {
    EXPECT_EQ(page_of(good_).notice, "self-signed, not independent");
    good_.record["signing_key"]["self_signed"] = false;
    EXPECT_EQ(page_of(good_).notice, "");
}

TEST_F(RenderPage, ShowsExceptionsAndFailuresAsNoCertificates) {
    const Page exception = page_of(input_of(issuer_, a_drive_with_exceptions()));
    EXPECT_EQ(exception.standpoint, Standpoint::exception);
    EXPECT_EQ(exception.badge, "ERASED WITH EXCEPTIONS");
    EXPECT_EQ(exception.stamp, "NOT A CERTIFICATE");
    EXPECT_THAT(exception.not_reached.sentences, Contains(HasSubstr("the last 100 bytes")));
    const Page failed = page_of(input_of(issuer_, a_failed_erasure()));
    EXPECT_EQ(failed.standpoint, Standpoint::failed);
    EXPECT_EQ(failed.title, "Record of a failed erasure");
    EXPECT_EQ(failed.badge, "NOT ERASED");
    EXPECT_EQ(failed.stamp, "NOT A CERTIFICATE");
    EXPECT_THAT(failed.lead, HasSubstr("the read-back FAILED"));
    EXPECT_THAT(failed.not_reached.sentences, Contains(HasSubstr("4 096 bytes")));
}

TEST_F(RenderPage, IsCalledACertificateOnlyWhenNothingIsMissing) {
    good_.standing.title = "Certificate of sanitization";
    EXPECT_EQ(page_of(good_).title, "Certificate of sanitization");
    good_.standing.missing = {"the validator's signature"};
    EXPECT_EQ(page_of(good_).title, "Record of sanitization");
    EXPECT_EQ(value_of(page_of(good_).signatures, "Still missing"), "the validator's signature");
    RenderInput failed = input_of(issuer_, a_failed_erasure());
    failed.standing.title = "Certificate of sanitization";
    EXPECT_THAT(page_of(failed).title, Not(HasSubstr("ertificate")));
}

TEST_F(RenderPage, TakesWhatItDoesNotKnowForAFailure) {
    for (const auto& [type, verdict] : {std::pair{"sanitization", "exceptions"},
                                        {"sanitization", "unheard-of"},
                                        {"exception-record", "erased"},
                                        {"validation", "erased"},
                                        {"unheard-of", "erased"}}) {
        good_.record["type"] = type;
        good_.record["verdict"] = verdict;
        const Page page = page_of(good_);
        EXPECT_EQ(page.standpoint, Standpoint::failed) << type << " " << verdict;
        EXPECT_EQ(page.stamp, "NOT A CERTIFICATE") << type << " " << verdict;
    }
    EXPECT_EQ(page_of(input_of(Json::object())).stamp, "NOT A CERTIFICATE");
    EXPECT_EQ(page_of(input_of(Json::array())).stamp, "NOT A CERTIFICATE");
}

TEST_F(RenderPage, ShowsStatementsWithTheirOwnMembers) {
    Statement stated = a_statement(Custody{
        .from = "Hall 3", .to = "carrier", .at = "2026-11-22T01:00:00.000Z", .seal = "4711"});
    const Folder folder = issuer_.folder_for(stated);
    RenderInput input = input_of(parse_json(folder.at("custody.json")).value());
    input.people = parse_json(folder.at(kPeopleName)).value();
    const Page page = page_of(input);
    EXPECT_EQ(page.standpoint, Standpoint::statement);
    EXPECT_EQ(page.badge, "");
    EXPECT_EQ(page.stamp, "");
    EXPECT_EQ(page.record_name, "custody.json");
    EXPECT_THAT(page.lead, HasSubstr("handed over by Hall 3 to carrier"));
    ASSERT_FALSE(page.statement.empty());
    EXPECT_EQ(value_of(page.statement.back(), "Seal"), "4711");
    EXPECT_EQ(value_of(page.people, "Validator"), "Vera");
    EXPECT_TRUE(page.map.cells.empty());
    const Page silent = page_of(input_of({{"type", "unresponsive"}}));
    EXPECT_EQ(silent.badge, "DRIVE DOES NOT RESPOND");
    EXPECT_EQ(silent.stamp, "NOT A CERTIFICATE");
}

TEST_F(RenderPage, NamesPeopleOnlyWhileTheirDocumentIsThere) {
    EXPECT_EQ(value_of(page_of(good_).people, "Operator"), "Olga");
    good_.record["people"]["named"] = {"operator"};
    good_.people = Json();
    EXPECT_THAT(value_of(page_of(good_).people, "Named"), HasSubstr("operator (their names were"));
}

TEST_F(RenderPage, MapsWhereSomethingWasLeft) {
    const Page page = page_of(input_of(issuer_, a_failed_erasure()));
    ASSERT_EQ(page.map.cells.size(), 256U);  // 2048 sectors: 8 a cell
    EXPECT_EQ(page.map.cells[1], CellState::done);
    EXPECT_EQ(page.map.cells[2], CellState::unreadable);  // sectors 16 to 23
    EXPECT_EQ(page.map.cells[3], CellState::done);
    good_.record["verification"]["mismatched"] = {{2047, 1}};
    good_.record["sanitization"]["unwritten"] = {{0, 9}, {2040, 10000}, {999999, 1}};
    const Page spoilt = page_of(good_);
    EXPECT_EQ(spoilt.map.cells[0], CellState::unwritten);
    EXPECT_EQ(spoilt.map.cells[1], CellState::unwritten);
    EXPECT_EQ(spoilt.map.cells[2], CellState::done);
    EXPECT_EQ(spoilt.map.cells[255], CellState::mismatched);
}

TEST_F(RenderPage, MapsTheLargestDriveWithoutOverflow) {
    good_.record["drive"]["size_bytes"] = "18446744073709551104";
    good_.record["sanitization"]["unwritten"] =
        Json::array({Json::array({"36028797018963966", "18446744073709551615"})});
    const Page page = page_of(good_);
    EXPECT_EQ(page.map.cells[254], CellState::done);
    EXPECT_EQ(page.map.cells[255], CellState::unwritten);
}

TEST_F(RenderPage, ShowsSpeedOnlyWhereItWasMeasured) {
    EXPECT_THAT(page_of(good_).speed, IsEmpty());
    Json& pace = good_.record["sanitization"]["steps"][0]["pace"]["kib_per_s_by_64th"];
    pace = Json::array();
    for (int i = 0; i < 64; ++i) pace.push_back(1000 + i);
    const Page page = page_of(good_);
    ASSERT_EQ(page.speed.size(), 1U);
    EXPECT_EQ(page.speed[0].name, "written");
    EXPECT_EQ(page.speed[0].kib_per_s[63], 1063U);
}

TEST_F(RenderPage, WordsAPurgeAsWhatTheDeviceReports) {
    good_.record["sanitization"]["method_achieved"] = "purge";
    EXPECT_THAT(page_of(good_).lead, HasSubstr("Device reports purge technique completed."));
    EXPECT_THAT(page_of(good_).lead, HasSubstr("Other areas: device statement only."));
}

// Each value in turn is taken away or replaced by one of another type.
TEST_F(RenderPage, CopesWithEveryMemberMissingOrOfAnotherType) {
    for (const auto& [key, value] : good_.record.items()) {
        for (const Json& other : {Json(), Json(7), Json("text"), Json::array({1, "x"}),
                                  Json::object(), Json{{"unavailable", "why"}}}) {
            RenderInput spoilt = good_;
            spoilt.record[key] = other;
            EXPECT_FALSE(page_of(spoilt).title.empty());
            for (const auto& [inner, unused] : value.items()) {
                if (!value.is_object()) break;
                spoilt = good_;
                spoilt.record[key][inner] = other;
                EXPECT_FALSE(page_of(spoilt).title.empty());
            }
        }
    }
}

}  // namespace
}  // namespace quietus::certs
