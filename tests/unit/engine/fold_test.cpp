#include <csignal>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "engine/events.h"
#include "support/record_builder.h"

namespace quietus::engine {
namespace {

using test::a_perfect_outcome;
using test::a_plan;
using testing::HasSubstr;

EraseRecord a_start(Plan plan = a_plan()) {
    EraseRecord start;
    start.id = "0190aaaa-0000-7000-8000-000000000001";
    start.plan = std::move(plan);
    start.consent.confirmations = {"SERIAL-sda"};
    start.consent_means = ConsentMeans::confirm_flag;
    start.accepted = {{.rule = "removable",
                       .severity = Severity::needs_consent,
                       .status = ExitStatus::refused,
                       .what = "is removable",
                       .remedy = "look"}};
    start.started = UtcTime{1'790'000'000'000};
    start.host.hostname = "host";
    start.host.missing = {{"dmi_serial", "none"}};
    start.tool.version = "1";
    start.operated_by.login_uid = "1000";
    start.order.ticket = "T-1";
    return start;
}

// What an announced step looks like before it has done anything.
StepOutcome begun(const Plan& plan, int index) {
    StepOutcome outcome = a_perfect_outcome(plan, index);
    outcome.ended.reset();
    outcome.bytes_done = outcome.elapsed_ms = 0;
    outcome.flushed = false;
    outcome.covered = {};
    outcome.end = StepEnd::not_ended;
    outcome.engine.clear();
    return outcome;
}

Closing closed_well() {
    return {.ended = UtcTime{1'790'000'009'000},
            .identity_confirmed = true,
            .cause = {},
            .signal = {},
            .worker_lost = false,
            .hung = false};
}
Closing closed_lost(bool hung = false) {
    return {.ended = UtcTime{1'790'000'009'000},
            .identity_confirmed = false,
            .cause = "the worker process ended unexpectedly",
            .signal = {},
            .worker_lost = true,
            .hung = hung};
}

std::vector<Json> a_whole_run(const Plan& plan = a_plan()) {
    std::vector<Json> events{open_event(a_start(plan))};
    for (int i = 0; i < static_cast<int>(plan.steps.size()); ++i) {
        events.push_back(begin_event(begun(plan, i)));
        events.push_back(progress_event(i, {}, false));
        events.push_back(end_event(a_perfect_outcome(plan, i)));
    }
    events.push_back(close_event(closed_well()));
    return events;
}

std::string text_of_lines(const std::vector<Json>& events) {
    std::string text;
    for (const Json& event : events) text += canonical_json(event) + "\n";
    return text;
}

Result<EraseRecord> folded(const std::vector<Json>& events) {
    return fold(events, text_of_lines(events));
}

void expect_refused(const std::vector<Json>& events, const std::string& why) {
    const auto record = folded(events);
    ASSERT_FALSE(record.has_value()) << why;
    EXPECT_EQ(record.error().code, ErrorCode::bad_evidence);
    EXPECT_THAT(record.error().message, HasSubstr(why));
}

TEST(Fold, AWholeRunIsErasedAndHoldsEverythingThatWasSaidAtItsBeginning) {
    const auto record = folded(a_whole_run());
    ASSERT_TRUE(record.has_value()) << record.error().message;
    EXPECT_EQ(record->verdict, Verdict::erased) << record->cause;
    EXPECT_EQ(record->media_state, MediaState::complete);
    const EraseRecord start = a_start();
    EXPECT_EQ(record->plan, start.plan);
    EXPECT_EQ(record->consent, start.consent);
    EXPECT_EQ(record->consent_means, start.consent_means);
    EXPECT_EQ(record->accepted, start.accepted);
    EXPECT_EQ(record->started, start.started);
    EXPECT_EQ(record->ended, closed_well().ended);
    EXPECT_EQ(record->host, start.host);
    EXPECT_EQ(record->tool, start.tool);
    EXPECT_EQ(record->operated_by, start.operated_by);
    EXPECT_EQ(record->order, start.order);
    ASSERT_EQ(record->steps.size(), 2U);
    EXPECT_EQ(record->steps[0], a_perfect_outcome(a_plan(), 0));
    EXPECT_EQ(record->steps[1], a_perfect_outcome(a_plan(), 1));
    EXPECT_EQ(record->verification.outcome, VerificationOutcome::pass);
    EXPECT_EQ(record->verification.covered_bytes, test::kRecordDriveSize);
    EXPECT_EQ(record->verification.total_bytes, test::kRecordDriveSize);
    EXPECT_EQ(record->verification.expected, "keystream");
    EXPECT_TRUE(record->unwritten.empty());
}

TEST(Fold, AJournalBrokenOffAnywhereIsNotErased) {
    const std::vector<Json> whole = a_whole_run();
    for (std::size_t count = 1; count < whole.size(); ++count) {
        const std::vector<Json> part{whole.begin(),
                                     whole.begin() + static_cast<std::ptrdiff_t>(count)};
        const auto record = folded(part);
        ASSERT_TRUE(record.has_value()) << record.error().message;
        EXPECT_NE(record->verdict, Verdict::erased) << count;
        EXPECT_EQ(record->any_write_issued, count > 1);
        EXPECT_EQ(record->media_state == MediaState::untouched, count == 1);
    }
}

TEST(Fold, AWorkerLostAnywhereIsNotErased) {
    const std::vector<Json> whole = a_whole_run();
    for (const bool hung : {false, true}) {
        for (std::size_t count = 1; count < whole.size(); ++count) {
            std::vector<Json> part{whole.begin(),
                                   whole.begin() + static_cast<std::ptrdiff_t>(count)};
            part.push_back(close_event(closed_lost(hung)));
            const auto record = folded(part);
            ASSERT_TRUE(record.has_value()) << record.error().message;
            EXPECT_NE(record->verdict, Verdict::erased) << count;
            const bool in_a_step = !record->steps.empty() && !record->steps.back().ended;
            if (hung && in_a_step) {
                EXPECT_EQ(record->steps.back().end, StepEnd::hung);
                EXPECT_EQ(record->verdict, Verdict::unknown);
            }
        }
    }
}

TEST(Fold, AFullRunWhoseWorkerVanishedBeforeConfirmingTheIdentityIsUnknown) {
    std::vector<Json> events = a_whole_run();
    events.back() = close_event(closed_lost());
    const auto record = folded(events);
    ASSERT_TRUE(record.has_value());
    EXPECT_EQ(record->verdict, Verdict::unknown);
    EXPECT_EQ(record->cause, "the worker process ended unexpectedly");
}

TEST(Fold, TheDigestBindsEveryByteUpToAndWithTheClosingLine) {
    std::vector<Json> events = a_whole_run();
    const std::string up_to_close = text_of_lines(events);
    const std::uint64_t entries = events.size();
    EXPECT_EQ(folded(events)->journal_digest, sha256_hex(up_to_close));
    // What is noted after the end is not part of the record.
    events.push_back(evidence_event({.folder = "/x",
                                     .record_sha256 = "a",
                                     .signature_sha256 = "b",
                                     .register_id = "c",
                                     .receipt_sha256 = "d"}));
    const auto record = folded(events);
    ASSERT_TRUE(record.has_value());
    EXPECT_EQ(record->journal_digest, sha256_hex(up_to_close));
    EXPECT_EQ(record->journal_entries, entries);
    EXPECT_EQ(record->verdict, Verdict::erased);
    EXPECT_TRUE(evidence_is_done(events));
    EXPECT_TRUE(is_closed(events));
    events.resize(entries - 1);
    EXPECT_FALSE(evidence_is_done(events));
    EXPECT_FALSE(is_closed(events));
    EXPECT_EQ(folded(events)->journal_digest, sha256_hex(text_of_lines(events)));
}

TEST(Fold, WhatASignalEndedSaysWhich) {
    Closing closing = closed_well();
    closing.signal = SIGTERM;
    closing.cause = "interrupted";
    StepOutcome ended = a_perfect_outcome(a_plan(), 0);
    ended.end = StepEnd::interrupted;
    ended.covered.subtract({kMiB, 7 * kMiB});
    ended.bytes_done = kMiB;
    const auto record = folded({open_event(a_start()), begin_event(begun(a_plan(), 0)),
                                end_event(ended), close_event(closing)});
    ASSERT_TRUE(record.has_value()) << record.error().message;
    EXPECT_EQ(record->signal, SIGTERM);
    EXPECT_EQ(record->verdict, Verdict::not_erased);
    EXPECT_EQ(record->unwritten.total(), 7 * kMiB);
}

TEST(Fold, EndingBeforeTheFirstStepIsUntouched) {
    Closing closing = closed_well();
    closing.cause = "interrupted";
    const auto record = folded({open_event(a_start()), close_event(closing)});
    ASSERT_TRUE(record.has_value());
    EXPECT_FALSE(record->any_write_issued);
    EXPECT_EQ(record->media_state, MediaState::untouched);
    EXPECT_EQ(record->cause, "interrupted");
    EXPECT_EQ(record->unwritten.total(), test::kRecordDriveSize);
}

TEST(Fold, StepsOutOfOrderAreRefused) {
    const Plan plan = a_plan();
    const Json open = open_event(a_start());
    expect_refused({open, begin_event(begun(plan, 1))}, "out of order");
    expect_refused({open, begin_event(begun(plan, 0)), begin_event(begun(plan, 0))},
                   "out of order");
    expect_refused({open, end_event(a_perfect_outcome(plan, 0))}, "did not begin");
    expect_refused({open, begin_event(begun(plan, 0)), end_event(a_perfect_outcome(plan, 1))},
                   "did not begin");
    expect_refused({open, begin_event(begun(plan, 0)), end_event(a_perfect_outcome(plan, 0)),
                    end_event(a_perfect_outcome(plan, 0))},
                   "did not begin");
}

TEST(Fold, AStepThatBeginsBeforeTheOneBeforeHasEndedIsRefused) {
    const Plan plan = a_plan();
    expect_refused(
        {open_event(a_start()), begin_event(begun(plan, 0)), begin_event(begun(plan, 1))},
        "has not ended");
}

TEST(Fold, AnEndWithAnotherKeyOrSeedThanTheBeginningIsRefused) {
    const Plan plan = a_plan();
    StepOutcome other = a_perfect_outcome(plan, 0);
    other.keystream = test::a_keystream(77);
    expect_refused({open_event(a_start()), begin_event(begun(plan, 0)), end_event(other)},
                   "another key");
    other.keystream.reset();
    expect_refused({open_event(a_start()), begin_event(begun(plan, 0)), end_event(other)},
                   "another key");
    StepOutcome sampled = a_perfect_outcome(plan, 1);
    sampled.sample_seed = Bytes(32, std::byte{1});
    expect_refused(
        {open_event(a_start()), begin_event(begun(plan, 0)), end_event(a_perfect_outcome(plan, 0)),
         begin_event(begun(plan, 1)), end_event(sampled)},
        "another key");
}

TEST(Fold, AStepThePlanDoesNotHaveIsRefused) {
    StepOutcome beyond = begun(a_plan(), 1);
    beyond.index = 2;
    expect_refused({open_event(a_start()), begin_event(beyond)}, "the plan does not have");
}

TEST(Fold, WhatDoesNotBeginWithOpenOrOpensTwiceIsRefused) {
    expect_refused({}, "empty");
    expect_refused({close_event(closed_well())}, "does not begin with");
    expect_refused({open_event(a_start()), open_event(a_start())}, "does not begin with");
    expect_refused({open_event(a_start()), Json{{"event", "wipe"}}}, "unknown event 'wipe'");
    expect_refused({open_event(a_start()), Json{{"event", 5}}}, "unknown event");
    Json other = open_event(a_start());
    other["version"] = 2;
    expect_refused({other}, "another version");
}

TEST(Fold, AnEventWithoutAnyOneMemberIsRefusedOrNotErased) {
    const std::vector<Json> whole = a_whole_run();
    for (std::size_t i = 0; i < whole.size(); ++i) {
        if (whole[i]["event"] == "progress") continue;
        for (const auto& [key, value] : whole[i].items()) {
            if (key == "worker_lost") continue;  // for people; the steps tell
            std::vector<Json> events = whole;
            events[i].erase(key);
            EXPECT_FALSE(folded(events).has_value()) << i << " " << key;
        }
    }
}

TEST(Fold, FewerLinesThanEntriesIsRefused) {
    const std::vector<Json> events = a_whole_run();
    const std::string text = text_of_lines(events);
    EXPECT_FALSE(fold(events, text.substr(0, text.size() - 1)).has_value());
}

TEST(Fold, AReadBackByEachEndHasItsVerificationOutcome) {
    struct Row {
        StepEnd end;
        bool mismatch;
        VerificationOutcome outcome;
    };
    for (const Row& row : {Row{StepEnd::completed, false, VerificationOutcome::pass},
                           Row{StepEnd::mismatch, true, VerificationOutcome::fail},
                           Row{StepEnd::interrupted, false, VerificationOutcome::unknown},
                           Row{StepEnd::interrupted, true, VerificationOutcome::fail},
                           Row{StepEnd::hung, false, VerificationOutcome::unknown},
                           Row{StepEnd::not_ended, false, VerificationOutcome::unknown}}) {
        StepOutcome read = a_perfect_outcome(a_plan(), 1);
        read.end = row.end;
        if (row.mismatch) read.mismatched.add({0, 512});
        std::vector<Json> events = a_whole_run();
        events[events.size() - 2] = end_event(read);
        const auto record = folded(events);
        ASSERT_TRUE(record.has_value());
        EXPECT_EQ(record->verification.outcome, row.outcome);
        EXPECT_EQ(record->verdict == Verdict::erased, row.outcome == VerificationOutcome::pass);
    }
}

TEST(Fold, WithoutAReadBackThereIsNoVerification) {
    const Plan plan = a_plan({OverwritePass{1, 1, KeystreamPattern{}}});
    const auto record = folded(a_whole_run(plan));
    ASSERT_TRUE(record.has_value()) << record.error().message;
    EXPECT_EQ(record->verification.outcome, VerificationOutcome::none);
    EXPECT_EQ(record->verification.mode, VerifyMode::none);
    EXPECT_EQ(record->verdict, Verdict::exceptions);
}

Plan a_plan_of_two() {
    return a_plan({OverwritePass{1, 2, KeystreamPattern{}}, ReadBack{VerifyMode::full, 1},
                   OverwritePass{2, 2, DrawnBytePattern{1, false}}, ReadBack{VerifyMode::full, 2},
                   OverwritePass{1, 1, ConstantPattern{Bytes(1)}, PassRole::blank}});
}

TEST(Fold, TheVerificationIsThatOfTheTechniquesLastPass) {
    const auto record = folded(a_whole_run(a_plan_of_two()));
    ASSERT_TRUE(record.has_value()) << record.error().message;
    EXPECT_EQ(record->verdict, Verdict::erased) << record->cause;
    EXPECT_EQ(record->verification.expected, "pattern:31 (pass 2 of 2)");
    EXPECT_EQ(record->verification.outcome, VerificationOutcome::pass);
    EXPECT_TRUE(record->unwritten.empty());
    EXPECT_EQ(record->steps.at(2).drawn_byte, std::byte{0x31});
}

TEST(Fold, AReadBackBetweenPassesIsNoVerificationOfTheWhole) {
    std::vector<Json> events = a_whole_run(a_plan_of_two());
    // Ends while pass 2 is written: open, two whole steps of three events, begin.
    const Json close = events.back();
    events.resize(8);
    events.push_back(close);
    const auto record = folded(events);
    ASSERT_TRUE(record.has_value()) << record.error().message;
    EXPECT_EQ(record->verification.outcome, VerificationOutcome::none);
    EXPECT_EQ(record->verification.covered_bytes, 0U);
    EXPECT_EQ(record->verdict, Verdict::not_erased);
}

TEST(Fold, AFaultFoundBetweenPassesIsTold) {
    const Plan plan = a_plan_of_two();
    StepOutcome read = a_perfect_outcome(plan, 1);
    read.end = StepEnd::mismatch;
    read.mismatched.add({512, 512});
    std::vector<Json> events = a_whole_run(plan);
    const Json close = events.back();
    events.resize(6);
    events.push_back(end_event(read));
    events.push_back(close);
    const auto record = folded(events);
    ASSERT_TRUE(record.has_value()) << record.error().message;
    EXPECT_EQ(record->verification.outcome, VerificationOutcome::fail);
    EXPECT_EQ(record->verification.mismatched.total(), 512U);
    EXPECT_EQ(record->verification.expected, "keystream (pass 1 of 2)");
    EXPECT_EQ(record->verdict, Verdict::not_erased);
    EXPECT_THAT(record->cause, testing::HasSubstr("of pass 1"));
}

TEST(Fold, ADrawnByteThatChangesBetweenBeginAndEndIsNotBelieved) {
    const Plan plan = a_plan_of_two();
    std::vector<Json> events = a_whole_run(plan);
    for (Json& event : events) {
        if (event["event"] == "end" && event["outcome"].contains("drawn_byte"))
            event["outcome"]["drawn_byte"] = "32";
    }
    EXPECT_EQ(folded(events).error().code, ErrorCode::bad_evidence);
}

TEST(Fold, ATailThatCannotBeAddressedIsAnException) {
    Plan plan = a_plan({OverwritePass{1, 1, KeystreamPattern{}}, ReadBack{VerifyMode::full}},
                       test::kRecordDriveSize + 100);
    const auto record = folded(a_whole_run(plan));
    ASSERT_TRUE(record.has_value()) << record.error().message;
    EXPECT_EQ(record->unaddressable_bytes, 100U);
    EXPECT_EQ(record->verdict, Verdict::exceptions);
}

}  // namespace
}  // namespace quietus::engine
