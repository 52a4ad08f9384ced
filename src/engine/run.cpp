#include "engine/run.h"

#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/memory.h"
#include "base/random.h"
#include "engine/hardware_step.h"
#include "engine/keystream.h"
#include "engine/markers.h"
#include "engine/pipeline.h"
#include "engine/sample.h"

namespace quietus::engine {

namespace {

constexpr std::int64_t kProgressIntervalNs = 200'000'000;

class Runner {
  public:
    Runner(TakenDrive& drive, RunControl& control, const Clock& clock, const RunOptions& options)
        : drive_{drive},
          control_{control},
          clock_{clock},
          options_{options},
          addressable_{drive.plan().target.geometry.addressable().bytes},
          sector_{drive.plan().target.geometry.logical_sector},
          pacer_{clock, options.limits.max_rate, paced_request(options, sector_),
                 [&control](std::chrono::milliseconds limit) { control.pause(limit); }},
          io_{.sectors = sectors_of(drive.plan().target.geometry),
              .helpers_max = options.helpers_max,
              .pacer = &pacer_,
              .bad_areas = bad_areas_of(options.limits),
              .clock = &clock,
              .request_deadline = seconds_of(options.limits.request_deadline_s),
              .min_rate = options.limits.min_rate,
              .still_there = [&drive] { return drive.confirm_identity(); }} {}

    RunEnd go() {
        RunEnd end;
        if (options_.continues) {
            for (const StepOutcome& outcome : options_.continues->done) remember(outcome);
        }
        const std::size_t first = options_.continues ? options_.continues->done.size() : 0;
        for (std::size_t i = first; i < drive_.plan().steps.size() && end.cause.empty(); ++i) {
            StepOutcome outcome;
            outcome.index = static_cast<int>(i);
            outcome.step = drive_.plan().steps[i];
            if (const auto ran = run_step(outcome); !ran)
                end.cause = ran.error().message;
            else if (!came_to_its_end(outcome.end))
                end.cause = to_string(outcome.step) + ": " + outcome.cause;
            end.hung = outcome.end == StepEnd::hung;
        }
        // Nothing more can be asked of a drive that does not answer.
        if (end.hung) return end;
        // True from here on: nothing more is written. Whose bytes were they?
        const auto same = drive_.confirm_identity();
        end.identity_confirmed = same.has_value();
        if (!same && end.cause.empty()) end.cause = same.error().message;
        if (const auto reread = drive_.handle().reread_partitions(); !reread)
            log::debug(reread.error().message);
        return end;
    }

  private:
    // A failed Result: the step did not begin, or its end could not be journalled.
    Result<void> run_step(StepOutcome& outcome) {
        outcome.began = clock_.now();
        last_checkpoint_ = clock_.monotonic();
        if (const auto* pass = std::get_if<OverwritePass>(&outcome.step)) {
            QUIETUS_TRY(prepare_overwrite(*pass, outcome));
            QUIETUS_TRY(control_.begin(outcome));
            drive_.forget_partitions();
            overwrite(outcome);
            remember(outcome);
        } else if (const auto* read_back = std::get_if<ReadBack>(&outcome.step)) {
            const auto extents = QUIETUS_TRY(prepare_read_back(*read_back, outcome));
            QUIETUS_TRY(control_.begin(outcome));
            if (read_back->role == PassRole::device)
                look_for_markers(extents, outcome);
            else
                verify(extents, outcome);
        } else if (std::holds_alternative<PlantMarkers>(outcome.step)) {
            QUIETUS_TRY(prepare_markers(outcome));
            QUIETUS_TRY(control_.begin(outcome));
            drive_.forget_partitions();
            plant(outcome);
            remember(outcome);
        } else if (const auto* erase = std::get_if<HardwareErase>(&outcome.step)) {
            HardwareStep step{drive_, control_, clock_, options_.limits, options_.device_poll};
            QUIETUS_TRY(step.prepare(*erase, begun_before(outcome), outcome));
            QUIETUS_TRY(control_.begin(outcome));
            drive_.forget_partitions();
            step.carry_out(*erase, outcome);
            remember(outcome);
        }
        outcome.ended = clock_.now();
        return control_.end(outcome);
    }

