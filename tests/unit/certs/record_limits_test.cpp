// The record names what the read-back of its technique cannot show: the same faults that the table
// of docs/undetectable.md is made of (support/fault.h), and no others.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "certs/record_parts.h"
#include "support/fault.h"
#include "support/record_builder.h"

namespace quietus::certs {
namespace {

using test::DetectableBy;
using test::Fault;
using ::testing::HasSubstr;
using ::testing::Not;

// How the record speaks of a drive with that fault; empty where it need not.
std::string words_for(Fault fault) {
    switch (fault) {
        case Fault::silent_zeros:
            return "keeps or returns zeros instead of what is written";
        case Fault::aliased:
            return "answers for one address with the block of another";
        case Fault::error:
        case Fault::short_transfer:
        case Fault::dropped_write:
        case Fault::torn_write:
        case Fault::stale_read:
        case Fault::flipped_bit:
        case Fault::shrunken_size:
        case Fault::latency:
        case Fault::never_completes:
        case Fault::flush_error:
        case Fault::identity_change:
        case Fault::exclusive_held:
        case Fault::lock_held:
        case Fault::partition_busy:
        case Fault::kill_worker:
            return {};
    }
    return {};
}

std::string limits_with(const Pattern& last, bool prove = false) {
    std::vector<Step> steps;
    if (prove)
        steps = {OverwritePass{1, 1, KeystreamPattern{}, PassRole::prove},
                 ReadBack{VerifyMode::full, 1, PassRole::prove}};
    steps.insert(steps.end(), {OverwritePass{1, 1, last}, ReadBack{VerifyMode::full}});
    EraseRecord record = test::a_perfect_record(test::a_plan(std::move(steps)));
    record.plan.technique.passes = {last};
    std::string all;
    for (const std::string& one : limits_of(record, "this-host-only", /*self_signed=*/true,
                                            /*stamped=*/false))
        all += one + '\n';
    return all;
}

const Pattern kZeros = ConstantPattern{Bytes(1)};
const Pattern kOnes = ConstantPattern{Bytes(1, std::byte{0xFF})};

TEST(RecordLimits, NameEveryFaultThatTheTechniqueCannotShow) {
    int named = 0;
    for (const test::FaultKind& kind : test::fault_kinds()) {
        SCOPED_TRACE(kind.name);
        const std::string words = words_for(kind.fault);
        // By zeros not shown, and by bytes that are different everywhere: what a certificate over
        // zeros may be wrong about.
        ASSERT_EQ(!words.empty(), kind.detectable_by == DetectableBy::keystream);
        if (words.empty()) continue;
        ++named;
        EXPECT_THAT(limits_with(kZeros), HasSubstr(words));
        EXPECT_THAT(limits_with(KeystreamPattern{}), Not(HasSubstr(words)));
        EXPECT_THAT(limits_with(kZeros, /*prove=*/true), Not(HasSubstr(words)));
    }
    EXPECT_GT(named, 0);
}

// As the column `ones` of the table.
TEST(RecordLimits, DoNotNameZerosWhereAnotherConstantShowsThem) {
    EXPECT_THAT(limits_with(kOnes), HasSubstr(words_for(Fault::aliased)));
    EXPECT_THAT(limits_with(kOnes), Not(HasSubstr(words_for(Fault::silent_zeros))));
    // Drawn: as a_perfect_outcome() has it, no zero.
    EXPECT_THAT(limits_with(DrawnBytePattern{.slot = 0}),
                Not(HasSubstr(words_for(Fault::silent_zeros))));
}

TEST(RecordLimits, SayThatAProofIsOfItsMoment) {
    EXPECT_THAT(limits_with(kZeros, /*prove=*/true), HasSubstr("and for that moment"));
}

}  // namespace
}  // namespace quietus::certs
