// Every field of the record that a person or the machine may give: where it ends, and what stands
// there without it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "certs/schema.h"
#include "record/json.h"
#include "unit/certs/evidence_fixture.h"
#include "unit/certs/statement_builder.h"

namespace quietus::certs {
namespace {

using namespace testing;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

class Fields : public ::testing::Test {
  protected:
    Folder folder() { return issue(record_, issuer_.context(), issuer_.key).value(); }
    Json json() { return parse_json(folder().at("certificate.json")).value(); }
    Json people() { return parse_json(folder().at("people.json")).value(); }
    std::vector<std::string> limits() { return json()["limits"].get<std::vector<std::string>>(); }

    Issuer issuer_;
    EraseRecord record_ = an_erased_drive();
};

struct Place {
    std::string OrderFacts::*field;
    const char* pointer;
};
const std::vector<Place> kPlaces{{&OrderFacts::organisation, "/issuer/organisation"},
                                 {&OrderFacts::organisation_address, "/issuer/address"},
                                 {&OrderFacts::organisation_contact, "/issuer/contact"},
                                 {&OrderFacts::location, "/host/site"},
                                 {&OrderFacts::ticket, "/order/ticket"},
                                 {&OrderFacts::customer, "/order/customer"},
                                 {&OrderFacts::contract, "/order/contract"},
                                 {&OrderFacts::retention, "/order/retention"},
                                 {&OrderFacts::legal_hold, "/order/legal_hold"},
                                 {&OrderFacts::backed_up, "/order/backed_up"},
                                 {&OrderFacts::backup_location, "/order/backup_location"},
                                 {&OrderFacts::approval, "/authorisation/approval"},
                                 {&OrderFacts::label_serial, "/drive/label_serial"},
                                 {&OrderFacts::asset_tag, "/drive/asset_tag"},
                                 {&OrderFacts::classification, "/drive/classification"},
                                 {&OrderFacts::destination, "/drive/destination"},
                                 {&OrderFacts::condition, "/drive/condition_at_intake"},
                                 {&OrderFacts::failure_reason, "/drive/failure_reason"},
                                 {&OrderFacts::media_source, "/drive/source"},
                                 {&OrderFacts::vendor_statement, "/drive/vendor_statement"}};

TEST_F(Fields, WhatIsDeclaredIsInItsPlaceAndWhatIsNotSaysHowToGiveIt) {
    const Json silent = json();
    for (const Place& place : kPlaces) {
        const Json& value = silent[Json::json_pointer(place.pointer)];
        ASSERT_TRUE(value.is_object()) << place.pointer;
        EXPECT_THAT(value["unavailable"].get<std::string>(), HasSubstr("not given"));
        record_.order.*place.field = "no";
    }
    const Json said = json();
    for (const Place& place : kPlaces)
        EXPECT_EQ(said[Json::json_pointer(place.pointer)], "no") << place.pointer;
    EXPECT_EQ(kPlaces.size() + 2, kOrderTexts.size())
        << "requester and approver are in people.json";
}

TEST_F(Fields, TheLabelIsComparedWithTheDrive) {
    EXPECT_THAT(json()["drive"]["label_serial_compared"]["unavailable"].get<std::string>(),
                HasSubstr("was not given"));
    record_.order.label_serial = "WD-TEST0001";
    EXPECT_EQ(json()["drive"]["label_serial_compared"], "agree");
    EXPECT_THAT(limits(), Not(Contains(HasSubstr("label"))));
    record_.order.label_serial = "WD-TEST0002";
    EXPECT_EQ(json()["drive"]["label_serial_compared"], "differ");
    EXPECT_THAT(limits(), Contains(HasSubstr("label is not the one the drive reports")));
    record_.plan.target.identity.serial = SourcedString::none("none");
    EXPECT_THAT(json()["drive"]["label_serial_compared"]["unavailable"].get<std::string>(),
                HasSubstr("reports no serial number"));
}

TEST_F(Fields, WhoAskedAndWhoApprovedAreNamedInThePeopleAlone) {
    EXPECT_THAT(json()["authorisation"]["requester"]["unavailable"].get<std::string>(),
                HasSubstr("--requested-by"));
    record_.order.requester = "Rita";
    record_.order.approver = "Axel";
    record_.operated_by.declared = "Olga";
    const Json record = json();
    EXPECT_EQ(record.dump().find("Rita"), std::string::npos);
    EXPECT_EQ(record["authorisation"]["requester"], "named in people.json");
    EXPECT_EQ(record["authorisation"]["approver"], "named in people.json");
    EXPECT_EQ(record["authorisation"]["approver_is_operator"], false);
    EXPECT_EQ(record["people"]["named"], Json({"operator", "requester", "approver"}));
    EXPECT_EQ(people()["people"][1]["role"], "requester");
    EXPECT_EQ(people()["people"][1]["name"], "Rita");
    EXPECT_EQ(people()["people"][2]["name"], "Axel");
    record_.order.approver = "Olga";
    EXPECT_EQ(json()["authorisation"]["approver_is_operator"], true);
}

TEST_F(Fields, ThePeopleOfAnAuthorisationHoldInEveryVerifier) {
    record_.order.requester = "Rita";
    record_.order.approver = "Axel";
    const Report report = verify_folder(issuer_.folder_for(record_), issuer_.trust(), kNow);
    EXPECT_TRUE(report.authentic) << why(report);
}

TEST_F(Fields, TheHostShowsWhatItWasStartedWith) {
    record_.host.secure_boot = "on";
    record_.host.image = "wipe-station 42";
    record_.host.chassis_serial = "CH-1";
    record_.host.network = "no interface is up";
    record_.host.tpm_pcrs = {{0, std::string(64, 'a')}, {7, std::string(64, 'b')}};
    const Json host = json()["host"];
    EXPECT_EQ(host["secure_boot"], "on");
    EXPECT_EQ(host["image"], "wipe-station 42");
    EXPECT_EQ(host["chassis_serial"], "CH-1");
    EXPECT_EQ(host["network"], "no interface is up");
    EXPECT_EQ(host["tpm_pcrs"][1]["pcr"], 7);
    EXPECT_EQ(host["tpm_pcrs"][1]["sha256"], std::string(64, 'b'));
    record_.host.tpm_pcrs.clear();
    record_.host.secure_boot.clear();
    record_.host.missing = {{"tpm_pcrs", "no TPM"}, {"secure_boot", "no UEFI"}};
    EXPECT_EQ(json()["host"]["tpm_pcrs"]["unavailable"], "no TPM");
    EXPECT_EQ(json()["host"]["secure_boot"]["unavailable"], "no UEFI");
}

TEST_F(Fields, TheBuildOfTheDriveHasItsSources) {
    const std::vector<std::pair<const char*, SourcedString Build::*>> parts{
        {"manufacturer", &Build::manufacturer},
        {"form_factor", &Build::form_factor},
        {"rotation_rate", &Build::rotation_rate},
        {"link", &Build::link},
        {"bay", &Build::bay},
        {"protection_information", &Build::protection},
        {"locking", &Build::locking}};
    for (const auto& [name, part] : parts) {
        EXPECT_EQ(json()["drive"][name]["unavailable"], "not read") << name;
        record_.plan.target.build.*part = SourcedString::of({"of \x1b"}, std::string{"s:"} + name);
    }
    const Json drive = json()["drive"];
    for (const auto& [name, part] : parts) {
        EXPECT_EQ(drive[name], "of ?") << name;
        EXPECT_EQ(drive[std::string{name} + "_raw"], "6f66201b") << name;
        EXPECT_THAT(drive["sources"],
                    Contains(Json{{"field", name}, {"source", std::string{"s:"} + name}}));
    }
    for (const char* name : {"tcg", "encrypting", "fips_certificate", "namespaces"})
        EXPECT_TRUE(drive[name].contains("unavailable")) << name;
}

TEST_F(Fields, TheSchemaKnowsTheirValues) {
    record_.order.legal_hold = "unknown";
    const Json good = json();
    ASSERT_TRUE(check_record_schema(good).has_value());
    for (const auto& [pointer, value] :
         {std::pair{"/order/legal_hold", "yes"}, std::pair{"/order/backed_up", "perhaps"},
          std::pair{"/drive/label_serial_compared", "nearly"},
          std::pair{"/host/secure_boot", "maybe"}, std::pair{"/authorisation/approver", "Axel"},
          std::pair{"/issuer/address", ""}, std::pair{"/cryptographic_erase", "done"}}) {
        Json bad = good;
        bad[Json::json_pointer(pointer)] = value;
        EXPECT_FALSE(check_record_schema(bad).has_value()) << pointer;
    }
    for (const char* pointer :
         {"/authorisation", "/cryptographic_erase", "/issuer/contact", "/drive/label_serial",
          "/drive/link", "/host/tpm_pcrs", "/order/contract"}) {
        const Json::json_pointer at{pointer};
        Json bad = good;
        bad[at.parent_pointer()].erase(at.back());
        EXPECT_FALSE(check_record_schema(bad).has_value()) << pointer;
    }
}

TEST(StatementFields, AStatementHasItsIssuersAddress) {
    Issuer issuer;
    Statement statement = a_statement(Unresponsive{.symptom = "silent"});
    statement.organisation_address = "Street 1";
    statement.organisation_contact = "it@example";
    const Folder folder = issue_statement(statement, issuer.context(), issuer.key).value();
    const Json json = parse_json(folder.at("unresponsive.json")).value();
    EXPECT_EQ(json["issuer"]["address"], "Street 1");
    EXPECT_EQ(json["issuer"]["contact"], "it@example");
}

}  // namespace
}  // namespace quietus::certs
