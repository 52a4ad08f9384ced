// What a record may be called: the story of an operator, a verifier and a validator.

#include "certs/standing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "record/json.h"
#include "unit/certs/statement_builder.h"

namespace quietus::certs {
namespace {

using namespace testing;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class StandingOf : public ::testing::Test {
  protected:
    Report checked(Issuer& issuer, const Folder& folder) {
        Report report = verify_folder(folder, issuer.trust(), kNow);
        EXPECT_TRUE(report.authentic) << why(report);
        return report;
    }
    EraseRecord a_named_erase() {
        EraseRecord record = an_erased_drive();
        record.order.organisation = "Example";
        record.order.location = "Hall 3";
        record.order.asset_tag = "A-1";
        record.order.destination = "recycler";
        record.operated_by.declared = "Otto";
        return record;
    }
    // Each a second after the one before.
    Report decided(Issuer& by, const Report& about, Decision decision) {
        by.clock.ms += 1000;
        const Folder folder = by.folder_for(
            a_statement(Validation{.decision = decision, .reason = "seen"}, {named(about)}));
        return checked(by, folder);
    }
    std::string title(const Report& record, const std::vector<Report>& statements) {
        return standing_of(record, statements, policy_).title;
    }

    Issuer host_{"host"};
    Issuer validator_{"validator"};
    TitlePolicy policy_;
};

TEST_F(StandingOf, ARecordIsNoCertificateUntilItIsAccepted) {
    const Report record = checked(host_, host_.folder_for(a_named_erase()));
    EXPECT_EQ(title(record, {}), "Record of sanitization");
    EXPECT_THAT(standing_of(record, {}, policy_).missing, Contains("no statement of validation"));
    const Report yes = decided(validator_, record, Decision::accept);
    const Standing standing = standing_of(record, {yes}, policy_);
    EXPECT_EQ(standing.title, "Certificate of sanitization");
    EXPECT_THAT(standing.missing, IsEmpty());
    ASSERT_EQ(standing.statements.size(), 1U);
    EXPECT_EQ(standing.statements[0].sentence, "decision: accept, because: seen");
}

TEST_F(StandingOf, TheLatestDecisionCounts) {
    const Report record = checked(host_, host_.folder_for(a_named_erase()));
    const Report yes = decided(validator_, record, Decision::accept);
    const Report no = decided(validator_, record, Decision::reject);
    EXPECT_EQ(title(record, {no, yes}), "Record of sanitization");
    const Report again = decided(validator_, record, Decision::accept);
    EXPECT_EQ(title(record, {again, no, yes}), "Certificate of sanitization");
}

TEST_F(StandingOf, NobodyValidatesWithTheKeyThatSignedTheRecord) {
    const Report record = checked(host_, host_.folder_for(a_named_erase()));
    const Report own = decided(host_, record, Decision::accept);
    EXPECT_EQ(title(record, {own}), "Record of sanitization");
    EXPECT_THAT(standing_of(record, {own}, policy_).missing,
                Contains(HasSubstr("by the key that signed the record")));
}

TEST_F(StandingOf, ADecisionAboutAnotherRecordDoesNotCount) {
    const Report first = checked(host_, host_.folder_for(a_named_erase()));
    const Report second = checked(host_, host_.folder_for(a_named_erase()));
    const Report yes = decided(validator_, second, Decision::accept);
    EXPECT_EQ(title(first, {yes}), "Record of sanitization");
    EXPECT_THAT(standing_of(first, {yes}, policy_).statements, IsEmpty());
}

TEST_F(StandingOf, AStatementThatIsNotAuthenticDoesNotCount) {
    const Report record = checked(host_, host_.folder_for(a_named_erase()));
    Report forged = decided(validator_, record, Decision::accept);
    forged.authentic = false;
    EXPECT_EQ(title(record, {forged}), "Record of sanitization");
}

TEST_F(StandingOf, NamesTheFieldsThatAreMissing) {
    const Report record = checked(host_, host_.folder_for(an_erased_drive()));
    const Report yes = decided(validator_, record, Decision::accept);
    const Standing standing = standing_of(record, {yes}, policy_);
    EXPECT_EQ(standing.title, "Record of sanitization");
    EXPECT_THAT(standing.missing, Contains("the organisation was not given (--organisation)"));
    EXPECT_THAT(standing.missing, Contains("the destination was not given (--destination)"));
}

TEST_F(StandingOf, EveryFieldThatAPolicyMayNameIsFoundWhereItIsGiven) {
    TitlePolicy policy{.statements = {}, .fields = {}};
    EraseRecord given = an_erased_drive();
    given.operated_by.declared = "Olga";
    for (const OrderText& row : kOrderTexts) given.order.*row.text = "no";
    const Report silent = checked(host_, host_.folder_for(an_erased_drive()));
    const Report said = checked(host_, host_.folder_for(given));
    for (const char* field :
         {"organisation", "operator",     "location",       "asset_tag", "destination",
          "condition",    "media_source", "classification", "ticket",    "address",
          "contact",      "label_serial", "customer",       "contract",  "retention",
          "legal_hold",   "backed_up",    "requester",      "approver",  "approval"}) {
        policy.fields = {field};
        ASSERT_TRUE(check_policy(policy).has_value()) << field;
        EXPECT_EQ(standing_of(silent, {}, policy).title, "Record of sanitization") << field;
        EXPECT_EQ(standing_of(said, {}, policy).title, "Certificate of sanitization") << field;
    }
}

TEST_F(StandingOf, ASecondVerificationCanBeAskedFor) {
    policy_.statements = {"verification", "validation"};
    const Report record = checked(host_, host_.folder_for(a_named_erase()));
    const Report yes = decided(validator_, record, Decision::accept);
    EXPECT_THAT(standing_of(record, {yes}, policy_).missing,
                Contains("no statement of verification"));
    const auto read = [&](bool passed) {
        return checked(
            validator_,
            validator_.folder_for(a_statement(
                SecondVerification{.tool = "other", .passed = passed, .covered_bytes = 512},
                {named(record)})));
    };
    EXPECT_EQ(title(record, {yes, read(false)}), "Record of sanitization");
    EXPECT_EQ(title(record, {yes, read(true)}), "Certificate of sanitization");
}

// Accepted or not: an exception record stays one, and a failed erasure too.
TEST_F(StandingOf, NoAcceptanceMakesACertificateOfAnythingElse) {
    const Report exceptions = checked(host_, host_.folder_for(a_drive_with_exceptions()));
    EXPECT_EQ(title(exceptions, {decided(validator_, exceptions, Decision::accept)}),
              "Record of an erasure with exceptions");
    const Report failed = checked(host_, host_.folder_for(a_failed_erasure()));
    EXPECT_EQ(title(failed, {decided(validator_, failed, Decision::accept)}),
              "Record of a failed erasure");
}

TEST_F(StandingOf, FollowsTheChainOverSeveralStatements) {
    const Report record = checked(host_, host_.folder_for(a_named_erase()));
    const Report yes = decided(validator_, record, Decision::accept);
    const Report gone = checked(
        validator_, validator_.folder_for(a_statement(
                        Destruction{.technique = "melt", .equipment = "oven", .facility = "here"},
                        {named(yes)})));
    EXPECT_EQ(standing_of(record, {gone, yes}, policy_).statements.size(), 2U);
}

TEST(TitlePolicyOf, RefusesNamesNobodyKnows) {
    EXPECT_TRUE(check_policy({}).has_value());
    EXPECT_FALSE(check_policy({.statements = {"blessing"}, .fields = {}}).has_value());
    EXPECT_FALSE(check_policy({.statements = {}, .fields = {"colour"}}).has_value());
}

}  // namespace
}  // namespace quietus::certs
