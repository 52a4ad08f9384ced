#include "plan/planner.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plan/estimate.h"
#include "plan/plan_text.h"
#include "support/machine_builder.h"

namespace quietus {
namespace {

using test::a_drive;
using testing::HasSubstr;
using testing::Not;

Plan plan_of(const DeviceSnapshot& drive, const Goal& goal = {}) {
    return make_plan(drive, goal).value();
}

bool gives_reason(const Plan& plan, const std::string& rule) {
    return std::any_of(plan.reasons.begin(), plan.reasons.end(),
                       [&](const Reason& r) { return r.rule == rule && !r.source.empty(); });
}

std::string places(const Plan& plan) {
    std::string text;
    for (const NotReached& place : plan.not_reached) text += place.what + ";";
    return text;
}

Goal verifying(VerifyMode mode) {
    Goal goal;
    goal.verify = mode;
    return goal;
}

TEST(Planner, ByDefaultWritesKeystreamOnceAndReadsAllOfItBack) {
    const Plan plan = plan_of(a_drive("sda"));
    EXPECT_EQ(plan.steps, (std::vector<Step>{OverwritePass{1, 1, KeystreamPattern{}},
                                             ReadBack{VerifyMode::full, 1}}));
    EXPECT_EQ(plan.level, Level::clear);
    EXPECT_EQ(plan, plan_of(a_drive("sda"))) << "same inputs, same plan";
}

TEST(Planner, RefusesPurgeRatherThanLowerIt) {
    for (const Purpose purpose :
         {Purpose::external_reuse, Purpose::manufacturer, Purpose::recycler}) {
        Goal goal;
        goal.purpose = purpose;
        goal.level = Level::clear;  // asking for less does not make it enough
        const auto refused = make_plan(a_drive("sda"), goal);
        ASSERT_FALSE(refused.has_value());
        EXPECT_EQ(refused.error().code, ErrorCode::unsupported);
        EXPECT_THAT(refused.error().message, HasSubstr("purpose " + to_string(purpose) +
                                                       " needs purge, and no purge technique is "
                                                       "available for this drive in this version"));
    }
    Goal purge;
    purge.level = Level::purge;
    EXPECT_EQ(make_plan(a_drive("sda"), purge).error().code, ErrorCode::unsupported);
    EXPECT_THAT(make_plan(a_drive("loop0").loop_over_inode(1), purge).error().message,
                HasSubstr("through a virtual device"));
}

TEST(Planner, RefusesADriveThatNoDriverCanErase) {
    EXPECT_EQ(make_plan(a_drive("sda").no_driver(), {}).error().code, ErrorCode::unsupported);
    const auto zoned = make_plan(a_drive("sda").no_driver().zones(ZoneModel::host_managed), {});
    EXPECT_THAT(zoned.error().message, HasSubstr("host-managed"));
    EXPECT_EQ(make_plan(a_drive("sda").sectors(0, 0), {}).error().code, ErrorCode::unsupported);
}

TEST(Planner, PlansAnEmptyDriveWithoutDividingByIt) {
    const Plan plan = plan_of(a_drive("sda").size(0), verifying(VerifyMode::sample));
    EXPECT_EQ(plan.estimate_s, 0U);
    EXPECT_FALSE(plan_text(plan).empty());
}

TEST(Planner, ASampleOfASmallDriveBecomesTheWhole) {
    const Plan small = plan_of(a_drive("sda").size(64 * kMiB - 512), verifying(VerifyMode::sample));
    EXPECT_EQ(planned_verify(small), VerifyMode::full);
    EXPECT_TRUE(gives_reason(small, "verify.small-is-full"));
    const Plan large = plan_of(a_drive("sda").size(64 * kMiB), verifying(VerifyMode::sample));
    EXPECT_EQ(planned_verify(large), VerifyMode::sample);
}

TEST(Planner, WithoutVerificationSaysWhatTheVerdictWillBe) {
    const Plan plan = plan_of(a_drive("sda"), verifying(VerifyMode::none));
    EXPECT_EQ(plan.steps.size(), 1U);
    EXPECT_TRUE(gives_reason(plan, "verify.none"));
    EXPECT_THAT(plan_text(plan), HasSubstr("exceptions"));
}

TEST(Planner, ListsTheTailBelowASector) {
    const Plan plan = plan_of(a_drive("sda").size(kGiB + 100));
    EXPECT_THAT(places(plan), HasSubstr("the last 100 bytes;"));
    EXPECT_TRUE(gives_reason(plan, "verdict.unaddressable"));
    EXPECT_THAT(places(plan_of(a_drive("sda"))), Not(HasSubstr("the last")));
}

TEST(Planner, ListsWhatDiscoveryFoundOnceBesideTheGeneralLimits) {
    const Plan plan =
        plan_of(a_drive("sda").hidden_area("hpa-dco", "8 sectors").hidden_area("x", "y"));
    EXPECT_EQ(places(plan), "hpa-dco;x;reallocated;");
    EXPECT_EQ(plan.not_reached[0].why, "8 sectors");
}

TEST(Planner, AVirtualDriveIsClearedAsALogicalDeviceOnly) {
    for (const Transport transport : {Transport::loop, Transport::zram, Transport::virtio,
                                      Transport::md, Transport::dm, Transport::nbd}) {
        const Plan plan = plan_of(a_drive("vda").attached_by(transport, Medium::virtual_device));
        EXPECT_TRUE(gives_reason(plan, "level.virtual")) << to_string(transport);
        EXPECT_EQ(places(plan), "backing-store;") << to_string(transport);
        EXPECT_FALSE(plan.caches_not_bypassed.empty()) << to_string(transport);
    }
}

TEST(Planner, EveryReasonHasARuleATextAndASource) {
    const Plan plan = plan_of(a_drive("vda").attached_by(Transport::virtio, Medium::unknown));
    for (const Reason& reason : plan.reasons) {
        EXPECT_FALSE(reason.rule.empty() || reason.text.empty() || reason.source.empty())
            << reason.rule;
    }
}

TEST(Planner, ClaimsNoConformity) {
    const std::string text = plan_text(plan_of(a_drive("sda")));
    for (const char* word : {"IEEE", "conform", "certified", "compliant", "guarantee"}) {
        EXPECT_THAT(text, Not(HasSubstr(word)));
    }
}

// "w1 w2 v2": passes written and read back, p and b for the proof and the blank pass.
std::string outline(const Plan& plan) {
    const auto tag = [](PassRole role, int index) {
        return role == PassRole::technique ? std::to_string(index)
                                           : std::string{role == PassRole::prove ? "p" : "b"};
    };
    std::string text;
    for (const Step& step : plan.steps) {
        const auto* pass = std::get_if<OverwritePass>(&step);
        const auto* read = std::get_if<ReadBack>(&step);
        text += (text.empty() ? "" : " ") + (pass != nullptr
                                                 ? "w" + tag(pass->role, pass->index)
                                                 : (read->mode == VerifyMode::sample ? "s" : "v") +
                                                       tag(read->role, read->pass));
    }
    return text;
}

Goal goal_of(const std::string& technique, VerifyMode verify = VerifyMode::full) {
    Goal goal;
    goal.technique = technique;
    goal.technique_is_default = false;
    goal.verify = verify;
    return goal;
}

TEST(Planner, WritesThePassesOfTheTechniqueAndReadsTheLastOneBack) {
    const Plan plan = plan_of(a_drive("sda"), goal_of("dod-3"));
    EXPECT_EQ(outline(plan), "w1 w2 w3 v3");
    const auto& first = std::get<OverwritePass>(plan.steps[0]);
    EXPECT_EQ(first.of, 3);
    EXPECT_EQ(first.pattern, Pattern{DrawnBytePattern{}});
    EXPECT_EQ(plan.level, Level::clear);
    for (const char* rule : {"technique.more-passes", "technique.legacy", "technique.drawn"})
        EXPECT_TRUE(gives_reason(plan, rule)) << rule;
    EXPECT_FALSE(gives_reason(plan, "technique.one-pass"));
    EXPECT_FALSE(gives_reason(plan, "technique.repeats")) << "the last pass is a keystream";
    EXPECT_THAT(plan_text(plan), HasSubstr("more passes never mean a higher level"));
}

TEST(Planner, NoTechniqueGetsAPassItDoesNotHave) {
    for (const Technique& row : technique_table()) {
        if (is_device_technique(row)) continue;
        const Plan plan = plan_of(a_drive("sda"), goal_of(row.name));
        std::vector<Pattern> written;
        for (const Step& step : plan.steps) {
            if (const auto* pass = std::get_if<OverwritePass>(&step))
                written.push_back(pass->pattern);
        }
        EXPECT_EQ(written, row.passes) << row.name;
        ASSERT_EQ(deciding_read_back(plan.steps), plan.steps.size() - 1) << row.name;
        EXPECT_EQ(std::get<ReadBack>(plan.steps.back()).pass, static_cast<int>(row.passes.size()));
        EXPECT_EQ(plan.level, Level::clear) << row.name;
    }
}

TEST(Planner, ReadsBackWhatTheStandardItselfReadsBack) {
    const Plan plan = plan_of(a_drive("sda"), goal_of("bsi-2011-vs"));
    EXPECT_EQ(outline(plan), "w1 v1 w2 v2");
    EXPECT_TRUE(gives_reason(plan, "verify.standard"));
    EXPECT_EQ(outline(plan_of(a_drive("sda"), goal_of("bsi-2011-vs", VerifyMode::sample))),
              "w1 s1 w2 s2");
    const Plan none = plan_of(a_drive("sda"), goal_of("bsi-2011-vs", VerifyMode::none));
    EXPECT_EQ(outline(none), "w1 w2");
    EXPECT_THAT(plan_text(none), HasSubstr("left out too"));
}

TEST(Planner, VerifyEachReadsBackEveryPass) {
    Goal goal = goal_of("afssi-5020");
    goal.verify_each = true;
    const Plan plan = plan_of(a_drive("sda"), goal);
    EXPECT_EQ(outline(plan), "w1 v1 w2 v2 w3 v3");
    EXPECT_TRUE(gives_reason(plan, "verify.each"));
    goal.blank = true;
    EXPECT_EQ(outline(plan_of(a_drive("sda"), goal)), "w1 v1 w2 v2 w3 v3 wb vb");
    EXPECT_EQ(planned_verify(plan), VerifyMode::full);
}

TEST(Planner, TheProofPassComesBeforeTheTechniqueSoThatItsOwnLastPassStaysLast) {
    Goal goal = goal_of("zero", VerifyMode::sample);
    goal.prove = true;
    const Plan plan = plan_of(a_drive("sda"), goal);
    EXPECT_EQ(outline(plan), "wp vp w1 s1") << "the proof is read in full, whatever was asked for";
    EXPECT_EQ(std::get<OverwritePass>(plan.steps[0]).pattern, Pattern{KeystreamPattern{}});
    EXPECT_TRUE(gives_reason(plan, "verify.prove"));
    EXPECT_FALSE(gives_reason(plan, "technique.repeats"));
    EXPECT_EQ(planned_verify(plan), VerifyMode::sample);
    goal.technique = "ar-380-19";  // ends in a drawn byte
    EXPECT_EQ(outline(plan_of(a_drive("sda"), goal)), "wp vp w1 w2 w3 s3");
    for (const char* unique : {"random", "dod-3", "hmg-is5-enhanced"}) {
        goal.technique = unique;
        const Plan needless = plan_of(a_drive("sda"), goal);
        EXPECT_EQ(outline(needless).find('p'), std::string::npos) << unique;
        EXPECT_TRUE(gives_reason(needless, "verify.prove-not-needed")) << unique;
    }
}

TEST(Planner, TheBlankPassComesAfterTheVerificationAndIsNoPartOfTheTechnique) {
    Goal goal;
    goal.blank = true;
    const Plan plan = plan_of(a_drive("sda"), goal);
    EXPECT_EQ(outline(plan), "w1 v1 wb");
    EXPECT_EQ(std::get<OverwritePass>(plan.steps[2]).pattern, Pattern{ConstantPattern{Bytes(1)}});
    EXPECT_EQ(plan.technique.passes.size(), 1U);
    EXPECT_TRUE(gives_reason(plan, "blank.no-part"));
    EXPECT_EQ(planned_verify(plan), VerifyMode::full);
    EXPECT_NE(plan_digest(plan), plan_digest(plan_of(a_drive("sda"))));
}

TEST(Planner, AGoalThatContradictsItselfIsRefused) {
    for (const bool each : {true, false}) {
        Goal goal = verifying(VerifyMode::none);
        (each ? goal.verify_each : goal.prove) = true;
        EXPECT_EQ(make_plan(a_drive("sda"), goal).error().code, ErrorCode::usage);
    }
    Goal goal = verifying(VerifyMode::none);
    goal.blank = true;
    EXPECT_EQ(outline(plan_of(a_drive("sda"), goal)), "w1 wb");
}

TEST(Planner, AnOwnProfileIsPlannedAsItIs) {
    Technique own{.name = "own",
                  .title = "own",
                  .passes = {ConstantPattern{{std::byte{0xAA}}}, KeystreamPattern{}},
                  .references = {},
                  .verified = {1, 2},
                  .status = "own profile",
                  .profile_sha256 = std::string(64, 'a')};
    Goal goal = goal_of("own");
    goal.profile = own;
    const Plan plan = plan_of(a_drive("sda"), goal);
    EXPECT_EQ(plan.technique, own);
    EXPECT_EQ(outline(plan), "w1 v1 w2 v2");
    EXPECT_TRUE(gives_reason(plan, "technique.profile"));
    EXPECT_FALSE(gives_reason(plan, "technique.legacy"));
}

TEST(Planner, TimeCountsEveryPassAndEveryReadBack) {
    const DeviceSnapshot disk = a_drive("sda").size(150'000'000'000);
    EXPECT_EQ(plan_of(disk, goal_of("gutmann")).estimate_s, 36'000U);
    Goal each = goal_of("gutmann");
    each.verify_each = true;
    EXPECT_EQ(plan_of(disk, each).estimate_s, 70'000U);
    Goal proved = goal_of("zero");
    proved.prove = true;
    proved.blank = true;
    EXPECT_EQ(plan_of(disk, proved).estimate_s, 5000U);
    EXPECT_THAT(plan_text(plan_of(disk, goal_of("gutmann"))), HasSubstr("--verify none    9h43m"));
}

TEST(Estimate, IsMarkedAsAssumedAndNeverWraps) {
    const DeviceSnapshot disk = a_drive("sda").size(150'000'000'000);
    EXPECT_EQ(estimate(disk, {.passes = 1}).seconds, 1000U);
    EXPECT_EQ(estimate(disk, {.passes = 1, .sampled = 1}).seconds, 1100U);
    EXPECT_EQ(estimate(disk, {.passes = 3, .read_in_full = 1}).seconds, 4000U);
    EXPECT_THAT(estimate(disk, {.passes = 1}).basis, HasSubstr("not measured"));
    const DeviceSnapshot huge = a_drive("sda").size(~0ULL);
    EXPECT_EQ(estimate(huge, {.passes = ~std::size_t{0}, .read_in_full = 1}).seconds, ~0ULL);
}

TEST(PlanText, ShowsNothingUnprintable) {
    const DeviceSnapshot drive = a_drive("sda")
                                     .model("\x1b[2J")
                                     .serial("\x07")
                                     .path("/dev/\x1b")
                                     .hidden_area("\x1b", "\x1b");
    const std::string text = plan_text(plan_of(drive));
    EXPECT_EQ(text.find_first_of("\x1b\x07"), std::string::npos);
}

}  // namespace
}  // namespace quietus
