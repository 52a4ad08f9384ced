#include "sim/invariants.h"

#include <algorithm>
#include <cstring>

#include "engine/pattern_source.h"
#include "sim/bounds.h"

namespace quietus::sim {

namespace {

using test::DetectableBy;
using test::Did;
using test::Fault;
using test::FaultRule;

const OverwritePass* as_pass(const Step& step) {
    return std::get_if<OverwritePass>(&step);
}

bool is_within(const RangeSet& inner, const RangeSet& outer) {
    RangeSet both = outer;
    both.add(inner);
    return both == outer;
}

RangeSet common(const RangeSet& a, const RangeSet& b) {
    RangeSet left = a;
    for (const Range& range : b.ranges()) left.subtract(range);
    RangeSet both = a;
    for (const Range& range : left.ranges()) both.subtract(range);
    return both;
}

bool came_to_its_end(const StepOutcome& outcome) {
    return outcome.end == StepEnd::completed || outcome.end == StepEnd::partial;
}

// Sectors in which 16 bytes in a row are still the old ones: no pattern writes those by chance.
RangeSet old_bytes_left(const Story& story) {
    constexpr std::size_t kChunk = 16;
    const auto content = story.drive().content();
    const std::uint32_t sector = story.what.drive.logical_sector;
    RangeSet left;
    for (std::size_t at = 0; at < content.size(); at += sector) {
        const std::size_t end = std::min<std::size_t>(at + sector, content.size());
        bool old = false;
        for (std::size_t i = at; i < end && !old; i += kChunk)
            old = std::memcmp(&content[i], &story.old[i], kChunk) == 0;
        if (old) left.add({at, end - at});
    }
    return left;
}

// The requirements of one story, each a function.
class Check {
  public:
    explicit Check(const Story& story)
        : story_{story},
          rules_{story.what.drive.faults},
          addressable_{story.what.drive.size -
                       story.what.drive.size % story.what.drive.logical_sector},
          diary_{story.drive().diary()},
          old_left_{old_bytes_left(story)} {}

    std::vector<std::string> all() {
        it_came_to_an_end();
        nothing_outside_was_written();
        for (std::size_t i = 0; i < story_.legs.size(); ++i) {
            const Leg& leg = story_.legs[i];
            only_announced_writes(leg);
            refusals_write_nothing(leg);
            hung_is_unknown(leg);
            another_drive_is_not_erased(leg);
            if (leg.continues) carries_on_what_stands(leg, story_.legs[i - 1]);
            bounds_hold(story_, leg, broken_);
        }
        if (!story_.last().record) return std::move(broken_);
        erased_means_no_old_byte();
        only_lies_are_mismatches();
        if (places_are_places()) {
            what_was_read_back_is_new();
            old_bytes_are_reported();
        }
        resumes_are_listed();
        a_good_drive_is_erased();
        return std::move(broken_);
    }

  private:
    void require(bool holds, const std::string& otherwise) {
        if (!holds) broken_.push_back(otherwise);
    }
    const EraseRecord& record() const { return *story_.last().record; }

    // -- What struck
    // --------------------------------------------------------------------------------------------
    template <class Which>
    bool any_struck(Which which) const {
        for (std::size_t i = 0; i < rules_.size(); ++i) {
            if (story_.strikes(i) > 0 && which(rules_[i].fault)) return true;
        }
        return false;
    }
    bool any_struck_in(const Leg& leg, std::initializer_list<Fault> faults) const {
        for (std::size_t i = 0; i < rules_.size(); ++i) {
            if (leg.strikes[i] > 0 &&
                std::find(faults.begin(), faults.end(), rules_[i].fault) != faults.end())
                return true;
        }
        return false;
    }
    bool any_lie() const { return any_struck(is_a_lie); }
    // A drive that means another place than the one it is asked for has no bytes where it says, so
    // a lie of that kind is shown, but in the one place or the other.
    bool places_are_places() const {
        return !any_struck([](Fault fault) { return fault == Fault::aliased; });
    }
    // The power is cut after the last run: what the drive was never told to keep may be gone.
    bool all_is_flushed() const {
        return !story_.what.drive.volatile_cache ||
               std::all_of(record().steps.begin(), record().steps.end(), [](const auto& step) {
                   return as_pass(step.step) == nullptr || step.flushed;
               });
    }
    // Would a read-back in full of that pattern show every lie that was told?
    bool sees_through(DetectableBy power) const {
        return !any_struck([&](Fault fault) { return is_a_lie(fault) && !shows(power, fault); });
    }
    bool only_broken_by_stopping() const {
        return std::all_of(story_.legs.begin(), story_.legs.end(), [](const Leg& leg) {
            return !leg.continues && (!leg.broke || *leg.broke == Break::How::stop);
        });
    }

