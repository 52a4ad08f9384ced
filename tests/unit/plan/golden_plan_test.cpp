// Every plan on two pages: a line for each combination, and some plans in full. UPDATE_GOLDEN=1
// rewrites.

#include <cstdlib>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "base/file.h"
#include "plan/plan_text.h"
#include "plan/planner.h"
#include "support/machine_builder.h"

namespace quietus {
namespace {

using test::a_drive;

constexpr std::size_t kGoldenMax = 4 * kMiB;

void expect_golden_plan(const std::string& name, const std::string& text) {
    const std::string path = QUIETUS_SOURCE_DIR "/tests/golden/plan/" + name;
    const auto stored = read_whole_file(path, kGoldenMax);
    const bool update = std::getenv("UPDATE_GOLDEN") != nullptr;
    if (!stored || update) {
        ASSERT_TRUE(make_directories(parent_directory(path), 0755).has_value());
        ASSERT_TRUE(write_file_durably(path, text, 0644).has_value());
        EXPECT_TRUE(update) << path << " was missing and has been written: look at it";
        return;
    }
    EXPECT_EQ(*stored, text) << "UPDATE_GOLDEN=1 rewrites " << path;
}

struct Machine {
    std::string name;
    DeviceSnapshot drive;
};

std::vector<Machine> machines() {
    const auto drive = [](const char* name, Transport transport, Medium medium,
                          std::uint64_t size) {
        return Machine{to_string(transport) + "-" + to_string(medium),
                       a_drive(name).size(size).attached_by(transport, medium)};
    };
    return {
        drive("sda", Transport::sata, Medium::rotational, 4'000'787'030'016),
        drive("sdb", Transport::sata, Medium::solid_state, 480'103'981'056),
        drive("sdc", Transport::sas, Medium::rotational, 1'200'243'695'616),
        drive("nvme0n1", Transport::nvme, Medium::solid_state, 512'110'190'592),
        drive("sdd", Transport::usb, Medium::unknown, 32'010'928'128),
        drive("mmcblk0", Transport::mmc, Medium::solid_state, 31'268'536'320),
        drive("vda", Transport::virtio, Medium::virtual_device, 10 * kGiB),
        {"loop-tiny-odd", a_drive("loop0").size(kMiB + 100).loop_over_inode(42)},
        {"zoned", a_drive("sde").zones(ZoneModel::host_managed).no_driver()},
        {"unknown", a_drive("xda").attached_by(Transport::unknown, Medium::unknown)},
    };
}

std::string line_of(const Result<Plan>& plan) {
    if (!plan) return "REFUSED " + plan.error().message;
    std::string line = to_string(plan->level) + " | ";
    for (const Step& step : plan->steps)
        line += (&step == &plan->steps[0] ? "" : "; ") + to_string(step);
    line += " | ";
    for (const Reason& reason : plan->reasons)
        line += (&reason == &plan->reasons[0] ? "" : " ") + reason.rule;
    line += " | not reached:";
    for (const NotReached& place : plan->not_reached) line += " " + place.what;
    return line + " | " + std::to_string(plan->estimate_s) + " s";
}

// One line for each technique and verification; a single one where the outcome is the same for all.
std::string rows_of(const Machine& machine, Purpose purpose) {
    std::string text;
    std::set<std::string> outcomes;
    for (const char* technique : {"random", "zero", "ones", "pattern:deadbeef"}) {
        for (const VerifyMode verify : {VerifyMode::none, VerifyMode::sample, VerifyMode::full}) {
            Goal goal;
            goal.purpose = purpose;
            goal.purpose_is_default = false;
            goal.technique = technique;
            goal.technique_is_default = false;
            goal.verify = verify;
            const std::string outcome = line_of(make_plan(machine.drive, goal));
            outcomes.insert(outcome);
            text += to_string(purpose) + " " + technique + " " + to_string(verify) + ": " +
                    outcome + "\n";
        }
    }
    if (outcomes.size() > 1) return text;
    return to_string(purpose) + " (all techniques and verifications): " + *outcomes.begin() + "\n";
}

std::string matrix_of(const Machine& machine) {
    std::string text = "== " + machine.name + "\n";
    for (const Purpose purpose : {Purpose::internal_reuse, Purpose::external_reuse,
                                  Purpose::manufacturer, Purpose::recycler, Purpose::destruction}) {
        text += rows_of(machine, purpose);
    }
    return text;
}

TEST(GoldenPlan, EveryTechniqueVerificationTransportAndPurpose) {
    std::string text;
    for (const Machine& machine : machines()) text += matrix_of(machine);
    expect_golden_plan("matrix.txt", text);
}

TEST(GoldenPlan, WhatAPersonReads) {
    std::string text;
    for (const Machine& machine : machines()) {
        const auto plan = make_plan(machine.drive, {});
        text += "== " + machine.name + "\n";
        text += plan ? plan_text(*plan) : plan.error().message + "\n" + plan.error().hint + "\n";
    }
    Goal goal;
    goal.purpose = Purpose::destruction;
    goal.purpose_is_default = false;
    goal.level = Level::clear;
    goal.technique = "pattern:" + std::string(256, 'a');
    goal.technique_is_default = false;
    goal.verify = VerifyMode::none;
    text += "== everything asked for\n" + plan_text(make_plan(machines()[0].drive, goal).value());
    expect_golden_plan("texts.txt", text);
}

}  // namespace
}  // namespace quietus
