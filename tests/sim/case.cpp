#include "sim/case.h"

#include <random>

#include "base/bytes.h"
#include "base/units.h"

namespace quietus::sim {

namespace {

using test::Fault;
using test::FaultRule;

class Dice {
  public:
    Dice(std::uint64_t seed, std::uint64_t number) {
        std::seed_seq both{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32),
                           static_cast<std::uint32_t>(number),
                           static_cast<std::uint32_t>(number >> 32)};
        engine_.seed(both);
    }
    std::uint64_t any() { return engine_(); }
    std::uint64_t below(std::uint64_t n) { return engine_() % n; }
    std::uint64_t between(std::uint64_t least, std::uint64_t most) {
        return least + below(most - least + 1);
    }
    bool one_in(std::uint64_t n) { return below(n) == 0; }
    template <class T>
    T of(std::initializer_list<T> list) {
        return *(list.begin() + below(list.size()));
    }

  private:
    std::mt19937_64 engine_;
};

// Small for the most part, and seldom of a round size.
std::uint64_t draw_size(Dice& dice) {
    std::uint64_t size = dice.one_in(20)  ? dice.between(kMiB, 4 * kMiB)
                         : dice.one_in(4) ? dice.between(512 * kKiB, kMiB)
                                          : dice.between(256 * kKiB, 512 * kKiB);
    if (dice.one_in(2)) size = size / kMiB * kMiB + size % kMiB / (64 * kKiB) * (64 * kKiB);
    // The kernel counts in 512 bytes: of a drive with larger sectors the last may be a part of one.
    const std::uint64_t unit = dice.one_in(2) ? 4096 : 512;
    return size / unit * unit;
}

std::string draw_technique(Dice& dice) {
    switch (dice.below(8)) {
        case 0:
        case 1:
            return "zero";
        case 2:
            return "ones";
        case 3: {
            Bytes bytes(dice.between(1, 8));
            for (std::byte& byte : bytes) byte = static_cast<std::byte>(dice.below(256));
            return "pattern:" + to_hex(bytes);
        }
        case 4:
            return "dod-3";
        case 5:
            return "rcmp-ops-2";
        default:
            return "random";
    }
}

Goal draw_goal(Dice& dice) {
    Goal goal;
    goal.technique = draw_technique(dice);
    goal.technique_is_default = false;
    goal.verify = dice.one_in(8) ? VerifyMode::none : VerifyMode::full;
    goal.verify_each = goal.verify != VerifyMode::none && dice.one_in(4);
    goal.prove = goal.verify != VerifyMode::none && dice.one_in(4);
    goal.blank = dice.one_in(5);
    return goal;
}

// -- What is wrong with the drive
// ------------------------------------------------------------------------------------------------

Range draw_range(Dice& dice, const test::MemoryDriveOptions& drive) {
    const std::uint64_t sectors = drive.size / drive.logical_sector;
    const std::uint64_t first = dice.below(sectors);
    std::uint64_t count = 1;
    if (dice.one_in(3)) count = dice.between(1, 64);
    if (dice.one_in(6)) count = dice.between(1, sectors);
    count = std::min(count, sectors - first);
    return {first * drive.logical_sector, count * drive.logical_sector};
}

Fault draw_fault(Dice& dice) {
    // Errors are what drives have most of.
    if (dice.one_in(3)) return Fault::error;
    return static_cast<Fault>(dice.below(test::fault_kinds().size()));
}

FaultRule draw_rule(Dice& dice, const test::MemoryDriveOptions& drive) {
    FaultRule rule{.fault = draw_fault(dice)};
    const test::FaultKind& kind = test::kind_of(rule.fault);
    if (kind.strikes == test::Strikes::reads) rule.on = IoKind::read;
    if (kind.strikes == test::Strikes::as_the_rule_says)
        rule.on = dice.of({IoKind::read, IoKind::write});
    const bool is_of_place = kind.strikes != test::Strikes::no_request;
    const bool is_of_size = rule.fault == Fault::aliased || rule.fault == Fault::shrunken_size;
    if (is_of_place && !is_of_size) rule.where = draw_range(dice, drive);
    if (dice.one_in(3)) rule.from = dice.between(1, 40);
    if (dice.one_in(3)) rule.times = dice.between(1, 3);
    if (is_of_size)
        rule.amount = dice.between(1, drive.size / drive.logical_sector - 1) * drive.logical_sector;
    if (rule.fault == Fault::torn_write) rule.amount = dice.below(16) * 512;
    if (rule.fault == Fault::error)
        rule.error = dice.of({EIO, EIO, EIO, EIO, ETIMEDOUT, ENODATA, ENODATA, EREMOTEIO, ENOSPC,
                              EILSEQ, EROFS, ENODEV});
    const bool is_slow = rule.fault == Fault::latency || (is_of_place && dice.one_in(6));
    if (is_slow) rule.delay_ms = dice.between(1, 500);
    // A range on which each try is a kill would be all that a case is about.
    if (rule.fault == Fault::kill_worker) rule.times = dice.between(1, 3);
    return rule;
}

// -- When the runs break off
// ------------------------------------------------------------------------------------------------

Break draw_break(Dice& dice, const Case& of) {
    Break next;
    next.how = dice.of({Break::How::stop, Break::How::kill, Break::How::kill, Break::How::power_cut,
                        Break::How::power_cut, Break::How::journal_full});
    const std::uint64_t requests = of.drive.size / of.request_size + 1;
    next.after = dice.one_in(4) ? dice.between(1, 8) : dice.between(1, 3 * requests);
    next.torn = dice.one_in(2);
    next.closed = next.how == Break::How::kill && dice.one_in(2);
    next.seed = dice.any();
    return next;
}

std::string size_text(std::uint64_t bytes) {
    return std::to_string(bytes) + " bytes";
}

}  // namespace