    // -- Every run
    // --------------------------------------------------------------------------------------------
    void it_came_to_an_end() {
        for (const Leg& leg : story_.legs) {
            require(!leg.out_of_time, "the run does not end");
            require(leg.record || !leg.objections.empty() || leg.out_of_time,
                    "its journal makes no record: " + leg.no_record);
        }
        require(story_.broken_journal.empty(),
                "the journal should resume, but: " + story_.broken_journal);
    }

    void nothing_outside_was_written() {
        const test::MemoryDrive& other = story_.host->drive(1);
        require(other.count(Did::write) == 0 &&
                    std::memcmp(other.content().data(), story_.old_of_other.data(),
                                story_.old_of_other.size()) == 0,
                "the other drive was written");
        const auto content = story_.drive().content();
        require(
            std::equal(content.begin() + static_cast<std::ptrdiff_t>(addressable_), content.end(),
                       story_.old.begin() + static_cast<std::ptrdiff_t>(addressable_)),
            "bytes beyond the last whole sector were written");
    }

    // Journal first: a write belongs to a pass whose beginning is in the journal.
    void only_announced_writes(const Leg& leg) {
        for (std::size_t i = leg.deeds_from; i < leg.deeds_to; ++i) {
            if (diary_[i].what != Did::write) continue;
            const bool announced =
                std::any_of(leg.steps.begin(), leg.steps.end(), [&](const SeenStep& step) {
                    const bool open = step.deeds_to == step.deeds_from;  // it did not end
                    return as_pass(step.outcome.step) != nullptr && i >= step.deeds_from &&
                           (open || i < step.deeds_to);
                });
            if (announced) continue;
            return require(false, "a write that is in no pass of the journal");
        }
    }

    void refusals_write_nothing(const Leg& leg) {
        if (any_struck_in(leg, {Fault::exclusive_held, Fault::lock_held, Fault::partition_busy}))
            require(!leg.objections.empty(), "a drive that is held was taken");
        if (leg.objections.empty()) return;
        const auto from = diary_.begin() + static_cast<std::ptrdiff_t>(leg.deeds_from);
        const auto to = diary_.begin() + static_cast<std::ptrdiff_t>(leg.deeds_to);
        require(std::none_of(from, to, [](const test::Deed& d) { return d.what == Did::write; }),
                "a drive that was refused was written");
    }

    void hung_is_unknown(const Leg& leg) {
        const bool never = any_struck_in(leg, {Fault::never_completes});
        if (never && leg.end) require(leg.end->hung, "a request never came back: not hung");
        if (!leg.end || !leg.end->hung || !leg.record) return;
        require(never, "hung, although every request came back");
        // Where the end of the step could not be journalled, "close" could not be either.
        require(leg.record->verdict == Verdict::unknown || leg.broke == Break::How::journal_full,
                "hung: its verdict is " + to_string(leg.record->verdict));
    }

    void another_drive_is_not_erased(const Leg& leg) {
        if (!leg.facts_changed || !leg.record) return;
        const Verdict verdict = leg.record->verdict;
        require(verdict == Verdict::unknown || verdict == Verdict::not_erased,
                "the drive is another one now: its verdict is " + to_string(verdict));
    }

    // -- Carrying on
    // --------------------------------------------------------------------------------------------
    void carries_on_what_stands(const Leg& leg, const Leg& before) {
        const engine::Continuation& from = *leg.continues;
        for (const SeenStep& step : leg.steps) {
            if (as_pass(step.outcome.step) != nullptr) continue;
            require(!step.outcome.sample_seed, "a resumed run verifies by sample");
        }
        if (!before.steps.empty() && before.steps.back().ended &&
            before.steps.back().outcome.end == StepEnd::mismatch)
            require(is_done_again(from, before.steps.back().outcome),
                    "what was read back as something else is kept");
        if (!from.unfinished) return;
        const StepOutcome& pass = *from.unfinished;
        const auto was =
            std::find_if(before.steps.begin(), before.steps.end(),
                         [&](const SeenStep& step) { return step.outcome.index == pass.index; });
        if (was != before.steps.end())
            require(is_within(was->journalled, pass.kept),
                    "what was flushed and journalled is written again");
        if (places_are_places()) not_written_again(leg, pass);
        if (!any_lie()) kept_is_there(leg, pass);
    }

