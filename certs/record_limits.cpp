// The sentences that stand above every signature: what the record does not prove.

#include <algorithm>

#include "certs/record_parts.h"

namespace quietus::certs {

namespace {

bool ends_in_repetition(const Technique& technique) {
    return !technique.passes.empty() && !is_position_unique(technique.passes.back());
}

// Does the technique end in zeros, as a drawn byte may be one?
bool ends_in_zeros(const EraseRecord& record) {
    const auto& passes = record.plan.technique.passes;
    Pattern last = passes.back();
    for (const StepOutcome& outcome : record.steps) {
        const auto* pass = std::get_if<OverwritePass>(&outcome.step);
        if (pass != nullptr && pass->role == PassRole::technique &&
            pass->index == static_cast<int>(passes.size()))
            last = written_pattern(outcome);
    }
    const auto* constant = std::get_if<ConstantPattern>(&last);
    return constant == nullptr || std::all_of(constant->bytes.begin(), constant->bytes.end(),
                                              [](std::byte b) { return b == std::byte{0}; });
}

// What docs/undetectable.md shows to be believed of a drive that lies: the pairs of a fault and
// this last pass.
std::string not_shown_by_repetition(const EraseRecord& record) {
    std::string text =
        "The last pass is a constant pattern: reading it back cannot tell blocks apart, so a drive "
        "that answers for one address with the block of another, as one with a faked capacity "
        "does, would look the same";
    if (ends_in_zeros(record))
        text +=
            "; and since the pattern is zeros, so would one that keeps or returns zeros "
            "instead of what is written";
    return text + ".";
}

// Was a proof pass written, and read back without a fault?
bool was_proved(const EraseRecord& record) {
    return std::any_of(record.steps.begin(), record.steps.end(), [](const StepOutcome& outcome) {
        const auto* read_back = std::get_if<ReadBack>(&outcome.step);
        return read_back != nullptr && read_back->role == PassRole::prove &&
               outcome.end == StepEnd::completed && outcome.mismatched.empty();
    });
}

bool plans_to_blank(const Plan& plan) {
    return std::any_of(plan.steps.begin(), plan.steps.end(), [](const Step& step) {
        const auto* pass = std::get_if<OverwritePass>(&step);
        return pass != nullptr && pass->role == PassRole::blank;
    });
}

void add_limits_of_the_technique(const EraseRecord& record, std::vector<std::string>& limits) {
    const Technique& technique = record.plan.technique;
    if (technique.passes.size() > 1) {
        limits.emplace_back(
            "The technique has " + std::to_string(technique.passes.size()) +
            " passes; that is no higher method than one pass, and its name is no claim of "
            "conformity.");
    }
    if (ends_in_repetition(technique)) {
        limits.emplace_back(
            was_proved(record)
                ? "The last pass of the technique is a constant pattern, which cannot tell blocks "
                  "apart; that each place kept bytes of its own was shown for the pass before the "
                  "technique, and for that moment."
                : not_shown_by_repetition(record));
    }
    if (plans_to_blank(record.plan)) {
        limits.emplace_back(
            "After the verification zeros were to be written at the operator's wish: that is no "
            "part of the technique, and what was verified is no longer on the drive.");
    }
}

void add_limits_of_the_drive(const EraseRecord& record, std::vector<std::string>& limits) {
    if (is_virtual(record.plan.target.transport)) {
        limits.emplace_back(
            "The device is a virtual one: what holds its data (file, memory, other drives, "
            "snapshots, replicas) "
            "was not examined and may keep old contents.");
    }
    if (is_device_technique(record.plan.technique)) {
        limits.emplace_back(
            "That places which hosts cannot address (over-provisioned, retired, reallocated, other "
            "namespaces) were erased is the drive's own word; nothing outside the addressable "
            "blocks of this device was read back.");
        limits.emplace_back(
            "What the drive erased it returns in its own way, often as zeros for deallocated "
            "blocks: the read-back shows that no marker and nothing unexplained is returned, not "
            "what is in the cells.");
    } else {
        limits.emplace_back(
            "Reallocated, over-provisioned and spare areas of the medium are not addressable by "
            "the host: neither "
            "written nor read by an overwrite.");
        limits.emplace_back(
            "Hidden areas (HPA, DCO, AMAC, further namespaces, boot partitions, RPMB) were not "
            "examined.");
    }
    limits.emplace_back(
        "Model, serial number and size are what the drive and the kernel report; a counterfeit or "
        "faulty drive can "
        "report others.");
    const bool reports_serial = !printable(record.plan.target.identity.serial).empty();
    if (!record.order.label_serial.empty() && reports_serial && !label_agrees(record))
        limits.emplace_back(
            "The serial number given for the drive's label is not the one the drive reports: what "
            "was erased is the drive that reports this one.");
}

void add_limits_of_the_read_back(const EraseRecord& record, std::vector<std::string>& limits) {
    const Verification& seen = record.verification;
    if (seen.mode == VerifyMode::none)
        limits.emplace_back(planned_verify(record.plan) == VerifyMode::none
                                ? "Nothing was read back: no verification was asked for."
                                : "Nothing was read back: the erasure ended before the read-back.");
    if (seen.mode == VerifyMode::sample)
        limits.emplace_back(
            "Only a sample was read back: blocks outside it are not shown to be erased.");
    if (!record.plan.caches_not_bypassed.empty() && record.verification.covered_bytes > 0)
        limits.emplace_back(
            "The read-back may have been answered from caches that could not be bypassed.");
    if (seen.mode != VerifyMode::none)
        limits.emplace_back(
            "The read-back was made by the tool that erased, on the same host and path.");
}

}  // namespace

std::vector<std::string> limits_of(const EraseRecord& record, const std::string& durability,
                                   bool self_signed, bool stamped) {
    std::vector<std::string> limits;
    if (record.verdict != Verdict::erased)
        limits.emplace_back(
            "This record does not show that the drive is erased: see verdict and cause.");
    add_limits_of_the_drive(record, limits);
    add_limits_of_the_technique(record, limits);
    add_limits_of_the_read_back(record, limits);
    if (durability == "this-host-only") {
        limits.emplace_back(
            "The register is kept on the host that erased: whoever owns that host can replace both "
            "it and the key.");
    }
    if (self_signed)
        limits.emplace_back(
            "The signing certificate is self-signed: no independent party vouches for who holds "
            "the key.");
    limits.emplace_back(
        stamped ? "The times are the host's own clock; the time stamp beside the record shows that "
                  "it was signed before a time, and nothing else."
                : "No time stamp of an outside authority: the times are the host's own clock.");
    limits.emplace_back(
        "The record says what was measured, not that data are unrecoverable by any means; no "
        "certification is claimed.");
    return limits;
}

}  // namespace quietus::certs
