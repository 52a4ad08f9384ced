// Techniques of many passes, the proof and the blank pass: from the call to the certificate, and
// back from the certificate to the drive.

#include <gmock/gmock.h>

#include "app/verify_drive.h"
#include "app_fixture.h"
#include "base/file.h"
#include "plan/profile.h"

namespace quietus::app {
namespace {

using test::Fault;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

constexpr std::size_t kRecordMax = 1024 * 1024;

class OfTechnique : public EraseTest {
  protected:
    OfTechnique() { goal.technique_is_default = false; }

    Json record(const std::string& stem = "certificate") {
        const auto text = read_whole_file(result().folder + "/" + stem + ".json", kRecordMax);
        return text ? parse_json(*text).value() : Json{};
    }
    Result<VerifyAnswer> verify() {
        return verify_drive(host, clock, observer, *signals,
                            {.device = host.drive().node(),
                             .certificate_folder = result().folder,
                             .technique = {},
                             .trust = {},
                             .settings = settings});
    }
    bool holds_only(std::byte byte) {
        const auto content = host.drive().content();
        return std::all_of(content.begin(), content.end(),
                           [&](std::byte got) { return got == byte; });
    }
};

class OfEach : public OfTechnique, public testing::WithParamInterface<std::size_t> {};

TEST_P(OfEach, ErasesAndItsCertificateKnowsWhatTheDriveHolds) {
    const Technique& row = technique_table()[GetParam()];
    test::MemoryDrive& drive = add({.size = kMiB});
    goal.technique = row.name;
    ASSERT_EQ(erase(), ExitStatus::ok) << result().cause;
    const Json done = record().at("sanitization");
    EXPECT_EQ(done["method_achieved"], "clear");
    EXPECT_EQ(done["technique"], row.name);
    EXPECT_EQ(done["technique_status"], row.status);
    ASSERT_EQ(done["passes"].size(), row.passes.size());
    std::size_t pass = 0;
    for (const Json& step : done["steps"]) {
        if (step["kind"] != "overwrite") continue;
        EXPECT_EQ(step["role"], "technique");
        EXPECT_EQ(step["pass"], pass + 1);
        EXPECT_EQ(step["passes"], row.passes.size());
        EXPECT_EQ(step["pattern"], to_string(row.passes.at(pass)));
        const bool draws = std::holds_alternative<DrawnBytePattern>(row.passes.at(pass));
        EXPECT_EQ(step["drawn_byte"].is_string(), draws);
        ++pass;
    }
    EXPECT_EQ(pass, row.passes.size()) << "no pass more than the technique has";
    const auto answer = verify();
    ASSERT_TRUE(answer.has_value()) << answer.error().message;
    EXPECT_TRUE(answer->all_match()) << answer->expected;
    drive.scribble(kMiB / 2, ~drive.content()[kMiB / 2]);
    EXPECT_FALSE(verify()->all_match());
}

// The rows that overwrite come first.
std::size_t overwriting_rows() {
    const auto rows = technique_table();
    return static_cast<std::size_t>(std::find_if(rows.begin(), rows.end(), is_device_technique) -
                                    rows.begin());
}

INSTANTIATE_TEST_SUITE_P(Row, OfEach, testing::Range(std::size_t{0}, overwriting_rows()),
                         [](const auto& row) {
                             std::string name = technique_table()[row.param].name;
                             std::erase(name, '-');
                             return name;
                         });

TEST_F(OfTechnique, MorePassesAreNoHigherLevelAndTheCertificateSaysSo) {
    add({.size = kMiB});
    goal.technique = "gutmann";
    ASSERT_EQ(erase(), ExitStatus::ok) << result().cause;
    const Json whole = record();
    EXPECT_THAT(whole["sanitization"]["why_not_higher"].get<std::string>(),
                HasSubstr("more passes never mean a higher level"));
    EXPECT_THAT(whole["limits"].get<std::vector<std::string>>(),
                Contains(HasSubstr("no higher method than one pass")));
    EXPECT_THAT(observer.phases, Contains(HasSubstr("overwrite pass 35 of 35")));
}

// A drive that drops one write, and only in the second of three passes.
TEST_F(OfTechnique, WhatOnlyASecondPassLostIsFoundWithVerifyEach) {
    add({.size = kMiB, .faults = {{.fault = Fault::dropped_write, .from = 2, .times = 1}}});
    goal.technique = "hmg-is5-enhanced";
    goal.verify_each = true;
    EXPECT_EQ(erase(), ExitStatus::not_erased);
    EXPECT_THAT(result().cause, HasSubstr("of pass 2): 1048576 bytes"));
    const Json whole = record("failure-record");
    EXPECT_EQ(whole["verification"]["expected"], "ff (pass 2 of 3)");
    EXPECT_EQ(whole["verification"]["outcome"], "fail");
    EXPECT_FALSE(there(result().folder + "/certificate.json"));
}

TEST_F(OfTechnique, ALieThatConstantBytesHideIsFoundByTheProofPass) {
    const auto lies = [] {
        test::MemoryDriveOptions options{.size = kMiB};
        options.faults = {{.fault = Fault::dropped_write}};
        return options;
    };
    test::MemoryDrive& drive = add(lies());
    std::fill(drive.content().begin(), drive.content().end(), std::byte{0});
    goal.technique = "zero";
    EXPECT_EQ(erase(), ExitStatus::ok) << "a drive that ignores every write, and held zeros";
    goal.prove = true;
    observer.results.clear();
    EXPECT_EQ(erase(), ExitStatus::not_erased);
    EXPECT_THAT(result().cause, HasSubstr("of the proof pass"));
}

TEST_F(OfTechnique, AProofPassIsInTheCertificateAndTakesALimitAway) {
    add({.size = kMiB});
    goal.technique = "zero";
    goal.prove = true;
    ASSERT_EQ(erase(), ExitStatus::ok) << result().cause;
    const Json whole = record();
    EXPECT_EQ(whole["sanitization"]["steps"][0]["role"], "prove");
    EXPECT_EQ(whole["sanitization"]["steps"][1]["role"], "prove");
    EXPECT_EQ(whole["sanitization"]["passes"].size(), 1U);
    EXPECT_EQ(whole["verification"]["expected"], "00");
    const auto told = whole["limits"].get<std::vector<std::string>>();
    EXPECT_THAT(told, Contains(HasSubstr("was shown for the pass before the technique")));
    EXPECT_THAT(told, Not(Contains(HasSubstr("would look the same"))));
    EXPECT_TRUE(holds_only(std::byte{0}));
    EXPECT_TRUE(verify()->all_match());
}

TEST_F(OfTechnique, ABlankPassIsNoPartOfTheTechniqueAndALaterLookComparesWithIt) {
    add({.size = kMiB});
    goal.technique = "random";
    goal.blank = true;
    ASSERT_EQ(erase(), ExitStatus::ok) << result().cause;
    const Json done = record().at("sanitization");
    EXPECT_EQ(done["passes"].size(), 1U);
    EXPECT_EQ(done["steps"].back()["role"], "blank");
    EXPECT_EQ(done["left_on_drive"]["role"], "blank");
    EXPECT_EQ(done["left_on_drive"]["pattern"], "00");
    EXPECT_TRUE(done["keystream"].contains("unavailable"));
    EXPECT_EQ(record()["verification"]["expected"], "keystream");
    EXPECT_THAT(record()["limits"].get<std::vector<std::string>>(),
                Contains(HasSubstr("no part of the technique")));
    const auto answer = verify();
    ASSERT_TRUE(answer.has_value()) << answer.error().message;
    EXPECT_TRUE(answer->all_match());
    EXPECT_THAT(answer->remarks, Contains(HasSubstr("blank pass")));
}

TEST_F(OfTechnique, ABlankPassThatFailsIsNoSuccessAndNotHidden) {
    // A MiB is one request: the second write is the blank pass.
    add({.size = kMiB, .faults = {{.fault = Fault::error, .from = 2}}});
    goal.technique = "random";
    goal.blank = true;
    EXPECT_EQ(erase(), ExitStatus::exceptions);
    EXPECT_EQ(result().verdict, Verdict::exceptions);
    EXPECT_THAT(result().cause, HasSubstr("the blank pass after it was not"));
    EXPECT_EQ(record("exception-record")["sanitization"]["method_achieved"], "none");
    EXPECT_FALSE(there(result().folder + "/certificate.json"));
}

TEST_F(OfTechnique, AnOwnProfileStandsInTheRecordWithItsDigestAndPasses) {
    add({.size = kMiB});
    const Technique own = parse_profile(R"(
        name = "own-two"
        passes = ["drawn", "pattern:c0ffee"]
        rounds = 2
        citation = "policy 7"
    )",
                                        "own.toml")
                              .value()
                              .technique;
    goal.technique = own.name;
    goal.profile = own;
    ASSERT_EQ(erase(), ExitStatus::ok) << result().cause;
    const Json done = record().at("sanitization");
    EXPECT_EQ(done["technique"], "own-two");
    EXPECT_EQ(done["profile"]["sha256"], own.profile_sha256);
    EXPECT_EQ(done["profile"]["rounds"], 2);
    EXPECT_EQ(done["passes"],
              parse_json(R"(["drawn:1","pattern:c0ffee","drawn:2","pattern:c0ffee"])").value());
    EXPECT_EQ(done["references"][0]["document"], "policy 7");
    EXPECT_TRUE(verify()->all_match()) << "without the profile's file";
}

}  // namespace
}  // namespace quietus::app
