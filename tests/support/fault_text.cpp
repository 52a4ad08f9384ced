// The table of faults, and rules as text.
#include <algorithm>
#include <array>
#include <charconv>

#include "support/fault.h"

namespace quietus::test {

namespace {

using enum DetectableBy;
constexpr auto kNoLimit = std::numeric_limits<std::uint64_t>::max();

constexpr std::array kKinds{
    FaultKind{Fault::error, "error", zero, Strikes::as_the_rule_says, true},
    FaultKind{Fault::short_transfer, "short_transfer", zero, Strikes::as_the_rule_says, false},
    FaultKind{Fault::dropped_write, "dropped_write", zero, Strikes::writes, true},
    FaultKind{Fault::torn_write, "torn_write", zero, Strikes::writes, true,
              "bytes of the request that are done"},
    FaultKind{Fault::stale_read, "stale_read", zero, Strikes::reads, true},
    FaultKind{Fault::flipped_bit, "flipped_bit", zero, Strikes::as_the_rule_says, true},
    FaultKind{Fault::silent_zeros, "silent_zeros", keystream, Strikes::as_the_rule_says, true},
    FaultKind{Fault::aliased, "aliased", keystream, Strikes::both, true,
              "bytes the drive really has"},
    FaultKind{Fault::shrunken_size, "shrunken_size", zero, Strikes::both, true,
              "bytes that are left"},
    FaultKind{Fault::latency, "latency", none, Strikes::as_the_rule_says, true},
    FaultKind{Fault::never_completes, "never_completes", none, Strikes::as_the_rule_says, true},
    FaultKind{Fault::flush_error, "flush_error", zero, Strikes::no_request, true},
    FaultKind{Fault::identity_change, "identity_change", none, Strikes::no_request, false},
    FaultKind{Fault::exclusive_held, "exclusive_held", none, Strikes::no_request, false},
    FaultKind{Fault::lock_held, "lock_held", none, Strikes::no_request, false},
    FaultKind{Fault::partition_busy, "partition_busy", none, Strikes::no_request, false},
    FaultKind{Fault::kill_worker, "kill_worker", none, Strikes::as_the_rule_says, false},
};

struct ErrnoName {
    std::string_view name;
    int value;
};
// What the kernel answers for a bad drive; others are given as numbers.
constexpr std::array kErrnoNames{
    ErrnoName{"EIO", EIO},
    ErrnoName{"ENOSPC", ENOSPC},
    ErrnoName{"ENODATA", ENODATA},
    ErrnoName{"ENODEV", ENODEV},
    ErrnoName{"EREMOTEIO", EREMOTEIO},
    ErrnoName{"ETIMEDOUT", ETIMEDOUT},
    ErrnoName{"EROFS", EROFS},
};

std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

bool take(std::string_view text, std::uint64_t& into) {
    const auto value = number(text);
    if (value) into = *value;
    return value.has_value();
}

bool take_errno(std::string_view text, int& into) {
    for (const ErrnoName& known : kErrnoNames) {
        if (known.name == text) {
            into = known.value;
            return true;
        }
    }
    constexpr std::uint64_t kErrnoMax = 4095;  // As the kernel's MAX_ERRNO.
    const auto value = number(text);
    if (!value || *value == 0 || *value > kErrnoMax) return false;
    into = static_cast<int>(*value);
    return true;
}

std::string errno_text(int error) {
    for (const ErrnoName& known : kErrnoNames) {
        if (known.value == error) return std::string{known.name};
    }
    return std::to_string(error);
}

bool take_on(std::string_view text, IoKind& into) {
    into = text == "read" ? IoKind::read : IoKind::write;
    return text == "read" || text == "write";
}

bool take_where(std::string_view text, Range& into) {
    const std::size_t plus = text.find('+');
    return plus != std::string_view::npos && take(text.substr(0, plus), into.first) &&
           take(text.substr(plus + 1), into.count) && into.count > 0;
}

bool take_member(std::string_view name, std::string_view value, FaultRule& rule) {
    if (name == "on") return take_on(value, rule.on);
    if (name == "where") return take_where(value, rule.where);
    if (name == "from") return take(value, rule.from) && rule.from > 0;
    if (name == "times") return take(value, rule.times);
    if (name == "errno") return take_errno(value, rule.error);
    if (name == "amount") return take(value, rule.amount);
    if (name == "delay_ms") return take(value, rule.delay_ms);
    return false;
}

// The next word of `text`, which is taken off it; empty at its end.
std::string_view next_word(std::string_view& text) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(word.size());
    return word;
}

const FaultKind* kind_named(std::string_view name) {
    const auto* const found =
        std::find_if(kKinds.begin(), kKinds.end(),
                     [&](const FaultKind& candidate) { return candidate.name == name; });
    return found == kKinds.end() ? nullptr : found;
}

// What does not fit together although each word does; empty where all does.
std::string contradiction(const FaultKind& kind, const FaultRule& rule) {
    const bool wrong_way = (kind.strikes == Strikes::reads && rule.on != IoKind::read) ||
                           (kind.strikes == Strikes::writes && rule.on != IoKind::write);
    if (wrong_way) return std::string{kind.name} + " cannot be on that";
    if (!kind.amount_is.empty() && rule.amount == 0 && rule.fault != Fault::torn_write)
        return std::string{kind.name} + " needs amount=: " + std::string{kind.amount_is};
    if (kind.amount_is.empty() && rule.amount != 0)
        return std::string{kind.name} + " takes no amount=";
    if (rule.fault == Fault::latency && rule.delay_ms == 0) return "latency needs delay_ms=";
    return {};
}

}  // namespace

