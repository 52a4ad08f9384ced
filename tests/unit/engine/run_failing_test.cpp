// Runs on drives that fail, and runs that carry on what broke off.

#include <gmock/gmock.h>

#include "run_fixture.h"
#include "support/record_builder.h"

namespace quietus::engine {
namespace {

using test::Did;
using test::Fault;
using testing::HasSubstr;

TEST_F(Run, ABadSectorIsNamedAndTheReadBackGoesAroundIt) {
    start({.faults = {{.fault = Fault::error, .where = {kMiB, 512}}}});
    const RunEnd end = go();
    EXPECT_EQ(end.cause, "");
    ASSERT_EQ(script_->lines.size(), 4U);
    const StepOutcome& pass = line(1).outcome;
    EXPECT_EQ(pass.end, StepEnd::partial);
    EXPECT_THAT(pass.cause, HasSubstr("write of 512 bytes at byte 1048576: Input/output error"));
    EXPECT_TRUE(pass.flushed);
    EXPECT_EQ(pass.failed.ranges(), (std::vector<Range>{{kMiB, 512}}));
    EXPECT_EQ(pass.bytes_done, pass.covered.total());
    const StepOutcome& read = line(3).outcome;
    EXPECT_EQ(read.end, StepEnd::completed);
    EXPECT_EQ(read.covered, pass.covered);
    EXPECT_EQ(read.bytes_promised, drive().options().size - 512);
    EXPECT_TRUE(end.identity_confirmed);
}

TEST_F(Run, ADriveThatRefusesEndsTheRunButWhatWasWrittenIsFlushed) {
    start({.faults = {{.fault = Fault::error, .where = {kMiB, 512}, .error = EROFS}}});
    const RunEnd end = go();
    EXPECT_THAT(end.cause, HasSubstr("write of 65536 bytes at byte 1048576: Read-only"));
    ASSERT_EQ(script_->lines.size(), 2U);
    const StepOutcome& pass = line(1).outcome;
    EXPECT_EQ(pass.end, StepEnd::io_error);
    EXPECT_TRUE(pass.flushed);
    EXPECT_EQ(pass.bytes_done, pass.covered.total());
    EXPECT_TRUE(end.identity_confirmed);
}

TEST_F(Run, AHungDriveIsNotAskedForAnythingMore) {
    start({.faults = {{.fault = Fault::never_completes, .where = {kMiB, 512}}}});
    const RunEnd end =
        run(*drive_, *script_, HandClock{},
            {.depth = 4, .request_size = 64 * kKiB, .limits = {.request_deadline_s = 60}});
    EXPECT_TRUE(end.hung);
    EXPECT_FALSE(end.identity_confirmed);
    EXPECT_THAT(end.cause, HasSubstr("no answer within 60 s"));
    ASSERT_EQ(script_->lines.size(), 2U);
    EXPECT_EQ(line(1).outcome.end, StepEnd::hung);
    EXPECT_FALSE(line(1).outcome.flushed);
    const auto after = deeds(line(1).deeds, drive().diary().size());
    EXPECT_TRUE(after.empty());
    drive_->abandon();
    drive_.reset();
    EXPECT_EQ(drive().count(Did::let_go), 0U);
}

TEST_F(Run, CheckpointsSayWhatTheDriveHasFlushed) {
    start({});
    go();
    ASSERT_FALSE(script_->checkpoints.empty());
    std::uint64_t last = 0;
    for (const RangeSet& covered : script_->checkpoints) {
        EXPECT_GE(covered.total(), last);
        last = covered.total();
    }
    EXPECT_LE(last, drive().options().size);
}

// What a run that broke off after its first pass and within its second leaves to the next.
TEST_F(Run, CarriesOnWhereAnEarlierRunWasAndReadsAllOfItBack) {
    const std::vector<Step> steps{OverwritePass{1, 2, ConstantPattern{{std::byte{0x55}}}},
                                  OverwritePass{2, 2, KeystreamPattern{}},
                                  ReadBack{VerifyMode::sample}};
    start({}, steps);
    Continuation before;
    before.runs.emplace_back().id = "earlier";
    before.done.push_back(test::a_perfect_outcome(drive_->plan(), 0));
    before.unfinished = test::a_perfect_outcome(drive_->plan(), 1);
    before.unfinished->kept.add({0, kMiB});
    before.unfinished->kept.add({2 * kMiB, kMiB});
    const Bytes expected = keystream_bytes(*before.unfinished->keystream, drive().options().size);
    for (const Range& range : before.unfinished->kept.ranges()) {
        const auto at = static_cast<std::ptrdiff_t>(range.first);
        std::copy_n(expected.begin() + at, range.count, drive().content().begin() + at);
    }
    const RunEnd end = run(*drive_, *script_, HandClock{},
                           {.depth = 4, .request_size = 64 * kKiB, .continues = before});
    EXPECT_EQ(end.cause, "");
    ASSERT_EQ(script_->lines.size(), 4U);
    EXPECT_EQ(line(0).outcome.index, 1);
    EXPECT_EQ(line(0).outcome.keystream, before.unfinished->keystream);
    EXPECT_EQ(line(0).outcome.kept, before.unfinished->kept);
    EXPECT_EQ(line(1).outcome.covered.total(), drive().options().size);
    EXPECT_EQ(drive().written(), before.unfinished->kept.complement(drive().options().size));
    EXPECT_FALSE(line(3).outcome.sample_seed) << "all of it is read back";
    EXPECT_EQ(line(3).outcome.covered.total(), drive().options().size);
    EXPECT_EQ(content(), expected);
}

TEST_F(Run, WhatWasSaidToBeKeptAndIsNotThereIsFound) {
    start({});
    Continuation before;
    before.runs.emplace_back().id = "earlier";
    before.unfinished = test::a_perfect_outcome(drive_->plan(), 0);
    before.unfinished->kept.add({0, kMiB});
    const RunEnd end = run(*drive_, *script_, HandClock{},
                           {.depth = 4, .request_size = 64 * kKiB, .continues = before});
    EXPECT_THAT(end.cause, HasSubstr("1048576 bytes read back as something else"));
}

TEST_F(Run, ADriveThatVanishesIsGone) {
    start({.faults = {{.fault = Fault::error, .where = {kMiB, 512}, .error = ENODEV}}});
    go();
    EXPECT_EQ(line(1).outcome.end, StepEnd::device_gone);
}

TEST_F(Run, AFlushThatFailsIsNoPass) {
    start({.faults = {{.fault = Fault::flush_error}}});
    const RunEnd end = go();
    EXPECT_THAT(end.cause, HasSubstr("flush"));
    ASSERT_EQ(script_->lines.size(), 2U);
    EXPECT_FALSE(line(1).outcome.flushed);
    EXPECT_EQ(line(1).outcome.end, StepEnd::io_error);
}

TEST_F(Run, UnreadableBytesAreReportedAsSuch) {
    start({.faults = {{.fault = Fault::error, .on = IoKind::read, .where = {2 * kMiB, 1}}}});
    go();
    ASSERT_EQ(script_->lines.size(), 4U);
    EXPECT_EQ(line(3).outcome.unreadable.ranges(), (std::vector<Range>{{2 * kMiB, 512}}));
    EXPECT_TRUE(line(3).outcome.failed.empty());
    EXPECT_EQ(line(3).outcome.end, StepEnd::partial);
    EXPECT_EQ(line(3).outcome.covered.total(), drive().options().size - 512);
}

TEST_F(Run, AWriteThatTheDriveOnlyPretendedIsFound) {
    start({.faults = {{.fault = Fault::dropped_write, .where = {kMiB, 1}}}});
    EXPECT_THAT(go().cause, HasSubstr("65536 bytes read back as something else"));
    EXPECT_EQ(line(3).outcome.mismatched.ranges(), (std::vector<Range>{{kMiB, 64 * kKiB}}));
    EXPECT_EQ(line(3).outcome.end, StepEnd::mismatch);
}

TEST_F(Run, AnotherMediumAfterTheThirdWriteIsNotConfirmed) {
    start({.faults = {{.fault = Fault::identity_change, .from = 3}}});
    const RunEnd end = go();
    EXPECT_FALSE(end.identity_confirmed);
    EXPECT_THAT(end.cause, HasSubstr("medium changed"));
}

}  // namespace
}  // namespace quietus::engine
