// What a run writes, reads and reports, on a drive that does as it is told.

#include <algorithm>
#include <set>

#include <gmock/gmock.h>

#include "engine/sample.h"
#include "run_fixture.h"

namespace quietus::engine {
namespace {

using test::Did;
using test::Fault;
using test::FaultRule;
using testing::HasSubstr;

TEST_F(Run, WritesEveryByteOnceWithTheKeystreamThatWasAnnouncedAndReadsItAllBack) {
    start({.size = 3 * kMiB + 512});
    const RunEnd end = go();
    EXPECT_EQ(end.cause, "");
    EXPECT_TRUE(end.identity_confirmed);
    ASSERT_EQ(script_->lines.size(), 4U);
    const std::uint64_t size = drive().options().size;
    EXPECT_EQ(drive().written().ranges(), (std::vector<Range>{{0, size}}));
    EXPECT_EQ(content(), keystream_bytes(*line(0).outcome.keystream, size));
    EXPECT_EQ(line(1).outcome.keystream, line(0).outcome.keystream);
    EXPECT_EQ(line(1).outcome.end, StepEnd::completed);
    EXPECT_TRUE(line(1).outcome.flushed);
    EXPECT_EQ(line(1).outcome.bytes_done, size);
    EXPECT_EQ(line(1).outcome.engine, "memory");
    EXPECT_EQ(line(3).outcome.end, StepEnd::completed);
    EXPECT_EQ(line(3).outcome.covered.total(), size);
    EXPECT_FALSE(script_->progressed.empty());
}

TEST_F(Run, AnnouncesBeforeItActsAndFlushesBeforeItSaysDone) {
    start({});
    const std::size_t before = drive().diary().size();
    go();
    EXPECT_EQ(line(0).deeds, before) << "nothing was done before the step was in the journal";
    const auto pass = deeds(line(0).deeds, line(1).deeds);
    EXPECT_EQ(pass.back().what, Did::flush);
    EXPECT_EQ(count(pass, Did::flush), 1 + script_->checkpoints.size());
    EXPECT_EQ(count(deeds(line(1).deeds, drive().diary().size()), Did::write), 0U);
    const auto read = deeds(line(2).deeds, line(3).deeds);
    EXPECT_EQ(read.front().what, Did::drop_cache);
}

TEST_F(Run, AsksWhoTheDriveIsAfterTheLastStepAndHasItsPartitionsReadAgain) {
    start({.partitions = {{kMiB, kMiB}}});
    go();
    const auto after = deeds(line(3).deeds, drive().diary().size());
    EXPECT_EQ(count(after, Did::facts), 1U);
    EXPECT_EQ(count(after, Did::reread_partitions), 1U);
    drive_.reset();
    EXPECT_EQ(drive().count(Did::restore_partition), 0U);
    EXPECT_FALSE(drive().has_partition(0));
}

TEST_F(Run, EachPassHasAKeyOfItsOwnAndAFlushOfItsOwn) {
    start({}, {OverwritePass{1, 3, KeystreamPattern{}}, OverwritePass{2, 3, KeystreamPattern{}},
               OverwritePass{3, 3, KeystreamPattern{}}, ReadBack{VerifyMode::full}});
    EXPECT_EQ(go().cause, "");
    ASSERT_EQ(script_->lines.size(), 8U);
    const Keystream first = *line(0).outcome.keystream;
    const Keystream second = *line(2).outcome.keystream;
    const Keystream third = *line(4).outcome.keystream;
    EXPECT_NE(first.key, second.key);
    EXPECT_NE(second.key, third.key);
    EXPECT_NE(first.key, third.key);
    for (const std::size_t pass : {0U, 2U, 4U}) {
        const auto done = deeds(line(pass).deeds, line(pass + 1).deeds);
        EXPECT_EQ(done.back().what, Did::flush) << pass;
        EXPECT_GT(count(done, Did::write), 0U);
    }
    EXPECT_EQ(content(), keystream_bytes(third, drive().options().size));
}

TEST_F(Run, DrawsTheSampleAfterTheFlushAndReadsExactlyThat) {
    start({.size = 16 * kMiB},
          {OverwritePass{1, 1, KeystreamPattern{}}, ReadBack{VerifyMode::sample}});
    EXPECT_EQ(go().cause, "");
    const StepOutcome& begun = line(2).outcome;
    ASSERT_TRUE(begun.sample_seed.has_value());
    EXPECT_FALSE(line(0).outcome.sample_seed.has_value())
        << "no drive could know what will be read";
    EXPECT_EQ(line(3).outcome.sample_seed, begun.sample_seed);
    RangeSet expected;
    for (const Range& range : sample_ranges(*begun.sample_seed, 16 * kMiB, 512))
        expected.add(range);
    RangeSet read;
    for (const auto& deed : deeds(line(2).deeds, line(3).deeds)) {
        if (deed.what == Did::read) read.add({deed.offset, deed.length});
    }
    EXPECT_EQ(read, expected);
    EXPECT_EQ(line(3).outcome.covered, expected);
    EXPECT_EQ(begun.bytes_promised, expected.total());
    EXPECT_EQ(begun.sample_subsections, 1000U);
}

TEST_F(Run, TwoRunsDrawTwoSamples) {
    std::vector<Bytes> seeds;
    for (int i = 0; i < 2; ++i) {
        drive_.reset();
        start({.size = 16 * kMiB},
              {OverwritePass{1, 1, ConstantPattern{{std::byte{0}}}}, ReadBack{VerifyMode::sample}});
        go();
        seeds.push_back(*line(2).outcome.sample_seed);
    }
    EXPECT_NE(seeds[0], seeds[1]);
}

TEST_F(Run, AConstantPatternIsWrittenWithoutAKey) {
    start({}, {OverwritePass{1, 1,
                             ConstantPattern{{std::byte{0xAB}, std::byte{0xCD}, std::byte{0xEF}}}},
               ReadBack{VerifyMode::full}});
    EXPECT_EQ(go().cause, "");
    EXPECT_FALSE(line(0).outcome.keystream.has_value());
    const auto bytes = drive().content();
    for (std::size_t i = 0; i < bytes.size(); i += 1021)
        ASSERT_EQ(bytes[i],
                  std::vector({std::byte{0xAB}, std::byte{0xCD}, std::byte{0xEF}})[i % 3]);
}

TEST_F(Run, ADrawnByteIsInTheJournalBeforeItIsWrittenAndItsComplementAfterIt) {
    start({}, {OverwritePass{1, 4, DrawnBytePattern{1, false}},
               OverwritePass{2, 4, DrawnBytePattern{1, true}},
               OverwritePass{3, 4, DrawnBytePattern{2, false}},
               OverwritePass{4, 4, DrawnBytePattern{2, true}}, ReadBack{VerifyMode::full, 4}});
    EXPECT_EQ(go().cause, "");
    ASSERT_EQ(script_->lines.size(), 10U);
    const std::byte first = line(0).outcome.drawn_byte.value();
    EXPECT_EQ(line(1).outcome.drawn_byte, first);
    EXPECT_EQ(line(2).outcome.drawn_byte, ~first);
    EXPECT_EQ(line(6).outcome.drawn_byte, ~line(4).outcome.drawn_byte.value());
    EXPECT_FALSE(line(8).outcome.drawn_byte.has_value()) << "a read-back draws nothing";
    const std::byte last = *line(6).outcome.drawn_byte;
    const auto bytes = drive().content();
    EXPECT_TRUE(std::all_of(bytes.begin(), bytes.end(), [&](std::byte b) { return b == last; }));
    EXPECT_EQ(line(9).outcome.end, StepEnd::completed);
}

TEST_F(Run, DrawsDiffer) {
    std::set<std::byte> seen;
    for (int i = 0; i < 16; ++i) {
        drive_.reset();
        start({.size = kMiB}, {OverwritePass{1, 1, DrawnBytePattern{1, false}}});
        go();
        seen.insert(*line(0).outcome.drawn_byte);
    }
    EXPECT_GT(seen.size(), 1U) << "16 equal draws happen once in 2^120 tries";
}

// 4 MiB in requests of 64 KiB are 64 writes a pass.
constexpr std::uint64_t kWritesOfAPass = 64;
FaultRule drops_in_pass(std::uint64_t pass) {
    return {.fault = Fault::dropped_write, .from = (pass - 1) * kWritesOfAPass + 5, .times = 1};
}

TEST_F(Run, AReadBackBetweenPassesStopsTheRunBeforeTheNextPass) {
    start({.faults = {drops_in_pass(1)}},
          {OverwritePass{1, 2, KeystreamPattern{}}, ReadBack{VerifyMode::full, 1},
           OverwritePass{2, 2, ConstantPattern{{std::byte{0xFF}}}}, ReadBack{VerifyMode::full, 2}});
    const RunEnd end = go();
    EXPECT_THAT(end.cause, HasSubstr("of pass 1: 65536 bytes read back as something else"));
    ASSERT_EQ(script_->lines.size(), 4U) << "pass 2 was not begun";
    EXPECT_EQ(line(3).outcome.end, StepEnd::mismatch);
    EXPECT_EQ(drive().count(Did::write), kWritesOfAPass - 1) << "the dropped one was not done";
}

TEST_F(Run, WritesDroppedInTheSecondPassAloneAreFoundWhereThatPassIsReadBack) {
    std::vector<Step> steps{
        OverwritePass{1, 3, ConstantPattern{Bytes(1)}},          ReadBack{VerifyMode::full, 1},
        OverwritePass{2, 3, ConstantPattern{{std::byte{0xFF}}}}, ReadBack{VerifyMode::full, 2},
        OverwritePass{3, 3, DrawnBytePattern{1, false}},         ReadBack{VerifyMode::full, 3}};
    start({.faults = {drops_in_pass(2)}}, steps);
    EXPECT_THAT(go().cause, HasSubstr("of pass 2"));
    EXPECT_EQ(line(script_->lines.size() - 1).outcome.end, StepEnd::mismatch);
    // Without that read-back the third pass covers it up: why --verify-each exists.
    drive_.reset();
    start({.faults = {drops_in_pass(2)}}, {steps[0], steps[2], steps[4], steps[5]});
    EXPECT_EQ(go().cause, "");
}

TEST_F(Run, ABlockThatStandsForManyIsFoundByTheProofPassAndNotByZeros) {
    // A drive that keeps nothing of the second half: it answers reads there with what a write to
    // the first half would have left. Constant bytes look right on it.
    const Range second{2 * kMiB, 2 * kMiB};
    const FaultRule drops{.fault = Fault::dropped_write, .where = second};
    const std::vector<Step> zeros{OverwritePass{1, 1, ConstantPattern{Bytes(1)}},
                                  ReadBack{VerifyMode::full, 1}};
    start({.faults = {drops}}, zeros);
    std::fill(drive().content().begin(), drive().content().end(), std::byte{0});
    EXPECT_EQ(go().cause, "") << "the lie works on zeros";
    drive_.reset();
    start({.faults = {drops}},
          {OverwritePass{1, 1, KeystreamPattern{}, PassRole::prove},
           ReadBack{VerifyMode::full, 1, PassRole::prove}, zeros[0], zeros[1]});
    std::fill(drive().content().begin(), drive().content().end(), std::byte{0});
    EXPECT_THAT(go().cause, HasSubstr("of the proof pass: 2097152 bytes"));
    EXPECT_EQ(script_->lines.size(), 4U);
}

TEST_F(Run, TheBlankPassComesLastAndIsReportedAsAStepOfItsOwn) {
    start({}, {OverwritePass{1, 1, KeystreamPattern{}}, ReadBack{VerifyMode::full, 1},
               OverwritePass{1, 1, ConstantPattern{Bytes(1)}, PassRole::blank}});
    EXPECT_EQ(go().cause, "");
    ASSERT_EQ(script_->lines.size(), 6U);
    EXPECT_TRUE(line(5).outcome.flushed);
    const auto bytes = drive().content();
    EXPECT_TRUE(
        std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte{0}; }));
}

