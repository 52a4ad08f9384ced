#pragma once
// Records for tests: a perfect erase of a small drive, to be spoilt one way at a time.

#include "record/erase_record.h"
#include "support/machine_builder.h"

namespace quietus::test {

inline constexpr std::uint64_t kRecordDriveSize = 8 * kMiB;

inline Plan a_plan(std::vector<Step> steps, std::uint64_t size = kRecordDriveSize) {
    Plan plan;
    plan.target = a_drive("sda").size(size);
    plan.technique = find_technique("random").value();
    plan.steps = std::move(steps);
    return plan;
}

inline Plan a_plan() {
    return a_plan({OverwritePass{1, 1, KeystreamPattern{}}, ReadBack{VerifyMode::full}});
}

inline Keystream a_keystream(std::uint8_t seed = 1) {
    return {.algorithm = "AES-256-CTR",
            .key = Bytes(32, static_cast<std::byte>(seed)),
            .nonce = Bytes(8, static_cast<std::byte>(seed + 1))};
}

/// Step `index` of the plan, done as well as it can be done.
inline StepOutcome a_perfect_outcome(const Plan& plan, int index) {
    StepOutcome outcome;
    const std::uint64_t size = plan.target.geometry.addressable().bytes;
    outcome.index = index;
    outcome.step = plan.steps[static_cast<std::size_t>(index)];
    outcome.began = UtcTime{1'790'000'000'000 + index};
    outcome.ended = UtcTime{1'790'000'001'000 + index};
    outcome.bytes_done = outcome.bytes_promised = size;
    outcome.elapsed_ms = 1000;
    outcome.end = StepEnd::completed;
    outcome.covered.add({0, size});
    outcome.engine = "memory";
    if (const auto* pass = std::get_if<OverwritePass>(&outcome.step)) {
        outcome.flushed = true;
        if (std::holds_alternative<KeystreamPattern>(pass->pattern))
            outcome.keystream = a_keystream(static_cast<std::uint8_t>(index + 1));
        if (const auto* drawn = std::get_if<DrawnBytePattern>(&pass->pattern)) {
            const auto byte = static_cast<std::byte>(0x30 + drawn->slot);
            outcome.drawn_byte = drawn->complement ? ~byte : byte;
        }
    }
    return outcome;
}

inline EraseRecord a_perfect_record(Plan plan = a_plan()) {
    EraseRecord record;
    record.id = "0190aaaa-0000-7000-8000-000000000001";
    record.plan = std::move(plan);
    record.started = UtcTime{1'790'000'000'000};
    record.ended = UtcTime{1'790'000'002'000};
    record.any_write_issued = true;
    for (std::size_t i = 0; i < record.plan.steps.size(); ++i)
        record.steps.push_back(a_perfect_outcome(record.plan, static_cast<int>(i)));
    record.unaddressable_bytes = record.plan.target.geometry.unaddressable().bytes;
    record.identity_confirmed_after = true;
    return record;
}

}  // namespace quietus::test