    // What the drive holds from now on.
    void remember(const StepOutcome& outcome) {
        if (std::holds_alternative<PlantMarkers>(outcome.step)) {
            markers_ = outcome.keystream;
            marked_ = outcome.covered;
        }
        if (const auto* erase = std::get_if<HardwareErase>(&outcome.step))
            last_command_ = erase->command;
        const auto* pass = std::get_if<OverwritePass>(&outcome.step);
        if (pass == nullptr) return;
        last_written_ = written_pattern(outcome);
        last_keystream_ = outcome.keystream;
        last_covered_ = outcome.covered;
        const auto* drawn = std::get_if<DrawnBytePattern>(&pass->pattern);
        if (drawn != nullptr && outcome.drawn_byte)
            drawn_.emplace(drawn->slot,
                           drawn->complement ? ~*outcome.drawn_byte : *outcome.drawn_byte);
    }

    // The pass that an earlier run was in goes on with what it began with.
    const StepOutcome* begun_before(const StepOutcome& outcome) const {
        const auto& before = options_.continues;
        return before && before->unfinished && before->unfinished->index == outcome.index
                   ? &*before->unfinished
                   : nullptr;
    }

    Result<void> prepare_overwrite(const OverwritePass& pass, StepOutcome& outcome) {
        outcome.bytes_promised = addressable_;
        if (const StepOutcome* before = begun_before(outcome)) {
            outcome.keystream = before->keystream;
            outcome.drawn_byte = before->drawn_byte;
            outcome.kept = before->kept;
            return {};
        }
        if (std::holds_alternative<KeystreamPattern>(pass.pattern))
            outcome.keystream = QUIETUS_TRY(new_keystream(preferred_algorithm()));
        if (const auto* drawn = std::get_if<DrawnBytePattern>(&pass.pattern)) {
            const std::byte byte = QUIETUS_TRY(drawn_byte(drawn->slot));
            outcome.drawn_byte = drawn->complement ? ~byte : byte;
        }
        return {};
    }

    // Drawn when its first pass is prepared; the journal has it before anything is written.
    Result<std::byte> drawn_byte(int slot) {
        const auto known = drawn_.find(slot);
        if (known != drawn_.end()) return known->second;
        Bytes byte(1);
        QUIETUS_TRY(fill_random(byte));
        return drawn_.emplace(slot, byte.front()).first->second;
    }

    // The seed is drawn now, after the flush of the pass: no drive could have known what will be
    // read. What the pass could not write is not read: what is there, it did not promise.
    Result<std::vector<Range>> prepare_read_back(const ReadBack& read_back, StepOutcome& outcome) {
        const bool of_device = read_back.role == PassRole::device;
        if (of_device ? !markers_ || !last_command_ : !last_written_)
            return failure(ErrorCode::internal, "a read-back before any pass");
        RangeSet extents;
        const bool by_sample = read_back.mode == VerifyMode::sample && !options_.continues;
        if (by_sample && large_enough_to_sample(addressable_, sector_)) {
            outcome.sample_seed = Bytes(kSampleSeedSize);
            QUIETUS_TRY(fill_random(*outcome.sample_seed));
            outcome.sample_subsections = kSampleSubsections;
            outcome.sample_per_subsection = kSamplesPerSubsection;
            for (const Range& range : sample_ranges(*outcome.sample_seed, addressable_, sector_))
                extents.add(range);
        } else {
            extents.add({0, addressable_});
        }
        if (of_device) {
            extents.add(marked_);
        } else {
            const RangeSet not_written = last_covered_.complement(addressable_);
            for (const Range& gap : not_written.ranges()) extents.subtract(gap);
        }
        outcome.bytes_promised = extents.total();
        return extents.ranges();
    }

    void overwrite(StepOutcome& outcome) {
        const auto started = clock_.monotonic();
        const RangeSet rest = outcome.kept.complement(addressable_);
        const Coverage coverage = with_queue(
            outcome,
            [&](IoQueue& queue, PatternSource& pattern) {
                return write_extents(queue, pattern, rest.ranges(), keep_going(outcome), io_);
            },
            written_pattern(outcome), outcome.keystream);
        record(coverage, outcome);
        outcome.elapsed_ms = since(started);
        if (outcome.end == StepEnd::hung) return;
        flush_after(outcome);
        outcome.elapsed_ms = since(started);
    }

