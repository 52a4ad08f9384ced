// Drives that erased themselves: every way their record can fall short, and none may be "erased".

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/endian.h"
#include "record/erase_record.h"
#include "support/record_builder.h"

namespace quietus {
namespace {

using testing::HasSubstr;

constexpr std::uint32_t kBlockErase = 2;

Bytes status(unsigned state, std::uint32_t command, unsigned progress = 0xFFFF) {
    Bytes raw(kSanitizeLogKept);
    put_little(raw, 0, 2, progress);
    put_little(raw, 2, 2, state);
    put_little(raw, 4, 4, command);
    for (const std::size_t at : {8U, 12U, 16U}) put_little(raw, at, 4, 0xFFFFFFFF);
    return raw;
}

DeviceAnswer an_answer() {
    DeviceAnswer answer;
    answer.command = Bytes(64);
    put_little(answer.command, 0, 1, 0x84);
    put_little(answer.command, 40, 4, kBlockErase);
    answer.before = DeviceStatus{UtcTime{1}, status(0, 0)};
    answer.completion = 0;
    answer.after = {{UtcTime{2}, status(2, kBlockErase, 0x4000)},
                    {UtcTime{3}, status(1, kBlockErase)}};
    return answer;
}

EraseRecord sanitized() {
    Plan plan = test::a_plan({PlantMarkers{}, HardwareErase{DeviceCommand::nvme_sanitize_block},
                              ReadBack{VerifyMode::full, 0, PassRole::device}});
    plan.technique = find_technique("nvme-sanitize-block").value();
    plan.level = Level::purge;
    EraseRecord record = test::a_perfect_record(std::move(plan));
    record.steps[0].covered = {};
    record.steps[0].covered.add({0, kMiB});
    record.steps[0].bytes_promised = kMiB;
    record.steps[0].keystream = test::a_keystream();
    record.steps[0].sample_seed = Bytes(32);
    record.steps[0].flushed = true;
    record.steps[1].covered = {};
    record.steps[1].device = an_answer();
    return record;
}

struct Row {
    const char* flaw;
    std::function<void(EraseRecord&)> spoil;
    Verdict verdict;
    const char* cause;
};

const std::vector<Row>& rows() {
    static const std::vector<Row> kRows{
        {"no markers", [](EraseRecord& r) { r.steps[0].covered = {}; }, Verdict::not_erased,
         "too few markers"},
        {"half of the markers",
         [](EraseRecord& r) {
             r.steps[0].covered.subtract({0, kMiB / 2});
             r.steps[0].end = StepEnd::partial;
         },
         Verdict::not_erased, "too few markers"},
        {"a plan without markers",
         [](EraseRecord& r) {
             r.plan.steps.erase(r.plan.steps.begin());
             r.steps.erase(r.steps.begin());
             r.steps[0].index = 0;
             r.steps[1].index = 1;
         },
         Verdict::not_erased, "overwrites nothing"},
        {"a marker that could not be written",
         [](EraseRecord& r) {
             r.steps[0].covered.subtract({0, 512});
             r.steps[0].failed.add({0, 512});
             r.steps[0].end = StepEnd::partial;
         },
         Verdict::exceptions, "markers could not be written everywhere"},
        {"markers in a cache", [](EraseRecord& r) { r.steps[0].flushed = false; },
         Verdict::not_erased, "flush"},
        {"a drive that was told nothing", [](EraseRecord& r) { r.steps[1].device.reset(); },
         Verdict::not_erased, "not known"},
        {"another command", [](EraseRecord& r) { r.steps[1].device->command[40] = std::byte{4}; },
         Verdict::not_erased, "another Sanitize operation"},
        {"a status that was success before",
         [](EraseRecord& r) {
             r.steps[1].device->before->raw = status(1, kBlockErase);
             r.steps[1].device->after.erase(r.steps[1].device->after.begin());
         },
         Verdict::not_erased, "what it was before"},
        {"failed", [](EraseRecord& r) { r.steps[1].device->after[1].raw = status(3, kBlockErase); },
         Verdict::not_erased, "it failed"},
        {"unproven", [](EraseRecord& r) { r.steps[1].end = StepEnd::unproven; }, Verdict::unknown,
         "unproven"},
        {"stopped", [](EraseRecord& r) { r.steps[1].end = StepEnd::interrupted; }, Verdict::unknown,
         "interrupted"},
        {"no end", [](EraseRecord& r) { r.steps[1].end = StepEnd::not_ended; }, Verdict::unknown,
         "did not come to its end"},
        {"a marker is left",
         [](EraseRecord& r) {
             r.steps[2].mismatched.add({4096, 512});
         },
         Verdict::not_erased, "512 bytes read back as something else"},
        {"part of it was read",
         [](EraseRecord& r) {
             r.steps[2].covered.subtract({0, 512});
             r.steps[2].bytes_done -= 512;
         },
         Verdict::not_erased, "read less"},
        {"a command of the technique is not in the plan",
         [](EraseRecord& r) {
             r.plan.technique = find_technique("nvme-sanitize-crypto-block").value();
         },
         Verdict::not_erased, "overwrites nothing"},
        {"the markers came after",
         [](EraseRecord& r) {
             std::swap(r.plan.steps[0], r.plan.steps[1]);
             std::swap(r.steps[0], r.steps[1]);
             r.steps[0].index = 0;
             r.steps[1].index = 1;
         },
         Verdict::not_erased, "overwrites nothing"},
        {"another drive afterwards", [](EraseRecord& r) { r.identity_confirmed_after = false; },
         Verdict::unknown, "identity"},
        {"nothing was read back",
         [](EraseRecord& r) {
             r.plan.steps.pop_back();
             r.steps.pop_back();
         },
         Verdict::exceptions, "no verification"},
    };
    return kRows;
}

TEST(JudgeDevice, AProvedAndVerifiedSanitizeIsErasedAndPurged) {
    EraseRecord record = sanitized();
    const Judgement judged = judge(record);
    EXPECT_EQ(judged.verdict, Verdict::erased) << judged.cause;
    record.verdict = judged.verdict;
    EXPECT_EQ(method_achieved(record), "purge");
}

TEST(JudgeDevice, NothingLessIsErased) {
    for (const Row& row : rows()) {
        SCOPED_TRACE(row.flaw);
        EraseRecord record = sanitized();
        row.spoil(record);
        const Judgement judged = judge(record);
        EXPECT_EQ(judged.verdict, row.verdict);
        EXPECT_THAT(judged.cause, HasSubstr(row.cause));
        record.verdict = judged.verdict;
        if (judged.verdict == Verdict::exceptions) continue;  // it may have purged itself
        EXPECT_EQ(method_achieved(record), "none");
    }
}

TEST(JudgeDevice, WhatCannotBeReadBackIsAnExceptionOfADriveThatPurgedItself) {
    EraseRecord record = sanitized();
    record.steps[2].unreadable.add({2 * kMiB, 512});
    record.steps[2].covered.subtract({2 * kMiB, 512});
    record.steps[2].bytes_done -= 512;
    record.steps[2].end = StepEnd::partial;
    record.steps[2].cause = "read of 512 bytes at byte 8192";
    record.verification.outcome = VerificationOutcome::incomplete;
    const Judgement judged = judge(record);
    EXPECT_EQ(judged.verdict, Verdict::exceptions) << judged.cause;
    record.verdict = judged.verdict;
    EXPECT_EQ(method_achieved(record), "purge");
    // Where a marker was, nothing may be left unread.
    record.steps[2].covered.subtract({0, 512});
    EXPECT_EQ(method_achieved(record), "none");
}

TEST(JudgeDevice, ASanitizeThatOpensAFailedDriveIsNoPartOfTheTechnique) {
    EraseRecord record = sanitized();
    record.plan.steps.insert(record.plan.steps.begin(),
                             HardwareErase{DeviceCommand::nvme_sanitize_block});
    StepOutcome opening = record.steps[1];
    opening.device->before->raw = status(3, 4);
    record.steps.insert(record.steps.begin(), opening);
    for (std::size_t i = 0; i < record.steps.size(); ++i)
        record.steps[i].index = static_cast<int>(i);
    EXPECT_EQ(judge(record).verdict, Verdict::erased) << judge(record).cause;
}

}  // namespace
}  // namespace quietus
