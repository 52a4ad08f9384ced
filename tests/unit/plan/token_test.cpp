#include "plan/token.h"

#include <algorithm>
#include <functional>
#include <optional>

#include <gtest/gtest.h>

#include "plan/planner.h"
#include "support/machine_builder.h"

namespace quietus {
namespace {

using test::a_drive;

constexpr UtcTime kNow{1795310883000};  // 2026-11-22T01:28:03Z, whole seconds as tokens hold them

UtcTime later(std::int64_t ms) {
    return {kNow.ms + ms};
}

Plan plan_of(const DeviceSnapshot& drive, const std::string& technique = "random") {
    Goal goal;
    goal.technique = technique;
    return make_plan(drive, goal).value();
}

std::vector<Plan> two_plans() {
    return {plan_of(a_drive("sda")), plan_of(a_drive("sdb"))};
}

std::optional<ErrorCode> fault(std::string_view token, const std::vector<Plan>& plans,
                               UtcTime now) {
    const auto held = check_token(token, plans, now);
    return held ? std::nullopt : std::optional{held.error().code};
}

TEST(Token, HoldsForTheSamePlansInAnyOrder) {
    const auto plans = two_plans();
    const std::string token = make_token(plans, kNow);
    EXPECT_EQ(token.substr(0, 17), "20261122T012803Z-");
    EXPECT_EQ(fault(token, plans, kNow), std::nullopt);
    EXPECT_EQ(fault(token, {plans[1], plans[0]}, kNow), std::nullopt);
}

TEST(Token, IsForAllThePlansAndNoOthers) {
    const auto plans = two_plans();
    const std::string token = make_token(plans, kNow);
    EXPECT_EQ(fault(token, {plans[0]}, kNow), ErrorCode::bad_evidence);
    EXPECT_EQ(fault(token, {plans[0], plans[0]}, kNow), ErrorCode::bad_evidence);
    EXPECT_EQ(fault(token, {plans[0], plans[1], plans[1]}, kNow), ErrorCode::bad_evidence);
    EXPECT_EQ(fault(make_token({}, kNow), {}, kNow), ErrorCode::bad_evidence);
}

TEST(Token, IsVoidedByAnyChangeOfIdentityGeometryOrSteps) {
    const std::vector<Plan> planned{plan_of(a_drive("sda"))};
    const std::string token = make_token(planned, kNow);
    const auto voided = [&](const Plan& plan) {
        return fault(token, {plan}, kNow) == ErrorCode::bad_evidence;
    };
    EXPECT_TRUE(voided(plan_of(a_drive("sda").serial("OTHER"))));
    EXPECT_TRUE(voided(plan_of(a_drive("sda").serial("SERIAL-sda "))))
        << "prints alike, is not alike";
    EXPECT_TRUE(voided(plan_of(a_drive("sda").no_serial())));
    EXPECT_TRUE(voided(plan_of(a_drive("sda").model("OTHER"))));
    EXPECT_TRUE(voided(plan_of(a_drive("sda").wwn("0x1"))));
    EXPECT_TRUE(voided(plan_of(a_drive("sda").disk_sequence(1))));
    EXPECT_TRUE(voided(plan_of(a_drive("sda").size(2 * kGiB))));
    EXPECT_TRUE(voided(plan_of(a_drive("sda").sectors(512, 4096))));
    EXPECT_TRUE(voided(plan_of(a_drive("sda"), "zero")));
    Plan unverified = planned[0];
    unverified.steps.pop_back();
    EXPECT_TRUE(voided(unverified));
}

TEST(Token, OutlivesWhatDoesNotMatter) {
    const std::string token = make_token(std::vector{plan_of(a_drive("sda"))}, kNow);
    Plan plan =
        plan_of(a_drive("sda").path("/dev/disk/by-id/x").mounted_at("/srv").hidden_area("a", "b"));
    plan.estimate_s = 1;
    plan.target.geometry.max_transfer = 4096;
    plan.target.identity.serial.source = "ioctl:SG_IO";
    EXPECT_EQ(fault(token, {plan}, kNow), std::nullopt);
}

TEST(Token, BindsADriveWithoutSerialToItsPlace) {
    const auto twin = [](const char* path) {
        return plan_of(a_drive("vda").no_serial().no_wwn().no_disk_sequence().path(path));
    };
    const std::string token = make_token(std::vector{twin("/dev/vda")}, kNow);
    EXPECT_EQ(fault(token, {twin("/dev/vda")}, kNow), std::nullopt);
    EXPECT_EQ(fault(token, {twin("/dev/vdb")}, kNow), ErrorCode::bad_evidence);
}

TEST(Token, ExpiresAfterAnHour) {
    const auto plans = two_plans();
    const std::string token = make_token(plans, kNow);
    EXPECT_EQ(fault(token, plans, later(kTokenLifetimeMs)), std::nullopt);
    EXPECT_EQ(fault(token, plans, later(kTokenLifetimeMs + 1)), ErrorCode::refused);
}

TEST(Token, FromTheFutureIsRefusedBeyondAClocksError) {
    const auto plans = two_plans();
    const std::string token = make_token(plans, kNow);
    EXPECT_EQ(fault(token, plans, later(-kTokenSkewMs)), std::nullopt);
    EXPECT_EQ(fault(token, plans, later(-kTokenSkewMs - 1)), ErrorCode::refused);
}

TEST(Token, CannotBeGivenANewDate) {
    const auto plans = two_plans();
    std::string token = make_token(plans, kNow);
    token.replace(0, 16, to_compact(later(30 * 60 * 1000)));
    EXPECT_EQ(fault(token, plans, later(kTokenLifetimeMs + 1)), ErrorCode::bad_evidence);
}

TEST(Token, WhatIsNotATokenIsUsage) {
    const auto plans = two_plans();
    const std::string good = make_token(plans, kNow);
    std::string upper = good;
    std::transform(upper.begin() + 17, upper.end(), upper.begin() + 17,
                   [](char c) { return c >= 'a' && c <= 'f' ? static_cast<char>(c - 32) : c; });
    std::string no_such_day = good;
    no_such_day.replace(0, 8, "20260230");
    for (const std::string& text :
         {std::string{}, std::string{"x"}, good + "0", good.substr(0, 80), " " + good,
          good.substr(17), upper, no_such_day, good.substr(0, 16) + "_" + good.substr(17)}) {
        EXPECT_EQ(fault(text, plans, kNow), ErrorCode::usage) << text;
    }
    std::string flipped = good;
    flipped.back() = flipped.back() == '0' ? '1' : '0';
    EXPECT_EQ(fault(flipped, plans, kNow), ErrorCode::bad_evidence);
}

}  // namespace
}  // namespace quietus