    // Also after an error: what was written must not linger in a cache that power can lose.
    void flush_after(StepOutcome& outcome) {
        control_.flushing();
        const auto flushed = drive_.handle().flush();
        outcome.flushed = flushed.has_value();
        if (!flushed && came_to_its_end(outcome.end)) {
            outcome.end = StepEnd::io_error;
            outcome.cause = flushed.error().message;
        }
    }

    Result<void> prepare_markers(StepOutcome& outcome) {
        outcome.keystream = QUIETUS_TRY(new_keystream(preferred_algorithm()));
        outcome.sample_seed = Bytes(kMarkerSeedSize);
        QUIETUS_TRY(fill_random(*outcome.sample_seed));
        outcome.bytes_promised = marker_places(*outcome.sample_seed, addressable_, sector_).total();
        return {};
    }

    void plant(StepOutcome& outcome) {
        const auto started = clock_.monotonic();
        // A drive that is erasing itself, whoever asked it to, takes no writes: its end is waited
        // for.
        if (const auto idle = await_idle_drive(drive_, control_, clock_, options_.limits,
                                               options_.device_poll, outcome);
            !idle.empty()) {
            outcome.end = StepEnd::unproven;
            outcome.cause = idle;
            return;
        }
        const RangeSet places = marker_places(*outcome.sample_seed, addressable_, sector_);
        const Coverage coverage = with_queue(
            outcome,
            [&](IoQueue& queue, PatternSource& pattern) {
                return write_extents(queue, pattern, places.ranges(), keep_going(outcome), io_);
            },
            KeystreamPattern{}, outcome.keystream);
        record(coverage, outcome);
        if (outcome.end != StepEnd::hung) flush_after(outcome);
        outcome.elapsed_ms = since(started);
    }

    void look_for_markers(const std::vector<Range>& extents, StepOutcome& outcome) {
        const auto started = clock_.monotonic();
        if (const auto dropped = drive_.handle().drop_cache(); !dropped)
            log::warning(dropped.error().message);
        auto leavings = std::make_unique<Leavings>();
        Coverage coverage = with_queue(
            outcome,
            [&](IoQueue& queue, PatternSource& pattern) {
                return read_extents(queue, pattern, extents, keep_going(outcome), io_);
            },
            make_leavings_source(*markers_, marked_, *last_command_, options_.request_size,
                                 *leavings));
        outcome.unreadable = std::exchange(coverage.failed, {});
        record(coverage, outcome);
        outcome.read_as = describe(*leavings);
        if (outcome.end == StepEnd::hung) keep_for_ever(std::move(leavings));
        outcome.elapsed_ms = since(started);
    }

    void verify(const std::vector<Range>& extents, StepOutcome& outcome) {
        const auto started = clock_.monotonic();
        // O_DIRECT reads do not look into the page cache; dropping it keeps other readers honest
        // too.
        if (const auto dropped = drive_.handle().drop_cache(); !dropped)
            log::warning(dropped.error().message);
        Coverage coverage = with_queue(
            outcome,
            [&](IoQueue& queue, PatternSource& pattern) {
                return read_extents(queue, pattern, extents, keep_going(outcome), io_);
            },
            *last_written_, last_keystream_);
        outcome.unreadable = std::exchange(coverage.failed, {});
        record(coverage, outcome);
        outcome.elapsed_ms = since(started);
    }

    template <class Work>
    Coverage with_queue(StepOutcome& outcome, Work work, const Pattern& pattern,
                        const std::optional<Keystream>& keystream) {
        return with_queue(outcome, work,
                          make_pattern_source(pattern, keystream, options_.request_size));
    }

    template <class Work>
    Coverage with_queue(StepOutcome& outcome, Work work,
                        Result<std::unique_ptr<PatternSource>> source) {
        if (!source) return failed(source.error());
        auto queue = drive_.handle().make_queue({.depth = options_.depth,
                                                 .request_size = options_.request_size,
                                                 .force_threads = options_.force_threads});
        if (!queue) return failed(queue.error());
        outcome.engine = std::string{(*queue)->name()};
        Coverage coverage = work(**queue, **source);
        if (coverage.end == StepEnd::hung) {
            // The kernel may still read from and write to their memory: it is never freed.
            keep_for_ever(std::move(*queue));
            keep_for_ever(std::move(*source));
        }
        return coverage;
    }

