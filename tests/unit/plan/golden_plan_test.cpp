// Every plan on two pages: a line for each combination, and some plans in full. UPDATE_GOLDEN=1
// rewrites.

#include <cstdlib>
#include <map>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "base/file.h"
#include "plan/plan_text.h"
#include "plan/planner.h"
#include "support/machine_builder.h"

namespace quietus {
namespace {

using test::a_controller;
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

NvmeFacts with_only_crypto() {
    NvmeFacts facts = a_controller("NVME-2");
    facts.sanitize = {.crypto = true};
    facts.boot_partitions = true;
    facts.replay_protected = 2;
    return facts;
}

NvmeFacts with_a_failed_sanitize() {
    NvmeFacts facts = a_controller("NVME-3");
    facts.sanitize_log->state = NvmeSanitizeLog::State::failed;
    return facts;
}

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
        {"nvme-sanitize",
         a_drive("nvme1n1").size(512'110'190'592).controller(a_controller("NVME-1"))},
        {"nvme-crypto-only", a_drive("nvme2n1").controller(with_only_crypto())},
        {"nvme-failed", a_drive("nvme3n1").controller(with_a_failed_sanitize())},
        drive("sdd", Transport::usb, Medium::unknown, 32'010'928'128),
        drive("mmcblk0", Transport::mmc, Medium::solid_state, 31'268'536'320),
        drive("vda", Transport::virtio, Medium::virtual_device, 10 * kGiB),
        {"loop-tiny-odd", a_drive("loop0").size(kMiB + 100).loop_over_inode(42)},
        {"zoned", a_drive("sde").zones(ZoneModel::host_managed).no_driver()},
        {"unknown", a_drive("xda").attached_by(Transport::unknown, Medium::unknown)},
    };
}

// "w1 w2 v2": what is written and read back, s for a sample, p and b for proof and blank pass.
std::string outline(const Plan& plan) {
    std::string text;
    for (const Step& step : plan.steps) {
        const auto* pass = std::get_if<OverwritePass>(&step);
        const auto* read = std::get_if<ReadBack>(&step);
        if (pass == nullptr && read == nullptr) {
            const auto* erase = std::get_if<HardwareErase>(&step);
            text += erase == nullptr ? " markers" : " " + to_string(erase->command);
            continue;
        }
        const PassRole role = pass != nullptr ? pass->role : read->role;
        text += pass != nullptr ? " w" : read->mode == VerifyMode::sample ? " s" : " v";
        text += role == PassRole::technique
                    ? std::to_string(pass != nullptr ? pass->index : read->pass)
                    : std::map<PassRole, std::string>{{PassRole::prove, "p"},
                                                      {PassRole::blank, "b"},
                                                      {PassRole::device, "d"},
                                                      {PassRole::also, "a"}}
                          .at(role);
    }
    return text;
}

std::string line_of(const Result<Plan>& plan) {
    if (!plan) return "REFUSED " + plan.error().message;
    std::string line = to_string(plan->level) + " | " +
                       std::to_string(plan->technique.passes.size()) + ":" + outline(*plan) + " |";
    for (const Reason& reason : plan->reasons) line += " " + reason.rule;
    line += " | not reached:";
    for (const NotReached& place : plan->not_reached) line += " " + place.what;
    return line + " | " + std::to_string(plan->estimate_s) + " s";
}

std::vector<std::string> technique_names(const Machine& machine) {
    const bool is_nvme = machine.drive.transport == Transport::nvme;
    std::vector<std::string> names;
    if (is_nvme) names.emplace_back("(default)");
    for (const Technique& row : technique_table()) {
        if (is_nvme || !is_device_technique(row)) names.push_back(row.name);
    }
    names.emplace_back("pattern:deadbeef");
    return names;
}

Goal goal_of(Purpose purpose, const std::string& technique) {
    Goal goal;
    goal.purpose = purpose;
    goal.purpose_is_default = false;
    if (technique == "(default)") return goal;
    goal.technique = technique;
    goal.technique_is_default = false;
    return goal;
}

// One line for each technique; a single one where the outcome is the same for all.
std::string rows_of(const Machine& machine, Purpose purpose) {
    std::string text;
    std::set<std::string> outcomes;
    for (const std::string& technique : technique_names(machine)) {
        const std::string outcome = line_of(make_plan(machine.drive, goal_of(purpose, technique)));
        outcomes.insert(outcome);
        text += to_string(purpose) + " " + technique + ": " + outcome + "\n";
    }
    if (outcomes.size() > 1) return text;
    return to_string(purpose) + " (all techniques): " + *outcomes.begin() + "\n";
}

std::string matrix_of(const Machine& machine) {
    std::string text = "== " + machine.name + "\n";
    for (const Purpose purpose : {Purpose::internal_reuse, Purpose::external_reuse,
                                  Purpose::manufacturer, Purpose::recycler, Purpose::destruction}) {
        text += rows_of(machine, purpose);
    }
    return text;
}

// Every choice of reading back, on one drive.
std::string choices_of(const Machine& machine) {
    std::string text = "== choices, on " + machine.name + "\n";
    for (const char* technique : {"random", "zero", "dod-3", "bsi-2011-vs", "afssi-5020"}) {
        for (unsigned choice = 0; choice < 24; ++choice) {
            Goal goal = goal_of(Purpose::internal_reuse, technique);
            goal.verify = static_cast<VerifyMode>(choice / 8);
            goal.verify_each = (choice & 4U) != 0;
            goal.prove = (choice & 2U) != 0;
            goal.blank = (choice & 1U) != 0;
            text += std::string{technique} + " " + to_string(goal.verify) +
                    (goal.verify_each ? " each" : "") + (goal.prove ? " prove" : "") +
                    (goal.blank ? " blank" : "") + ": " + line_of(make_plan(machine.drive, goal)) +
                    "\n";
        }
    }
    return text;
}

TEST(GoldenPlan, EveryTechniqueMediumPurposeAndReadBack) {
    std::string text;
    for (const Machine& machine : machines()) text += matrix_of(machine);
    text += choices_of(machines().front());
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
    Goal many = goal_of(Purpose::internal_reuse, "afssi-5020");
    many.verify_each = many.prove = many.blank = true;
    text += "== many passes\n" + plan_text(make_plan(machines()[0].drive, many).value());
    expect_golden_plan("texts.txt", text);
}

}  // namespace
}  // namespace quietus
