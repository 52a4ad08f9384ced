#include <gtest/gtest.h>

#include "plan/json.h"
#include "plan/planner.h"
#include "support/machine_builder.h"

namespace quietus {
namespace {

using test::a_drive;

// Through the bytes of a file and back.
template <class T>
Json through_text(const T& value) {
    return parse_json(canonical_json(to_json(value))).value();
}

TEST(PlanJson, APlanComesBackAsItWas) {
    for (const char* technique :
         {"random", "zero", "pattern:deadbeef", "dod-ece-7", "bsi-2011-vs"}) {
        for (const VerifyMode verify : {VerifyMode::none, VerifyMode::sample, VerifyMode::full}) {
            Goal goal;
            goal.technique = technique;
            goal.verify = verify;
            if (verify == VerifyMode::full) goal.level = Level::clear;
            goal.verify_each = goal.prove = verify == VerifyMode::sample;
            goal.blank = verify == VerifyMode::none;
            const Plan plan =
                make_plan(a_drive("sda").serial("\xff\x1b ").partition(1), goal).value();
            const auto again = plan_from_json(through_text(plan));
            ASSERT_TRUE(again.has_value()) << again.error().message;
            EXPECT_EQ(*again, plan);
        }
    }
}

TEST(PlanJson, AnOwnProfileComesBackWithThePlan) {
    Goal goal;
    goal.technique = "own";
    goal.profile = find_technique("afssi-5020").value();
    goal.profile->name = "own";
    goal.profile->rounds = 2;
    goal.profile->profile_sha256 = std::string(64, 'b');
    const Plan plan = make_plan(a_drive("sda"), goal).value();
    EXPECT_EQ(plan_from_json(through_text(plan)).value(), plan);
    Json hollow = through_text(plan);
    hollow["goal"]["profile"]["passes"] = Json::array();
    EXPECT_EQ(plan_from_json(hollow).error().code, ErrorCode::bad_evidence);
}

TEST(PlanJson, APlanThatWasChangedIsNotRead) {
    Json json = through_text(make_plan(a_drive("sda"), {}).value());
    json["steps"].erase(1);
    EXPECT_EQ(plan_from_json(json).error().code, ErrorCode::bad_evidence);
}

TEST(PlanJson, EveryMissingOrMistypedMemberIsBadEvidence) {
    const Json good = through_text(make_plan(a_drive("sda"), {}).value());
    for (const auto& [key, value] : good.items()) {
        if (key == "policy") continue;  // for people: reading does not depend on it
        Json missing = good;
        missing.erase(key);
        EXPECT_EQ(plan_from_json(missing).error().code, ErrorCode::bad_evidence) << key;
        Json mistyped = good;
        mistyped[key] = true;
        EXPECT_EQ(plan_from_json(mistyped).error().code, ErrorCode::bad_evidence) << key;
    }
    EXPECT_EQ(plan_from_json("plan").error().code, ErrorCode::bad_evidence);
}

TEST(PlanJson, StepsHaveTheirOwnForm) {
    EXPECT_EQ(
        canonical_json(to_json(Step{OverwritePass{1, 2, ConstantPattern{{std::byte{0xAB}}}}})),
        R"({"do":"overwrite","index":1,"of":2,"pattern":"pattern:ab","role":"technique"})");
    EXPECT_EQ(canonical_json(to_json(Step{ReadBack{VerifyMode::sample, 1, PassRole::prove}})),
              R"({"do":"read-back","mode":"sample","pass":1,"role":"prove"})");
    for (const char* text :
         {R"({"do":"format"})",
          R"({"do":"overwrite","index":1,"of":1,"pattern":"AA","role":"technique"})",
          R"({"do":"overwrite","index":1,"of":1,"pattern":"00","role":"decoy"})",
          R"({"do":"overwrite","index":-1,"of":1,"pattern":"00","role":"blank"})",
          R"({"do":"overwrite","index":4294967296,"of":1,"pattern":"00","role":"blank"})",
          R"({"do":"read-back","mode":"some","pass":1,"role":"technique"})", R"([])"}) {
        EXPECT_EQ(step_from_json(parse_json(text).value()).error().code, ErrorCode::bad_evidence)
            << text;
    }
}

TEST(ConsentJson, KeepsEveryByteThatWasTyped) {
    Consent consent;
    consent.confirmations = {"SERIAL", "\xff\xfe", "", "\x1b[2J", "caf\u00e9"};
    consent.typed = true;
    consent.plan_token = "t";
    consent.accepted = {"removable", "\x80"};
    EXPECT_EQ(consent_from_json(through_text(consent)).value(), consent);
    EXPECT_EQ(canonical_json(text_to_json("\xff")), R"({"hex":"ff"})");
    EXPECT_EQ(text_from_json(parse_json(R"({"hex":"f"})").value()).error().code,
              ErrorCode::bad_evidence);
}

TEST(ConsentJson, AnObjectionComesBackAsItWas) {
    const Objection objection{"removable", Severity::needs_consent, ExitStatus::bad_evidence,
                              "what", "remedy"};
    EXPECT_EQ(objection_from_json(through_text(objection)).value(), objection);
    Json strange = through_text(objection);
    strange["status"] = 3;
    EXPECT_EQ(objection_from_json(strange).error().code, ErrorCode::bad_evidence);
    strange = through_text(objection);
    strange["severity"] = "mild";
    EXPECT_EQ(objection_from_json(strange).error().code, ErrorCode::bad_evidence);
}

TEST(ConsentJson, MeansReadBackAsTheyPrint) {
    EXPECT_EQ(parse_consent_means("plan-token").value(), ConsentMeans::plan_token);
    EXPECT_FALSE(parse_consent_means("telepathy").has_value());
}

}  // namespace
}  // namespace quietus
