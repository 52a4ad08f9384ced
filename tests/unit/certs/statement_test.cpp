// What people state: each kind signed, verified, and refused where it lacks what it needs.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/certs/statement_builder.h"

namespace quietus::certs {
namespace {

using namespace testing;
using ::testing::HasSubstr;

ForeignClaim a_claim() {
    ForeignClaim claim;
    claim.tool = "nwipe";
    claim.serial = "WD-TEST0001";
    claim.result = "Erased";
    claim.claims_success = true;
    return claim;
}

std::vector<Statement> one_of_each() {
    return {a_statement(Validation{.decision = Decision::accept, .reason = "all was read back"},
                        {{.id = "x", .type = "sanitization", .sha256 = std::string(64, 'a')}}),
            a_statement(SecondVerification{.tool = "other", .passed = true, .covered_bytes = 512}),
            a_statement(Custody{.from = "A", .to = "B", .at = "2026-11-22T01:28:03.123Z"}),
            a_statement(Destruction{.technique = "melt", .equipment = "oven", .facility = "here"}),
            a_statement(Unresponsive{.symptom = "no answer to any command"}),
            a_statement(ThirdParty{.format = "nwipe", .claim = a_claim()})};
}

TEST(Statement, OfEachKindIsAuthenticAndNoCertificate) {
    Issuer issuer;
    for (const Statement& statement : one_of_each()) {
        const Folder folder = issuer.folder_for(statement);
        const Report report = verify_folder(folder, issuer.trust(), kNow);
        ASSERT_TRUE(report.authentic) << why(report);
        EXPECT_EQ(report.type, stem_of(statement.body));
        EXPECT_EQ(report.status(), ExitStatus::no);
        EXPECT_THAT(report_text(report), HasSubstr("AUTHENTIC STATEMENT (" + report.type));
        EXPECT_FALSE(report.verdict);
    }
}

TEST(Statement, NoticesEveryChangedByte) {
    Issuer issuer;
    for (const Statement& statement : one_of_each()) {
        Folder folder = issuer.folder_for(statement);
        std::string& bytes = folder.at(stem_of(statement.body) + ".json");
        for (char& byte : bytes) {
            byte = static_cast<char>(byte ^ 1);
            EXPECT_FALSE(verify_folder(folder, issuer.trust(), kNow).authentic);
            byte = static_cast<char>(byte ^ 1);
        }
    }
}

// A pipeline looks for certificate.json: no statement may be taken for one by its name.
TEST(Statement, IsRefusedUnderAnotherName) {
    Issuer issuer;
    const Folder good = issuer.folder_for(one_of_each().front());
    for (const char* stem : {"certificate", "exception-record", "failure-record", "custody"}) {
        Folder folder = good;
        for (const char* ending : {".json", ".p7s"}) {
            folder[stem + std::string{ending}] = folder.at("validation" + std::string{ending});
            folder.erase("validation" + std::string{ending});
        }
        EXPECT_FALSE(verify_folder(folder, issuer.trust(), kNow).authentic) << stem;
    }
}

TEST(Statement, NeedsNoRegisterWhereItNamesNone) {
    Issuer issuer;
    IssueContext context = issuer.context();
    context.register_id.clear();
    context.register_public_key.clear();
    Folder folder = issue_statement(one_of_each().at(4), context, issuer.key).value();
    EXPECT_TRUE(verify_folder(folder, issuer.trust(), kNow).authentic);
    // One that names a register must be in it.
    const Folder named = issue_statement(one_of_each().at(4), issuer.context(), issuer.key).value();
    EXPECT_THAT(why(verify_folder(named, issuer.trust(), kNow)), HasSubstr("receipt"));
}

TEST(Statement, LacksWhatItsKindNeeds) {
    Issuer issuer;
    const auto refusal = [&](StatementBody body) {
        const auto folder =
            issue_statement(a_statement(std::move(body)), issuer.context(), issuer.key);
        return folder ? std::string{"issued"} : folder.error().message;
    };
    EXPECT_THAT(refusal(Validation{.decision = Decision::accept}), HasSubstr("reason"));
    EXPECT_THAT(refusal(Validation{.reason = "a decision about nothing"}),
                HasSubstr("a validation of no record"));
    EXPECT_THAT(refusal(SecondVerification{}), HasSubstr("the tool"));
    EXPECT_THAT(refusal(SecondVerification{.tool = "other", .passed = true}),
                HasSubstr("nothing was read"));
    EXPECT_THAT(refusal(Custody{.from = "A", .at = "2026-11-22T01:28:03.123Z"}),
                HasSubstr("received"));
    EXPECT_THAT(refusal(Custody{.from = "A", .to = "B", .at = "yesterday"}), HasSubstr("time"));
    EXPECT_THAT(refusal(Destruction{.technique = "degauss", .equipment = "e", .facility = "f"}),
                HasSubstr("no technique of destruction is called 'degauss'"));
    EXPECT_THAT(refusal(Destruction{.technique = "melt", .facility = "f"}), HasSubstr("equipment"));
    EXPECT_THAT(refusal(Unresponsive{}), HasSubstr("what the drive does"));
}

TEST(Statement, NeedsADriveAndAPerson) {
    Issuer issuer;
    Statement nameless = a_statement(Unresponsive{.symptom = "silent"});
    nameless.people.front().name.clear();
    EXPECT_THAT(issue_statement(nameless, issuer.context(), issuer.key).error().message,
                HasSubstr("who states it"));
    Statement driveless = a_statement(Unresponsive{.symptom = "silent"});
    driveless.drive.serial.clear();
    EXPECT_THAT(issue_statement(driveless, issuer.context(), issuer.key).error().message,
                HasSubstr("serial"));
}

TEST(Statement, ListsItsAttachmentsByDigest) {
    Issuer issuer;
    Statement statement =
        a_statement(SecondVerification{.tool = "other", .passed = true, .covered_bytes = 9});
    statement.attachments["report.txt"] = "all zero\n";
    Folder folder = issuer.folder_for(statement);
    EXPECT_TRUE(verify_folder(folder, issuer.trust(), kNow).authentic);
    folder["report.txt"] = "all zerO\n";
    EXPECT_FALSE(verify_folder(folder, issuer.trust(), kNow).authentic);
}

TEST(Statement, KeepsPeopleOutOfItsOwnText) {
    Issuer issuer;
    Folder folder = issuer.folder_for(one_of_each().front());
    EXPECT_EQ(folder.at("validation.json").find("Vera"), std::string::npos);
    EXPECT_NE(folder.at(kPeopleName).find("Vera"), std::string::npos);
    folder.erase(kPeopleName);
    EXPECT_TRUE(verify_folder(folder, issuer.trust(), kNow).authentic);
}

}  // namespace
}  // namespace quietus::certs
