#include "engine/continuation.h"

#include <gtest/gtest.h>

#include "engine/events.h"
#include "support/record_builder.h"

namespace quietus::engine {
namespace {

using test::a_perfect_outcome;
using test::a_plan;

// Every step has ended, and then the machine was gone.
Continuation after_all_steps(const Plan& plan) {
    EraseRecord start;
    start.id = "run";
    start.plan = plan;
    start.started = UtcTime{1'790'000'000'000};
    std::vector<Json> entries{open_event(start)};
    for (int i = 0; i < static_cast<int>(plan.steps.size()); ++i) {
        entries.push_back(begin_event(a_perfect_outcome(plan, i)));
        entries.push_back(end_event(a_perfect_outcome(plan, i)));
    }
    std::string text;
    for (const Json& entry : entries) text += canonical_json(entry) + "\n";
    const auto unfinished = unfinished_run(entries, text);
    EXPECT_TRUE(unfinished.has_value());
    return unfinished ? unfinished->continuation : Continuation{};
}

const OverwritePass kPass{1, 1, KeystreamPattern{}};
const ReadBack kReadBack{VerifyMode::full, 1};
const OverwritePass kBlank{1, 1, ConstantPattern{Bytes(1)}, PassRole::blank};

TEST(Continuation, DoesTheLastReadBackAgainWhereTheRunDidNotSayThatItEnded) {
    EXPECT_EQ(after_all_steps(a_plan({kPass, kReadBack})).done.size(), 1U);
    const ReadBack of_blank{VerifyMode::full, 1, PassRole::blank};
    EXPECT_EQ(after_all_steps(a_plan({kPass, kReadBack, kBlank, of_blank})).done.size(), 3U);
}

// What it would read is gone: it would find zeros, and call the drive not erased.
TEST(Continuation, DoesNotReadBackAPassThatTheBlankPassHasCovered) {
    const Continuation next = after_all_steps(a_plan({kPass, kReadBack, kBlank}));
    EXPECT_EQ(next.done.size(), 2U) << "the blank pass alone is done again";
    EXPECT_FALSE(next.unfinished.has_value());
}

TEST(Continuation, DoesNothingAgainOfARunWithoutAReadBack) {
    EXPECT_EQ(after_all_steps(a_plan({kPass})).done.size(), 1U);
}

}  // namespace
}  // namespace quietus::engine