TEST_F(Run, WithoutAWordInTheJournalNothingIsWritten) {
    start({.partitions = {{kMiB, kMiB}}});
    script_->refuse_begin = 0;
    const RunEnd end = go();
    EXPECT_EQ(end.cause, "the journal is full");
    EXPECT_TRUE(drive().untouched());
    drive_.reset();
    EXPECT_TRUE(drive().has_partition(0)) << "untouched, so its partitions are put back";
}

TEST_F(Run, AnEndThatCannotBeJournalledEndsTheRun) {
    start({});
    script_->refuse_end = 0;
    EXPECT_EQ(go().cause, "the journal is full");
    EXPECT_EQ(script_->lines.size(), 2U);
    EXPECT_EQ(drive().count(Did::read), 0U);
}

TEST_F(Run, StopsWithinTheRequestsInFlightOnceItIsTold) {
    start({.size = 16 * kMiB});
    std::size_t written_when_told = 0;
    script_->stop = [&] {
        if (drive().count(Did::write) >= 20 && written_when_told == 0)
            written_when_told = drive().count(Did::write);
        return written_when_told != 0;
    };
    const RunEnd end = go();
    EXPECT_THAT(end.cause, HasSubstr("interrupted"));
    EXPECT_LE(drive().count(Did::write), written_when_told + 4);
    ASSERT_EQ(script_->lines.size(), 2U) << "the read-back was not begun";
    EXPECT_EQ(line(1).outcome.end, StepEnd::interrupted);
    EXPECT_EQ(line(1).outcome.covered, drive().written());
    EXPECT_TRUE(line(1).outcome.flushed);
}

