#include "control.h"

#include <cstdio>

namespace quietus::faultfs {

namespace {

std::string_view next_line(std::string_view& text) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return line;
}

std::string_view directions(test::Strikes strikes) {
    switch (strikes) {
        case test::Strikes::reads:
            return "read";
        case test::Strikes::writes:
            return "write";
        case test::Strikes::as_the_rule_says:
            return "read,write";
        case test::Strikes::both:
            return "both";
        case test::Strikes::no_request:
            return "flush";
    }
    return "";
}

}  // namespace

std::optional<std::vector<test::FaultRule>> parse_rules(std::string_view text) {
    std::vector<test::FaultRule> rules;
    while (!text.empty()) {
        const std::string_view line = next_line(text);
        if (line.find_first_not_of(' ') == std::string_view::npos || line.front() == '#') continue;
        std::string why;
        const auto rule = test::parse_fault_rule(line, why);
        if (rule && !test::kind_of(rule->fault).on_block_device)
            why = "not on a block device: '" + std::string{line} + "'";
        if (!why.empty()) {
            static_cast<void>(std::fprintf(stderr, "faultfs: %s\n", why.c_str()));
            return std::nullopt;
        }
        rules.push_back(*rule);
    }
    return rules;
}

std::string rules_text(const Disk& disk) {
    std::string text;
    for (const test::FaultRule& rule : disk.faults().rules()) text += to_string(rule) + "\n";
    return text;
}

std::string counts_text(const Disk& disk, std::size_t held) {
    std::string text;
    const auto& rules = disk.faults().rules();
    for (std::size_t i = 0; i < rules.size(); ++i) {
        text += std::to_string(disk.faults().count(i)) + " of " +
                std::to_string(disk.faults().met(i)) + " " + to_string(rules[i]) + "\n";
    }
    text += "done";
    for (const Op op : {Op::read, Op::write, Op::flush, Op::discard, Op::zero})
        text += " " + std::string{to_string(op)} + "=" + std::to_string(disk.done(op));
    return text + " held=" + std::to_string(held) + "\n";
}

std::string kinds_text() {
    std::string text;
    for (const test::FaultKind& kind : test::fault_kinds()) {
        if (!kind.on_block_device) continue;
        text += std::string{kind.name} + " " + std::string{to_string(kind.detectable_by)} + " " +
                std::string{directions(kind.strikes)} + "\n";
    }
    return text;
}

}  // namespace quietus::faultfs
