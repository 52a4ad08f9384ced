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
                                             ReadBack{VerifyMode::full}}));
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

TEST(Estimate, IsMarkedAsAssumedAndNeverWraps) {
    const DeviceSnapshot disk = a_drive("sda").size(150'000'000'000);
    EXPECT_EQ(estimate(disk, 1, VerifyMode::none).seconds, 1000U);
    EXPECT_EQ(estimate(disk, 1, VerifyMode::sample).seconds, 1100U);
    EXPECT_EQ(estimate(disk, 3, VerifyMode::full).seconds, 4000U);
    EXPECT_THAT(estimate(disk, 1, VerifyMode::none).basis, HasSubstr("not measured"));
    const DeviceSnapshot huge = a_drive("sda").size(~0ULL);
    EXPECT_EQ(estimate(huge, ~std::size_t{0}, VerifyMode::full).seconds, ~0ULL);
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