std::string to_string(Break::How how) {
    switch (how) {
        case Break::How::stop:
            return "stop";
        case Break::How::journal_full:
            return "journal full";
        case Break::How::kill:
            return "kill";
        case Break::How::power_cut:
            return "power cut";
    }
    return "";
}

Case draw_case(std::uint64_t seed, std::uint64_t number) {
    Dice dice{seed, number};
    Case what;
    what.seed = seed;
    what.number = number;
    what.goal = draw_goal(dice);
    what.drive.logical_sector = dice.one_in(3) ? 4096 : 512;
    what.drive.physical_sector = dice.one_in(2) ? 4096 : what.drive.logical_sector;
    what.drive.size = draw_size(dice);
    what.drive.seed = dice.any();
    what.sample = what.goal.verify == VerifyMode::full && dice.one_in(300);
    // Smaller ones are read in full (engine/sample.h).
    if (what.sample) {
        what.drive.logical_sector = what.drive.physical_sector = 512;
        what.drive.size = 10 * kMiB + dice.below(4096) * 512;
    }
    if (dice.one_in(4)) what.drive.partitions = {{64 * kKiB, 64 * kKiB}, {128 * kKiB, 64 * kKiB}};
    what.depth = static_cast<unsigned>(dice.between(1, 8));
    what.request_size = dice.between(2, 16) * 4 * kKiB;
    what.limits.retries = dice.below(4) == 0 ? dice.below(4) : 1;
    what.limits.backward = dice.one_in(3);
    what.limits.request_deadline_s = 60;
    what.limits.bad_area_s = dice.one_in(4) ? dice.between(1, 5) : 300;
    what.request_takes = std::chrono::milliseconds{dice.between(1, 80)};
    what.checkpoint_interval = std::chrono::milliseconds{dice.between(200, 4000)};
    const std::uint64_t rules = dice.one_in(4) ? 0 : dice.between(1, 4);
    for (std::uint64_t i = 0; i < rules; ++i)
        what.drive.faults.push_back(draw_rule(dice, what.drive));
    const std::uint64_t breaks = dice.one_in(2) ? 0 : dice.one_in(2) ? 1 : dice.between(2, 5);
    for (std::uint64_t i = 0; i < breaks; ++i) {
        what.breaks.push_back(draw_break(dice, what));
        what.drive.volatile_cache =
            what.drive.volatile_cache || what.breaks.back().how == Break::How::power_cut;
    }
    what.resumes_a_failed = dice.one_in(4);
    return what;
}

std::string to_string(const Case& what) {
    std::string text =
        size_text(what.drive.size) + " of " + std::to_string(what.drive.logical_sector) + "/" +
        std::to_string(what.drive.physical_sector) + ", " +
        std::to_string(what.drive.partitions.size()) + " partitions; " + what.goal.technique +
        " verify=" + (what.sample ? "sample" : to_string(what.goal.verify)) +
        (what.goal.verify_each ? " verify-each" : "") + (what.goal.prove ? " prove" : "") +
        (what.goal.blank ? " blank" : "") + "; " + std::to_string(what.depth) + " requests of " +
        size_text(what.request_size) + " retries=" + std::to_string(what.limits.retries) +
        " bad-area=" + std::to_string(what.limits.bad_area_s) + "s" +
        (what.limits.backward ? " backward" : "") + "; faults:";
    for (const FaultRule& rule : what.drive.faults) text += " {" + test::to_string(rule) + "}";
    if (what.drive.faults.empty()) text += " none";
    text += "; breaks:";
    for (const Break& one : what.breaks)
        text += " {" + to_string(one.how) + " after " + std::to_string(one.after) +
                (one.torn ? " torn" : "") + (one.closed ? " closed" : "") + "}";
    if (what.breaks.empty()) text += " none";
    return text + (what.resumes_a_failed ? "; resumed also when failed" : "");
}

}  // namespace quietus::sim
