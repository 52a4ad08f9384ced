#include "support/fault.h"

namespace quietus::test {

namespace {

// The end of a range, or the largest number where that cannot be said.
std::uint64_t end_of(const Range& range) {
    constexpr auto kMax = std::numeric_limits<std::uint64_t>::max();
    return range.count > kMax - range.first ? kMax : range.end();
}

bool is_of_its_direction(const FaultRule& rule, IoKind kind) {
    switch (kind_of(rule.fault).strikes) {
        case Strikes::both:
            return true;
        case Strikes::reads:
        case Strikes::writes:
        case Strikes::as_the_rule_says:
            return rule.on == kind;
        case Strikes::no_request:
            return false;
    }
    return false;
}

bool touches(const FaultRule& rule, const IoRequest& request) {
    if (!is_of_its_direction(rule, request.kind)) return false;
    const std::uint64_t end = request.offset + request.length;
    // These are about the size of the drive: what lies within it is as ever.
    const bool is_of_size = rule.fault == Fault::aliased || rule.fault == Fault::shrunken_size;
    if (is_of_size && end <= rule.amount) return false;
    return request.offset < end_of(rule.where) && end > rule.where.first;
}

}  // namespace

Faults::Faults(std::vector<FaultRule> rules)
    : rules_{std::move(rules)}, counters_{std::make_shared<SharedArray<Counter>>(rules_.size())} {}

const FaultRule* Faults::meet(std::size_t index) const {
    const FaultRule& rule = rules_[index];
    Counter& counter = (*counters_)[index];
    const std::uint64_t met = ++counter.met;
    if (met < rule.from || met - rule.from >= rule.times) return nullptr;
    ++counter.struck;
    return &rule;
}

const FaultRule* Faults::strikes(const IoRequest& request) const {
    for (std::size_t i = 0; i < rules_.size(); ++i) {
        if (!touches(rules_[i], request)) continue;
        if (const FaultRule* rule = meet(i)) return rule;
    }
    return nullptr;
}

const FaultRule* Faults::strikes(Fault fault) const {
    for (std::size_t i = 0; i < rules_.size(); ++i) {
        if (rules_[i].fault != fault) continue;
        if (const FaultRule* rule = meet(i)) return rule;
    }
    return nullptr;
}

bool Faults::has_changed_identity(std::uint64_t writes) const {
    for (std::size_t i = 0; i < rules_.size(); ++i) {
        if (rules_[i].fault != Fault::identity_change || writes < rules_[i].from) continue;
        ++(*counters_)[i].struck;
        return true;
    }
    return false;
}

std::optional<std::uint64_t> Faults::has_shrunk_to() const {
    for (std::size_t i = 0; i < rules_.size(); ++i) {
        if (rules_[i].fault == Fault::shrunken_size && count(i) > 0) return rules_[i].amount;
    }
    return std::nullopt;
}

std::uint64_t Faults::count(std::size_t index) const {
    return (*counters_)[index].struck;
}

std::uint64_t Faults::met(std::size_t index) const {
    return (*counters_)[index].met;
}

}  // namespace quietus::test
