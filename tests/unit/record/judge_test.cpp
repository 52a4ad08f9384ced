// Every way a record can fall short, one row each: none of them may be "erased".

#include <algorithm>
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "record/erase_record.h"
#include "support/record_builder.h"

namespace quietus {
namespace {

using test::a_perfect_record;
using test::a_plan;
using testing::HasSubstr;

constexpr std::uint64_t kSize = test::kRecordDriveSize;

struct Row {
    const char* flaw;
    std::function<void(EraseRecord&)> spoil;
    Verdict verdict;
    MediaState media;
    const char* cause;  ///< Part of what is said.
    bool alone{false};  ///< Undoes other flaws, so it is not tried together with them.
};

constexpr auto kNot = Verdict::not_erased;
constexpr auto kAltered = MediaState::altered;

StepOutcome& pass(EraseRecord& r) {
    return r.steps[0];
}
StepOutcome& read_back(EraseRecord& r) {
    return r.steps[1];
}

// A read-back by sample that reads `bytes`.
void sample(EraseRecord& r, std::uint64_t bytes) {
    r.plan.steps[1] = ReadBack{VerifyMode::sample};
    read_back(r).step = r.plan.steps[1];
    read_back(r).covered = {};
    read_back(r).covered.add({0, bytes});
    read_back(r).bytes_done = read_back(r).bytes_promised = bytes;
}

void end_pass(EraseRecord& r, StepEnd end) {
    pass(r).end = end;
    r.steps.pop_back();
}

const OverwritePass kBlank{1, 1, ConstantPattern{Bytes(1)}, PassRole::blank};

EraseRecord of_many() {
    return a_perfect_record(a_plan(
        {OverwritePass{1, 2, KeystreamPattern{}}, ReadBack{VerifyMode::full, 1},
         OverwritePass{2, 2, ConstantPattern{{std::byte{0xFF}}}}, ReadBack{VerifyMode::full, 2}}));
}
EraseRecord of_drawn() {
    return a_perfect_record(
        a_plan({OverwritePass{1, 2, DrawnBytePattern{1, false}},
                OverwritePass{2, 2, DrawnBytePattern{1, true}}, ReadBack{VerifyMode::full, 2}}));
}
EraseRecord with_proof() {
    return a_perfect_record(
        a_plan({OverwritePass{1, 1, KeystreamPattern{}, PassRole::prove},
                ReadBack{VerifyMode::full, 1, PassRole::prove},
                OverwritePass{1, 1, ConstantPattern{Bytes(1)}}, ReadBack{VerifyMode::full, 1}}));
}
EraseRecord with_blank() {
    return a_perfect_record(
        a_plan({OverwritePass{1, 1, KeystreamPattern{}}, ReadBack{VerifyMode::full, 1}, kBlank}));
}

std::vector<Row> rows() {
    return {
        // -- the overwrite
        {"a step is missing", [](auto& r) { r.steps.erase(r.steps.begin()); }, kNot, kAltered,
         "was not run"},
        {"no step was run", [](auto& r) { r.steps.clear(); }, kNot, kAltered, "was not run"},
        {"a step of another plan",
         [](auto& r) {
             pass(r).step = OverwritePass{1, 1, ConstantPattern{{std::byte{0}}}};
         },
         kNot, kAltered, "was not run"},
        {"a read-back stands where the pass should",
         [](auto& r) { pass(r).step = ReadBack{VerifyMode::full}; }, kNot, kAltered, "was not run"},
        {"a step with a number the plan does not have", [](auto& r) { pass(r).index = 7; }, kNot,
         kAltered, "was not run"},
        {"the flush was not acknowledged", [](auto& r) { pass(r).flushed = false; }, kNot, kAltered,
         "flush"},
        {"a hole of one sector",
         [](auto& r) {
             pass(r).covered.subtract({512, 512});
         },
         kNot, kAltered, "covered"},
        {"the last byte is missing",
         [](auto& r) {
             pass(r).covered.subtract({kSize - 1, 1});
         },
         kNot, kAltered, "covered"},
        {"more was covered than there is",
         [](auto& r) {
             pass(r).covered.add({kSize, 512});
         },
         kNot, kAltered, "covered"},
        {"nothing was covered", [](auto& r) { pass(r).covered = {}; }, kNot, kAltered, "covered 0"},
        {"the number of bytes done is too small", [](auto& r) { pass(r).bytes_done -= 512; }, kNot,
         kAltered, "covered"},
        {"the number of bytes done is too large", [](auto& r) { pass(r).bytes_done += 512; }, kNot,
         kAltered, "covered", true},
        {"a request failed although all was covered",
         [](auto& r) {
             pass(r).failed.add({0, 512});
         },
         kNot, kAltered, "failed"},
        {"an I/O error ended the pass", [](auto& r) { end_pass(r, StepEnd::io_error); }, kNot,
         kAltered, "io-error"},
        {"the drive vanished", [](auto& r) { end_pass(r, StepEnd::device_gone); }, kNot, kAltered,
         "device-gone"},
        {"a signal ended the pass", [](auto& r) { end_pass(r, StepEnd::interrupted); }, kNot,
         kAltered, "interrupted"},
        {"the worker died in the pass", [](auto& r) { end_pass(r, StepEnd::not_ended); }, kNot,
         kAltered, "did not come to its end"},
        {"a pass ends as a mismatch", [](auto& r) { end_pass(r, StepEnd::mismatch); }, kNot,
         kAltered, "mismatch"},
        {"a request hung in the pass", [](auto& r) { end_pass(r, StepEnd::hung); },
         Verdict::unknown, MediaState::unknown, "hung"},
        {"the pass knows of wrong bytes",
         [](auto& r) {
             pass(r).mismatched.add({0, 512});
         },
         kNot, kAltered, ""},
        {"the pass knows of unreadable bytes",
         [](auto& r) {
             pass(r).unreadable.add({0, 512});
         },
         kNot, kAltered, ""},
        // -- the read-back
        {"the read-back was not run", [](auto& r) { r.steps.pop_back(); }, kNot, kAltered,
         "was not run"},
        {"one sector reads as something else",
         [](auto& r) {
             read_back(r).mismatched.add({4096, 512});
         },
         kNot, kAltered, "512 bytes"},
        {"one sector cannot be read",
         [](auto& r) {
             read_back(r).unreadable.add({4096, 512});
         },
         kNot, kAltered, "cannot be read back"},
        {"a request of the read-back failed",
         [](auto& r) {
             read_back(r).failed.add({0, 512});
         },
         kNot, kAltered, "failed"},
        {"the read-back ended as a mismatch", [](auto& r) { read_back(r).end = StepEnd::mismatch; },
         kNot, kAltered, "mismatch"},
        {"the read-back met an I/O error", [](auto& r) { read_back(r).end = StepEnd::io_error; },
         kNot, kAltered, "io-error"},
        {"the drive vanished in the read-back",
         [](auto& r) { read_back(r).end = StepEnd::device_gone; }, kNot, kAltered, "device-gone"},
        {"a signal ended the read-back", [](auto& r) { read_back(r).end = StepEnd::interrupted; },
         kNot, kAltered, "interrupted"},
        {"the read-back hung", [](auto& r) { read_back(r).end = StepEnd::hung; }, Verdict::unknown,
         MediaState::unknown, "hung"},
        {"the worker died in the read-back", [](auto& r) { read_back(r).end = StepEnd::not_ended; },
         Verdict::unknown, MediaState::unknown, "did not come to its end"},
        {"the read-back left a hole",
         [](auto& r) {
             read_back(r).covered.subtract({0, 512});
         },
         kNot, kAltered, "read less"},
        {"the read-back claims more than it covered",
         [](auto& r) {
             read_back(r).covered.subtract({0, 512});
             read_back(r).bytes_promised -= 512;
         },
         kNot, kAltered, "read less"},
        {"a full read-back promised and read only a part",
         [](auto& r) {
             read_back(r).covered.subtract({0, 512});
             read_back(r).bytes_done = read_back(r).bytes_promised = kSize - 512;
         },
         kNot, kAltered, "less than the whole"},
        {"the sample is smaller than a tenth", [](auto& r) { sample(r, kSize / 10 - 1); }, kNot,
         kAltered, "smaller than a tenth"},
        {"the sample is nothing", [](auto& r) { sample(r, 0); }, kNot, kAltered, "sample"},
        {"the sample lies beyond the drive",
         [](auto& r) {
             sample(r, kSize / 5);
             read_back(r).covered = {};
             read_back(r).covered.add({kSize, kSize / 5});
         },
         kNot, kAltered, "beyond"},
        // -- the whole
        {"the identity was not confirmed", [](auto& r) { r.identity_confirmed_after = false; },
         Verdict::unknown, MediaState::unknown, "identity"},
        {"bytes were not written",
         [](auto& r) {
             r.unwritten.add({0, 512});
         },
         kNot, kAltered, "not written"},
        {"a tail cannot be addressed", [](auto& r) { r.unaddressable_bytes = 100; },
         Verdict::exceptions, kAltered, "cannot be addressed"},
        {"no verification was asked for",
         [](auto& r) {
             r.plan.steps.pop_back();
             r.steps.pop_back();
         },
         Verdict::exceptions, kAltered, "no verification"},
        {"the plan reads back before its last pass",
         [](auto& r) {
             std::swap(r.plan.steps[0], r.plan.steps[1]);
             r.steps = a_perfect_record(r.plan).steps;
         },
         Verdict::exceptions, kAltered, "no verification", true},
        {"the plan only reads",
         [](auto& r) {
             r.plan.steps.erase(r.plan.steps.begin());
             r.steps = a_perfect_record(r.plan).steps;
         },
         kNot, kAltered, "overwrites nothing", true},
        {"the plan has no step",
         [](auto& r) {
             r.plan.steps.clear();
             r.steps.clear();
         },
         kNot, kAltered, "overwrites nothing"},
        {"no byte can be addressed",
         [](auto& r) {
             r.plan.target.geometry.size = {0};
             r.steps = a_perfect_record(r.plan).steps;
         },
         kNot, kAltered, "no addressable byte", true},
        {"the first of two passes left a hole",
         [](auto& r) {
             r = a_perfect_record(
                 a_plan({OverwritePass{1, 2, KeystreamPattern{}},
                         OverwritePass{2, 2, KeystreamPattern{}}, ReadBack{VerifyMode::full}}));
             r.steps[0].covered.subtract({512, 512});
         },
         kNot, kAltered, "step 1", true},
        {"the first of two read-backs found other bytes",
         [](auto& r) {
             r = a_perfect_record(a_plan({OverwritePass{1, 1, KeystreamPattern{}},
                                          ReadBack{VerifyMode::full}, ReadBack{VerifyMode::full}}));
             r.steps[1].mismatched.add({0, 512});
         },
         kNot, kAltered, "read back as something else", true},
        // -- more passes, the proof and the blank pass
        {"the read-back between two passes found other bytes",
         [](auto& r) {
             r = of_many();
             r.steps[1].mismatched.add({0, 512});
             r.steps[1].end = StepEnd::mismatch;
             r.steps.resize(2);
         },
         kNot, kAltered, "step 2 (read back every addressable byte of pass 1): 512 bytes", true},
        {"the read-back between two passes read less than promised",
         [](auto& r) {
             r = of_many();
             r.steps[1].covered.subtract({0, 512});
             r.steps[1].bytes_done -= 512;
         },
         kNot, kAltered, "read less than promised", true},
        {"only the last of two passes was read back, and that badly",
         [](auto& r) {
             r = of_many();
             r.steps[3].unreadable.add({0, 512});
         },
         kNot, kAltered, "cannot be read back", true},
        {"the last pass was not read back, only the one before",
         [](auto& r) {
             r = of_many();
             r.plan.steps.pop_back();
             r.steps.pop_back();
         },
         Verdict::exceptions, kAltered, "no verification", true},
        {"a read-back names another pass than the one before it",
         [](auto& r) {
             r.plan.steps[1] = ReadBack{VerifyMode::full, 2};
             r.steps = a_perfect_record(r.plan).steps;
         },
         kNot, kAltered, "another pass", true},
        {"a read-back of the proof pass stands behind a pass of the technique",
         [](auto& r) {
             r.plan.steps[1] = ReadBack{VerifyMode::full, 1, PassRole::prove};
             r.steps = a_perfect_record(r.plan).steps;
         },
         kNot, kAltered, "another pass", true},
        {"the drawn byte is not known",
         [](auto& r) {
             r = of_drawn();
             r.steps[1].drawn_byte.reset();
         },
         kNot, kAltered, "not known", true},
        {"the complement is not the complement",
         [](auto& r) {
             r = of_drawn();
             r.steps[1].drawn_byte = r.steps[0].drawn_byte;
         },
         kNot, kAltered, "another byte", true},
        {"the proof pass left a hole",
         [](auto& r) {
             r = with_proof();
             r.steps[0].covered.subtract({0, 512});
         },
         kNot, kAltered, "proof pass", true},
        {"the proof pass read back as something else",
         [](auto& r) {
             r = with_proof();
             r.steps[1].mismatched.add({0, 512});
         },
         kNot, kAltered, "of the proof pass", true},
        {"there is a proof, and the technique was not run",
         [](auto& r) {
             r = with_proof();
             r.steps.resize(2);
         },
         kNot, kAltered, "was not run", true},
        {"there is nothing but the proof",
         [](auto& r) {
             r = with_proof();
             r.plan.steps.resize(2);
             r.steps.resize(2);
         },
         kNot, kAltered, "overwrites nothing", true},
        {"only the proof pass was read back",
         [](auto& r) {
             r = with_proof();
             r.plan.steps.pop_back();
             r.steps.pop_back();
         },
         Verdict::exceptions, kAltered, "no verification", true},
        {"the blank pass failed",
         [](auto& r) {
             r = with_blank();
             r.steps[2].end = StepEnd::io_error;
             r.steps[2].cause = "write at byte 0: Input/output error";
         },
         Verdict::exceptions, kAltered, "the blank pass after it was not", true},
        {"the blank pass left a block out",
         [](auto& r) {
             r = with_blank();
             StepOutcome& blank = r.steps[2];
             blank.covered.subtract({0, 512});
             blank.failed.add({0, 512});
             blank.bytes_done = blank.covered.total();
             blank.end = StepEnd::partial;
             blank.cause = "write of 512 bytes at byte 0: Input/output error";
         },
         Verdict::exceptions, kAltered, "the blank pass after it was not", true},
        {"the blank pass was not run",
         [](auto& r) {
             r = with_blank();
             r.steps.pop_back();
         },
         Verdict::exceptions, kAltered, "blank pass", true},
        {"the blank pass was not flushed",
         [](auto& r) {
             r = with_blank();
             r.steps[2].flushed = false;
         },
         Verdict::exceptions, kAltered, "flush", true},
        {"the drive hung in the blank pass",
         [](auto& r) {
             r = with_blank();
             r.steps[2].end = StepEnd::hung;
         },
         Verdict::unknown, MediaState::unknown, "hung", true},
        {"the blank pass is fine, and the technique's read-back is not",
         [](auto& r) {
             r = with_blank();
             r.steps[1].mismatched.add({0, 512});
         },
         kNot, kAltered, "read back as something else", true},
        {"only the blank pass was read back",
         [](auto& r) {
             r = a_perfect_record(a_plan({OverwritePass{1, 1, KeystreamPattern{}}, kBlank,
                                          ReadBack{VerifyMode::full, 1, PassRole::blank}}));
         },
         Verdict::exceptions, kAltered, "no verification", true},
    };
}

TEST(Judge, WholeRunsOfEveryKindAreErased) {
    for (const EraseRecord& record : {of_many(), of_drawn(), with_proof(), with_blank()}) {
        const Judgement judgement = judge(record);
        EXPECT_EQ(judgement.verdict, Verdict::erased) << judgement.cause;
        EXPECT_EQ(judgement.media_state, MediaState::complete);
    }
}

TEST(Judge, APerfectRecordIsErased) {
    const Judgement judgement = judge(a_perfect_record());
    EXPECT_EQ(judgement.verdict, Verdict::erased);
    EXPECT_EQ(judgement.media_state, MediaState::complete);
    EXPECT_EQ(judgement.cause, "");
}

TEST(Judge, ASampleOfATenthOfAnErasedDriveIsErased) {
    EraseRecord record = a_perfect_record();
    sample(record, kSize / 10);
    EXPECT_EQ(judge(record).verdict, Verdict::erased);
}

TEST(Judge, EveryFlawHasItsVerdictAndNoneIsErased) {
    for (const Row& row : rows()) {
        SCOPED_TRACE(row.flaw);
        EraseRecord record = a_perfect_record();
        row.spoil(record);
        const Judgement judgement = judge(record);
        EXPECT_NE(judgement.verdict, Verdict::erased);
        EXPECT_EQ(judgement.verdict, row.verdict) << judgement.cause;
        EXPECT_EQ(judgement.media_state, row.media);
        EXPECT_THAT(judgement.cause, HasSubstr(row.cause));
        EXPECT_NE(judgement.cause, "");
        record.verdict = judgement.verdict;
        EXPECT_EQ(method_achieved(record), "none");
    }
}

TEST(Judge, TwoFlawsTogetherAreNeverErased) {
    const auto all = rows();
    for (const Row& first : all) {
        for (const Row& second : all) {
            if (first.alone || second.alone) continue;
            EraseRecord record = a_perfect_record();
            first.spoil(record);
            // A second flaw may need a step that the first has taken away.
            if (record.steps.size() < 2) continue;
            second.spoil(record);
            EXPECT_NE(judge(record).verdict, Verdict::erased)
                << first.flaw << ", and " << second.flaw;
        }
    }
}

TEST(Judge, WhereNothingWasWrittenTheMediumIsUntouched) {
    EraseRecord record = a_perfect_record();
    record.any_write_issued = false;
    record.steps.clear();
    const Judgement judgement = judge(record);
    EXPECT_EQ(judgement.verdict, Verdict::not_erased);
    EXPECT_EQ(judgement.media_state, MediaState::untouched);
    EXPECT_EQ(judgement.cause, "nothing was written");
    record.cause = "interrupted";
    EXPECT_EQ(judge(record).cause, "interrupted");
}

TEST(Judge, NamesThePurgeOrClearOnlyOfAnErasedDrive) {
    EraseRecord record = a_perfect_record();
    record.verdict = Verdict::erased;
    EXPECT_EQ(method_achieved(record), "clear");
    record.verdict = Verdict::exceptions;
    EXPECT_EQ(method_achieved(record), "none");
}

}  // namespace
}  // namespace quietus
