// What the table says of each fault, that it is detectable by zeros, by a keystream or not at all,
// is what a pass and its full read-back really find.

#include <gtest/gtest.h>

#include "engine/pipeline.h"
#include "support/memory_drive.h"
#include "support/record_builder.h"

namespace quietus::engine {
namespace {

using test::DetectableBy;
using test::Fault;
using test::FaultRule;

constexpr std::uint64_t kSize = 1024 * 1024;
constexpr std::size_t kRequest = 64 * 1024;

bool always(const RangeSet& /*covered*/) {
    return true;
}

// A rule of that kind that strikes in the middle of the drive.
FaultRule a_rule(Fault fault, IoKind on) {
    FaultRule rule{.fault = fault, .on = on, .where = {kSize / 2 + 512, 512}};
    switch (fault) {
        case Fault::torn_write:
            rule.amount = 512;
            break;
        case Fault::aliased:
        case Fault::shrunken_size:
            rule.where = FaultRule{}.where;
            rule.amount = kSize / 2;
            break;
        case Fault::latency:
            rule.delay_ms = 1;
            break;
        case Fault::error:
        case Fault::short_transfer:
        case Fault::dropped_write:
        case Fault::stale_read:
        case Fault::flipped_bit:
        case Fault::silent_zeros:
        case Fault::never_completes:
        case Fault::flush_error:
        case Fault::identity_change:
        case Fault::exclusive_held:
        case Fault::lock_held:
        case Fault::partition_busy:
        case Fault::kill_worker:
            break;
    }
    return rule;
}

bool shows_something(const Coverage& coverage) {
    return coverage.end != StepEnd::completed || coverage.covered.total() != kSize ||
           !coverage.failed.empty() || !coverage.mismatched.empty();
}

bool is_noticed(const FaultRule& rule, bool by_keystream) {
    test::MemoryDrive drive{{.size = kSize, .faults = {rule}}};
    const auto queue = drive.make_queue({.depth = 4, .request_size = kRequest});
    const auto pattern =
        by_keystream
            ? make_pattern_source(KeystreamPattern{}, test::a_keystream(), kRequest).value()
            : make_pattern_source(ConstantPattern{{std::byte{0}}}, std::nullopt, kRequest).value();
    const Coverage wrote = write_extents(*queue, *pattern, {{0, kSize}}, always);
    if (shows_something(wrote)) return true;
    const Coverage read = read_extents(*queue, *pattern, {{0, kSize}}, always);
    EXPECT_GE(drive.faults().count(), 1U) << "the rule never struck";
    return shows_something(read);
}

std::vector<IoKind> directions(const test::FaultKind& kind) {
    switch (kind.strikes) {
        case test::Strikes::reads:
            return {IoKind::read};
        case test::Strikes::writes:
        case test::Strikes::both:
            return {IoKind::write};
        case test::Strikes::as_the_rule_says:
            return {IoKind::read, IoKind::write};
        case test::Strikes::no_request:
            return {};
    }
    return {};
}

TEST(FaultDetection, IsAsTheTableSays) {
    int kinds = 0;
    for (const test::FaultKind& kind : test::fault_kinds()) {
        // These end the process, or never end.
        if (kind.fault == Fault::kill_worker || kind.fault == Fault::never_completes) continue;
        for (const IoKind on : directions(kind)) {
            SCOPED_TRACE(test::to_string(a_rule(kind.fault, on)));
            EXPECT_EQ(is_noticed(a_rule(kind.fault, on), /*by_keystream=*/false),
                      kind.detectable_by == DetectableBy::zero);
            EXPECT_EQ(is_noticed(a_rule(kind.fault, on), /*by_keystream=*/true),
                      kind.detectable_by != DetectableBy::none);
            ++kinds;
        }
    }
    EXPECT_EQ(kinds, 15);
}

}  // namespace
}  // namespace quietus::engine