std::span<const FaultKind> fault_kinds() {
    return kKinds;
}

const FaultKind& kind_of(Fault fault) {
    return kKinds[static_cast<std::size_t>(fault)];
}

std::string_view to_string(DetectableBy by) {
    switch (by) {
        case DetectableBy::zero:
            return "zero";
        case DetectableBy::keystream:
            return "keystream";
        case DetectableBy::none:
            return "none";
    }
    return "";
}

std::string to_string(const FaultRule& rule) {
    const FaultKind& kind = kind_of(rule.fault);
    std::string text{kind.name};
    if (kind.strikes == Strikes::as_the_rule_says)
        text += rule.on == IoKind::read ? " on=read" : " on=write";
    if (rule.where.first != 0 || rule.where.count != kNoLimit)
        text +=
            " where=" + std::to_string(rule.where.first) + "+" + std::to_string(rule.where.count);
    if (rule.from != 1) text += " from=" + std::to_string(rule.from);
    if (rule.times != kNoLimit) text += " times=" + std::to_string(rule.times);
    if (rule.error != EIO) text += " errno=" + errno_text(rule.error);
    if (rule.amount != 0) text += " amount=" + std::to_string(rule.amount);
    if (rule.delay_ms != 0) text += " delay_ms=" + std::to_string(rule.delay_ms);
    return text;
}

std::optional<FaultRule> parse_fault_rule(std::string_view text, std::string& why) {
    const std::string_view name = next_word(text);
    const FaultKind* kind = kind_named(name);
    if (kind == nullptr) {
        why = "unknown fault '" + std::string{name} + "'";
        return std::nullopt;
    }
    FaultRule rule{.fault = kind->fault};
    if (kind->strikes == Strikes::reads) rule.on = IoKind::read;
    for (std::string_view word = next_word(text); !word.empty(); word = next_word(text)) {
        const std::size_t equals = word.find('=');
        if (equals == std::string_view::npos ||
            !take_member(word.substr(0, equals), word.substr(equals + 1), rule)) {
            why = "not understood: '" + std::string{word} + "'";
            return std::nullopt;
        }
    }
    why = contradiction(*kind, rule);
    if (!why.empty()) return std::nullopt;
    return rule;
}

}  // namespace quietus::test