    // The pass before that read-back, at least.
    static bool is_done_again(const engine::Continuation& from, const StepOutcome& read_back) {
        const auto end = static_cast<std::size_t>(read_back.index);
        return from.done.size() < end && !from.unfinished;
    }

    void not_written_again(const Leg& leg, const StepOutcome& pass) {
        for (const SeenStep& step : leg.steps) {
            if (step.outcome.index != pass.index) continue;
            const std::size_t to = step.deeds_to == step.deeds_from ? leg.deeds_to : step.deeds_to;
            RangeSet written;
            for (std::size_t i = step.deeds_from; i < to; ++i) {
                if (diary_[i].what == Did::write) written.add({diary_[i].offset, diary_[i].length});
            }
            const RangeSet twice = common(written, pass.kept);
            require(twice.empty(), "bytes that were kept were written again: " + text_of(twice));
        }
    }

    void kept_is_there(const Leg& leg, const StepOutcome& pass) {
        constexpr std::size_t kPiece = 64 * kKiB;
        const auto source =
            engine::make_pattern_source(written_pattern(pass), pass.keystream, kPiece).value();
        RangeSet missing;
        for (const Range& range : pass.kept.ranges()) {
            for (std::uint64_t at = range.first; at < range.end(); at += kPiece) {
                const std::size_t size = std::min<std::uint64_t>(kPiece, range.end() - at);
                const auto got = std::span{leg.content}.subspan(at, size);
                QUIETUS_CHECK(source->compare(at, got, story_.what.drive.logical_sector, missing)
                                  .has_value());
            }
        }
        require(missing.empty(), "the journal calls flushed what is lost: " + text_of(missing));
    }

    void resumes_are_listed() {
        std::size_t resumed = 0;
        const Leg& last = story_.last();
        if (last.continues) resumed = last.continues->runs.size();
        require(record().resumed.size() == resumed, "not every resume is in the record");
        std::size_t in_a_row = 0;
        for (const Leg& leg : story_.legs) in_a_row = leg.continues ? in_a_row + 1 : 0;
        require(resumed == in_a_row, "runs are missing from what is carried on");
        for (std::size_t i = 0; i < resumed && i < record().resumed.size(); ++i) {
            const std::size_t leg = story_.legs.size() - 1 - resumed + i;
            require(record().resumed[i].id == "run-" + std::to_string(leg),
                    "the runs that were resumed are listed in another order");
        }
    }

    // -- What is left of the old bytes
    // --------------------------------------------------------------------------------------------
    void only_lies_are_mismatches() {
        if (any_lie()) return;
        for (const StepOutcome& step : record().steps)
            require(step.mismatched.empty(),
                    "the drive told no lie, but bytes differ: " + text_of(step.mismatched));
    }

    void erased_means_no_old_byte() {
        if (record().verdict != Verdict::erased) return;
        DetectableBy power = DetectableBy::none;
        for (const StepOutcome& step : record().steps) {
            const auto* read_back = std::get_if<ReadBack>(&step.step);
            if (read_back == nullptr || step.sample_seed) continue;
            if (read_back->role == PassRole::blank) continue;
            const StepOutcome* pass = pass_before(step);
            power = stronger(power, power_of(written_pattern(*pass)));
        }
        if (!old_left_.empty() && (!any_lie() || sees_through(power)))
            require(false, "erased, but old bytes are left: " + text_of(old_left_));
    }

    static DetectableBy stronger(DetectableBy a, DetectableBy b) {
        if (a == DetectableBy::keystream || b == DetectableBy::keystream)
            return DetectableBy::keystream;
        return a == DetectableBy::zero || b == DetectableBy::zero ? DetectableBy::zero
                                                                  : DetectableBy::none;
    }

    const StepOutcome* pass_before(const StepOutcome& read_back) const {
        const StepOutcome* pass = nullptr;
        for (const StepOutcome& step : record().steps) {
            if (step.index >= read_back.index) break;
            if (as_pass(step.step) != nullptr) pass = &step;
        }
        return pass;
    }

    void what_was_read_back_is_new() {
        for (const StepOutcome& step : record().steps) {
            if (as_pass(step.step) != nullptr) continue;
            const StepOutcome* pass = pass_before(step);
            const DetectableBy power =
                step.sample_seed ? DetectableBy::none : power_of(written_pattern(*pass));
            if (any_lie() && !sees_through(power)) continue;
            RangeSet good = step.covered;
            for (const Range& range : step.mismatched.ranges()) good.subtract(range);
            const RangeSet wrong = common(good, old_left_);
            require(wrong.empty(), "read back as written, but old: " + text_of(wrong));
        }
    }