TEST_F(Run, APartOfASectorAtTheEndIsLeftAlone) {
    start({.size = 4 * kMiB + 512, .logical_sector = 4096, .physical_sector = 4096});
    const std::byte tail = drive().content()[4 * kMiB];
    EXPECT_EQ(go().cause, "");
    EXPECT_EQ(drive().written().ranges(), (std::vector<Range>{{0, 4 * kMiB}}));
    EXPECT_EQ(drive().content()[4 * kMiB], tail);
    EXPECT_EQ(line(0).outcome.bytes_promised, 4 * kMiB);
}

TEST_F(Run, TheQueueOfADriveStaysBelow32MiB) {
    start({});
    run(*drive_, *script_, HandClock{});
    std::uint64_t queues = 0;
    for (const auto& deed : drive().diary()) {
        if (deed.what != Did::make_queue) continue;
        ++queues;
        EXPECT_LE(deed.offset * deed.length, 32 * kMiB);
    }
    EXPECT_EQ(queues, 2U);
}

TEST_F(Run, AtAPaceItWritesAndReadsTheSameInSmallerRequestsAndWaitsInBetween) {
    start({.size = kMiB});
    Script& script = *script_;
    class PausedClock final : public Clock {
      public:
        explicit PausedClock(const Script& script) : script_{script} {}
        UtcTime now() const override { return UtcTime{1'790'000'000'000}; }
        std::chrono::nanoseconds monotonic() const override {
            std::chrono::nanoseconds time{0};
            for (const auto& pause : script_.paused) time += pause;
            return time;
        }

      private:
        const Script& script_;
    };
    const RunEnd end =
        run(*drive_, script, PausedClock{script},
            {.depth = 4, .request_size = 64 * kKiB, .limits = {.max_rate = 128 * kKiB}});
    EXPECT_EQ(end.cause, "");
    EXPECT_EQ(drive().written().total(), kMiB);
    for (const test::Deed& deed : drive().diary()) {
        if (deed.what != Did::write && deed.what != Did::read) continue;
        EXPECT_LE(deed.length, 16 * kKiB);
    }
    std::chrono::milliseconds waited{0};
    for (const auto& pause : script.paused) waited += pause;
    EXPECT_NEAR(static_cast<double>(waited.count()), 16'000, 500) << "8 s to write, 8 s to read";
}

TEST_F(Run, AStepThatWasStoppedSaysWhy) {
    start({.size = kMiB});
    script_->stop = [] { return true; };
    script_->why = "interrupted: the deadline has passed";
    EXPECT_THAT(go().cause, HasSubstr("the deadline has passed"));
    EXPECT_EQ(line(1).outcome.end, StepEnd::interrupted);
    EXPECT_EQ(line(1).outcome.cause, script_->why);
}

}  // namespace
}  // namespace quietus::engine