    static std::chrono::milliseconds seconds_of(std::uint64_t seconds) {
        return std::chrono::seconds{seconds};
    }

    static BadAreaPolicy bad_areas_of(const RunLimits& limits) {
        BadAreaPolicy policy;
        policy.backward = limits.backward;
        policy.retries = static_cast<unsigned>(limits.retries);
        policy.region_time = seconds_of(limits.bad_area_s);
        return policy;
    }

    // Drives say odd things of their physical sectors: one that fits nothing is not used.
    static SectorSizes sectors_of(const Geometry& geometry) {
        const std::uint32_t logical = geometry.logical_sector;
        const std::uint32_t physical = geometry.physical_sector;
        constexpr std::uint32_t kPhysicalMax = 1024 * 1024;
        const bool fits = physical > logical && physical % logical == 0 && physical <= kPhysicalMax;
        return {.logical = logical, .physical = fits ? physical : logical};
    }

    static Coverage failed(const Error& error) {
        Coverage coverage;
        coverage.end = StepEnd::io_error;
        coverage.cause = error.message;
        return coverage;
    }

    void record(const Coverage& coverage, StepOutcome& outcome) const {
        outcome.covered = outcome.kept;
        outcome.covered.add(coverage.covered);
        outcome.failed = coverage.failed;
        outcome.mismatched = coverage.mismatched;
        outcome.pace = coverage.pace;
        outcome.bytes_done = outcome.covered.total();
        outcome.end = coverage.end;
        outcome.cause =
            coverage.end == StepEnd::interrupted ? control_.stop_cause() : coverage.cause;
    }

    static std::size_t paced_request(const RunOptions& options, std::uint32_t sector) {
        return options.limits.max_rate
                   ? paced_request_size(*options.limits.max_rate, options.request_size, sector)
                   : options.request_size;
    }

    KeepGoing keep_going(const StepOutcome& outcome) {
        return [this, &outcome](const RangeSet& covered) {
            const auto now = clock_.monotonic();
            if ((now - last_progress_).count() >= kProgressIntervalNs) {
                last_progress_ = now;
                tell(outcome, covered);
            }
            return !control_.stop_requested();
        };
    }

    // A flush speaks of every write that had come back before it.
    void tell(const StepOutcome& outcome, const RangeSet& covered) {
        RangeSet all = outcome.kept;
        all.add(covered);
        bool flushed = false;
        if (std::holds_alternative<OverwritePass>(outcome.step) && checkpoint_is_due(all)) {
            control_.flushing();
            flushed = drive_.handle().flush().has_value();
            last_checkpoint_ = clock_.monotonic();
        }
        control_.progress(outcome, all, flushed);
    }

    // Ranges in their thousands make long lines: those come less often.
    bool checkpoint_is_due(const RangeSet& covered) const {
        constexpr std::size_t kShort = 64;
        const auto share = static_cast<std::int64_t>(1 + covered.ranges().size() / kShort);
        return clock_.monotonic() - last_checkpoint_ >= options_.checkpoint_interval * share;
    }

    std::uint64_t since(std::chrono::nanoseconds started) const {
        return static_cast<std::uint64_t>((clock_.monotonic() - started).count() / 1'000'000);
    }

    TakenDrive& drive_;
    RunControl& control_;
    const Clock& clock_;
    RunOptions options_;
    std::uint64_t addressable_;
    std::uint32_t sector_;
    std::map<int, std::byte> drawn_;       ///< By slot.
    std::optional<Pattern> last_written_;  ///< What the drive should hold now.
    std::optional<Keystream> last_keystream_;
    RangeSet last_covered_;  ///< By the pass that wrote it.
    std::optional<Keystream> markers_;
    RangeSet marked_;
    std::optional<DeviceCommand> last_command_;
    std::chrono::nanoseconds last_progress_{0};
    std::chrono::nanoseconds last_checkpoint_{0};
    Pacer pacer_;
    IoOptions io_;
};

}  // namespace

RunEnd run(TakenDrive& drive, RunControl& control, const Clock& clock, const RunOptions& options) {
    return Runner{drive, control, clock, options}.go();
}

}  // namespace quietus::engine