    void old_bytes_are_reported() {
        RangeSet reported = record().never_written;
        bool read_back_in_full = false;
        for (const StepOutcome& step : record().steps) {
            reported.add(step.mismatched);
            reported.add(step.unreadable);
            // It promises nothing of what the drive did not flush.
            if (as_pass(step.step) != nullptr && !step.flushed) reported.add(step.covered);
            if (as_pass(step.step) != nullptr || step.sample_seed) continue;
            const bool to_its_end =
                came_to_its_end(step) || (step.end == StepEnd::mismatch &&
                                          step.mismatched.ranges().size() < engine_ranges_max());
            if (to_its_end && sees_through(power_of(written_pattern(*pass_before(step)))))
                read_back_in_full = true;
        }
        require(is_within(record().never_written, record().unwritten),
                "never written, but not among what is unwritten");
        if (any_lie()) reported.add(record().unwritten);
        if (addressable_ < story_.what.drive.size)
            reported.add({addressable_, story_.what.drive.size - addressable_});
        if (!any_lie() || read_back_in_full)
            require(is_within(old_left_, reported),
                    "old bytes are left that are not reported: " + text_of(old_left_) +
                        "; reported: " + text_of(reported));
        if (only_errors_struck() && only_broken_by_stopping() && !a_blank_pass_ran() &&
            all_is_flushed())
            require(old_left_ == exactly_reported(),
                    "only requests failed: left are " + text_of(old_left_) +
                        "; never written are " + text_of(exactly_reported()));
    }

    static std::size_t engine_ranges_max() { return 4096; }  // engine/pipeline.h

    RangeSet exactly_reported() const {
        RangeSet reported = record().never_written;
        if (addressable_ < story_.what.drive.size)
            reported.add({addressable_, story_.what.drive.size - addressable_});
        return reported;
    }
    bool only_errors_struck() const {
        return !any_struck(
            [](Fault fault) { return fault != Fault::error && fault != Fault::latency; });
    }
    bool a_blank_pass_ran() const {
        return std::any_of(record().steps.begin(), record().steps.end(), [](const auto& step) {
            const auto* pass = as_pass(step.step);
            return pass != nullptr && pass->role == PassRole::blank;
        });
    }

    void a_good_drive_is_erased() {
        const bool anything = any_struck([](Fault fault) { return fault != Fault::latency; });
        if (anything || story_.last().broke || !story_.last().objections.empty()) return;
        const bool all =
            story_.what.goal.verify != VerifyMode::none && addressable_ == story_.what.drive.size;
        require(record().verdict == (all ? Verdict::erased : Verdict::exceptions),
                "nothing went wrong, but its verdict is " + to_string(record().verdict) + ": " +
                    record().cause);
    }

    const Story& story_;
    const std::vector<FaultRule>& rules_;
    std::uint64_t addressable_;
    std::vector<test::Deed> diary_;
    RangeSet old_left_;
    std::vector<std::string> broken_;
};

}  // namespace

std::string text_of(const RangeSet& set) {
    if (set.empty()) return "nothing";
    const Range first = set.ranges().front();
    return std::to_string(set.total()) + " bytes in " + std::to_string(set.ranges().size()) +
           " ranges, the first " + std::to_string(first.first) + "+" + std::to_string(first.count);
}

DetectableBy power_of(const Pattern& pattern) {
    return is_position_unique(pattern) ? DetectableBy::keystream : DetectableBy::zero;
}

bool is_a_lie(Fault fault) {
    switch (fault) {
        case Fault::dropped_write:
        case Fault::torn_write:
        case Fault::stale_read:
        case Fault::flipped_bit:
        case Fault::silent_zeros:
        case Fault::aliased:
            return true;
        case Fault::error:
        case Fault::short_transfer:
        case Fault::shrunken_size:
        case Fault::latency:
        case Fault::never_completes:
        case Fault::flush_error:
        case Fault::identity_change:
        case Fault::exclusive_held:
        case Fault::lock_held:
        case Fault::partition_busy:
        case Fault::kill_worker:
            return false;
    }
    return false;
}

bool shows(DetectableBy power, Fault fault) {
    const DetectableBy needed = test::kind_of(fault).detectable_by;
    if (needed == DetectableBy::none || power == DetectableBy::none) return false;
    return needed == DetectableBy::zero || power == DetectableBy::keystream;
}

std::vector<std::string> broken_invariants(const Story& story) {
    return Check{story}.all();
}

}  // namespace quietus::sim
