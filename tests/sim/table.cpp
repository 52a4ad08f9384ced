#include "sim/table.h"

#include <array>
#include <string>
#include <vector>

#include "sim/invariants.h"

namespace quietus::sim {

namespace {

using test::Fault;
using test::FaultRule;

struct Column {
    std::string_view title;
    std::string technique;
    bool prove{false};
};

// Of techniques that end in the same kind of pattern one stands for all.
const std::array<Column, 6>& columns() {
    static const std::array<Column, 6> all{{{"`random`", "random"},
                                            {"`dod-3`", "dod-3"},
                                            {"`zero`", "zero"},
                                            {"`zero --prove`", "zero", true},
                                            {"`ones`", "ones"},
                                            {"`ones --prove`", "ones", true}}};
    return all;
}

constexpr std::uint64_t kSize = 512 * kKiB;

// A rule of that kind that strikes in the middle of the drive.
FaultRule rule_of(Fault fault, IoKind on) {
    FaultRule rule{.fault = fault, .on = on};
    if (test::kind_of(fault).strikes != test::Strikes::no_request)
        rule.where = {kSize / 2 + 512, 512};
    if (fault == Fault::torn_write) rule.amount = 512;
    if (fault == Fault::latency) rule.delay_ms = 1;
    if (fault == Fault::aliased || fault == Fault::shrunken_size) {
        rule.where = FaultRule{}.where;
        rule.amount = kSize / 2;
    }
    return rule;
}

Case case_of(const FaultRule& rule, const Column& column) {
    Case what;
    what.drive.size = kSize;
    what.drive.faults = {rule};
    what.drive.partitions = {{64 * kKiB, 64 * kKiB}};
    what.goal.technique = column.technique;
    what.goal.technique_is_default = false;
    what.goal.prove = column.prove;
    what.depth = 4;
    what.request_size = 64 * kKiB;
    return what;
}

std::string cell_of(const FaultRule& rule, const Column& column) {
    const Story story = run_case(case_of(rule, column));
    QUIETUS_CHECK(story.strikes(0) > 0 && broken_invariants(story).empty());
    const auto& record = story.last().record;
    if (!record) return "refused";
    if (record->verdict != Verdict::erased) return to_string(record->verdict);
    return is_a_lie(rule.fault) ? "**erased**" : "erased";
}

std::vector<IoKind> directions_of(const test::FaultKind& kind) {
    switch (kind.strikes) {
        case test::Strikes::reads:
            return {IoKind::read};
        case test::Strikes::as_the_rule_says:
            return {IoKind::write, IoKind::read};
        case test::Strikes::writes:
        case test::Strikes::both:
        case test::Strikes::no_request:
            return {IoKind::write};
    }
    return {};
}

std::string row_of(const test::FaultKind& kind, IoKind on) {
    std::string row = "| `" + std::string{kind.name} + "`";
    if (kind.strikes == test::Strikes::as_the_rule_says)
        row += on == IoKind::read ? " reading" : " writing";
    row += " | " + std::string{test::to_string(kind.detectable_by)} + " |";
    for (const Column& column : columns())
        row += " " + cell_of(rule_of(kind.fault, on), column) + " |";
    return row + "\n";
}

}  // namespace

std::string undetectable_pairs() {
    std::string table = "| fault | shown by |";
    std::string line = "| --- | --- |";
    for (const Column& column : columns()) {
        table += " " + std::string{column.title} + " |";
        line += " --- |";
    }
    table += "\n" + line + "\n";
    for (const test::FaultKind& kind : test::fault_kinds()) {
        for (const IoKind on : directions_of(kind)) table += row_of(kind, on);
    }
    return table;
}

}  // namespace quietus::sim
