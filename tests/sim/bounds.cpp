#include "sim/bounds.h"

#include <algorithm>
#include <bit>

#include "sim/invariants.h"

namespace quietus::sim {

namespace {

using test::Fault;
using test::FaultRule;

class Bounds {
  public:
    Bounds(const Story& story, std::vector<std::string>& broken)
        : what_{story.what},
          addressable_{what_.drive.size - what_.drive.size % what_.drive.logical_sector},
          broken_{broken} {}

    void check(const SeenStep& step) {
        if (step.deeds_to == step.deeds_from) return;
        const Badness bad =
            badness_for(std::holds_alternative<OverwritePass>(step.outcome.step) ? IoKind::write
                                                                                 : IoKind::read);
        const std::uint64_t sectors = what_.request_size / what_.drive.logical_sector;
        const std::uint64_t each =
            1 + what_.limits.retries + static_cast<std::uint64_t>(std::bit_width(sectors - 1));
        const std::uint64_t most = bad.sectors.total() / what_.drive.logical_sector * each;
        const Pace& pace = step.outcome.pace;
        require(pace.failed_requests <= most, std::to_string(pace.failed_requests) +
                                                  " failed requests for " + text_of(bad.sectors) +
                                                  ", at most " + std::to_string(most));
        if (bad.all_permanent)
            require(pace.retried == 0, "an error that does not pass was tried again");
        if (step.outcome.end != StepEnd::hung) time_is_bounded(step, bad);
    }

  private:
    void require(bool holds, const std::string& otherwise) {
        if (!holds) broken_.push_back(otherwise);
    }

    // Of one direction, what is told from the bytes that were asked for.
    static bool fails_requests(Fault fault) {
        return fault == Fault::error || fault == Fault::short_transfer ||
               fault == Fault::shrunken_size;
    }
    bool may_fail(const FaultRule& rule, IoKind kind) const {
        return fails_requests(rule.fault) &&
               (rule.fault == Fault::shrunken_size || rule.on == kind);
    }
    static bool is_permanent(int error) {
        return error == ENODATA || error == EREMOTEIO || error == EILSEQ || error == ENOSPC;
    }

    // What the rules make of the requests of a step.
    struct Badness {
        RangeSet sectors;
        std::uint64_t ranges{0};
        bool all_permanent{true};
        std::chrono::milliseconds slowest{0};
        bool delays_good_ones{false};
    };
    Badness badness_for(IoKind kind) const {
        Badness bad;
        for (const FaultRule& rule : what_.drive.faults) {
            const bool fails = may_fail(rule, kind);
            bad.slowest = std::max(bad.slowest, std::chrono::milliseconds{rule.delay_ms});
            bad.delays_good_ones = bad.delays_good_ones || (rule.delay_ms > 0 && !fails);
            if (!fails) continue;
            bad.sectors.add(bad_of(rule));
            ++bad.ranges;
            bad.all_permanent =
                bad.all_permanent && rule.fault == Fault::error && is_permanent(rule.error);
        }
        return bad;
    }

    Range bad_of(const FaultRule& rule) const {
        if (rule.fault == Fault::shrunken_size) return {rule.amount, addressable_ - rule.amount};
        const std::uint32_t sector = what_.drive.logical_sector;
        const std::uint64_t end = std::min(rule.where.end(), addressable_);
        if (rule.where.first >= end) return {};
        const std::uint64_t first = rule.where.first / sector * sector;
        return {first, (end - first + sector - 1) / sector * sector};
    }

    // Requests take what the drive takes for them, nothing is waited for besides, and for the sake
    // of one bad area no longer than was said.
    void time_is_bounded(const SeenStep& step, const Badness& bad) {
        using std::chrono::milliseconds;
        // Some are answered without a deed.
        const auto good = static_cast<std::int64_t>(step.deeds_to - step.deeds_from +
                                                    addressable_ / what_.request_size);
        const auto failed = static_cast<std::int64_t>(step.outcome.pace.failed_requests);
        const milliseconds answers = what_.request_takes + bad.slowest + milliseconds{1};
        milliseconds most = answers * (good + failed + what_.depth) + std::chrono::seconds{1};
        if (!bad.delays_good_ones) {
            const auto areas = static_cast<std::int64_t>(
                2 * (bad.sectors.total() / what_.request_size + 2 * bad.ranges));
            most = std::min(most, good * what_.request_takes + std::chrono::seconds{1} +
                                      areas * (std::chrono::seconds{what_.limits.bad_area_s} +
                                               answers * what_.depth));
        }
        require(step.took <= most, "a step took " + std::to_string(step.took.count() / 1'000'000) +
                                       " ms, at most " + std::to_string(most.count()) +
                                       " are accounted for");
    }

    const Case& what_;
    std::uint64_t addressable_;
    std::vector<std::string>& broken_;
};

}  // namespace

void bounds_hold(const Story& story, const Leg& leg, std::vector<std::string>& broken) {
    Bounds bounds{story, broken};
    for (const SeenStep& step : leg.steps) bounds.check(step);
}

}  // namespace quietus::sim
