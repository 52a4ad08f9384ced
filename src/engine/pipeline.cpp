#include "engine/pipeline.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <system_error>
#include <utility>

#include "base/random.h"
#include "engine/crew.h"
#include "engine/request_watch.h"

namespace quietus::engine {

namespace {

// How long wait() may keep us from looking whether we should stop: SIGINT must end a run within a
// second.
constexpr int kWaitMs = 100;

// What an errno of the block layer (block/blk-core.c, blk_errors) says of the drive. The rest, EIO
// above all, may be anything, and may pass.
enum class Meaning { may_pass, bad_place, refuses, gone };

Meaning meaning_of(int error) {
    switch (error) {
        case ENODEV:
        case ENXIO:
        case ENOMEDIUM:
        case ESHUTDOWN:
            return Meaning::gone;
        case EROFS:
        case EPERM:
        case EACCES:
        case EINVAL:
        case EOPNOTSUPP:
        case EBADE:  // a reservation of another host
            return Meaning::refuses;
        case ENODATA:    // the medium
        case EREMOTEIO:  // the target
        case EILSEQ:     // protection information
        case ENOSPC:     // what lies behind a thin volume
            return Meaning::bad_place;
        default:
            return Meaning::may_pass;
    }
}

// A drive that was pulled has no bytes any more for the kernel: every place lies behind its end,
// where a write finds no space and a read finds nothing.
bool may_be_pulled(const IoCompletion& completion) {
    return completion.error == ENOSPC || (completion.error == 0 && completion.transferred == 0);
}

std::string shown(IoKind kind, const Range& request) {
    return std::string{kind == IoKind::write ? "write" : "read"} + " of " +
           std::to_string(request.count) + " bytes at byte " + std::to_string(request.first);
}

std::string cause_of(const IoCompletion& completion) {
    const std::string at = shown(completion.kind, {completion.offset, completion.length});
    if (completion.error != 0) return at + ": " + std::generic_category().message(completion.error);
    return at + ": only " + std::to_string(completion.transferred) + " bytes were transferred";
}

// One run over the extents: requests out, completions in, and between them the work on buffers,
// which the crew does: filling before a write, comparing after a read.
class Run {
  public:
    Run(IoQueue& queue, IoKind kind, const std::vector<Range>& extents, const KeepGoing& keep_going,
        PatternSource& pattern, const IoOptions& options)
        : queue_{queue},
          pattern_{pattern},
          options_{options},
          kind_{kind},
          order_{extents,
                 options.pacer == nullptr
                     ? queue.request_size()
                     : std::min(queue.request_size(), options.pacer->request_size()),
                 options.sectors, options.bad_areas},
          keep_going_{keep_going},
          watch_{options.clock, queue.depth(), extents.empty() ? 0 : extents.back().end()},
          crew_{[this](const Work& work) { return work_with(pattern_, work); },
                [this] { return craft_of_a_helper(); }, options.helpers_max} {
        for (unsigned slot = queue.depth(); slot-- > 0;) free_.push_back(slot);
    }
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;
    virtual ~Run() = default;

    Coverage go() {
        while (true) {
            const auto until_next = start_what_fits();
            work();
            if (!running()) crew_.drop_waiting();
            if (queue_.in_flight() > 0)
                take_completions(crew_.waiting() > 0 ? 0 : wait_at_most(until_next));
            else if (crew_.with_helpers() > 0)
                crew_.wait_for_helpers(kWaitMs);
            else if (crew_.waiting() == 0 && running() && until_next)
                options_.pacer->pause(std::chrono::milliseconds{wait_at_most(until_next)});
            else if (crew_.waiting() == 0 && (!running() || (order_.at_end() && !next_)))
                break;
            look_at_the_clock();
            if (coverage_.end == StepEnd::hung) break;
            if (running() && !keep_going_(coverage_.covered))
                stop(StepEnd::interrupted, "interrupted");
        }
        return conclude();
    }

  protected:
    /// The work on one buffer. Runs in any thread of the crew: `pattern` is that thread's own.
    virtual WorkDone work_with(PatternSource& pattern, const Work& work) = 0;
    /// A slot is free and a request is due: submit it, or add it to the crew's work.
    virtual void start(const Work& work) = 0;
    /// The work on its buffer is done, and well.
    virtual void worked(const WorkDone& done) = 0;
    /// The request came back well.
    virtual void came_back(const Work& work) = 0;

    void submit(const Work& work) {
        const auto sent = queue_.submit({.kind = kind_,
                                         .offset = work.extent.first,
                                         .length = work.extent.count,
                                         .slot = work.slot});
        if (!sent) stop(StepEnd::io_error, sent.error().message);
        watch_.sent(work.slot, work.extent);
        was_full_ = was_full_ || queue_.in_flight() == queue_.depth();
    }
    void let_crew(const Work& work) { crew_.add(work); }
    void release(unsigned slot) { free_.push_back(slot); }
    void cover(const Range& extent) { coverage_.covered.add(extent); }
    std::span<std::byte> buffer_of(const Work& work) {
        return queue_.buffer(work.slot).first(work.extent.count);
    }

    void stop(StepEnd end, std::string cause) {
        if (!running()) return;
        coverage_.end = end;
        coverage_.cause = std::move(cause);
        stopped_ = true;
    }
    bool running() const { return !stopped_; }

    IoQueue& queue_;
    PatternSource& pattern_;
    const IoOptions& options_;
    Coverage coverage_;

  private:
    // All that could be done has been; what is left has been tried to the end, or a limit says not
    // to.
    Coverage conclude() {
        coverage_.helpers = crew_.helpers();
        coverage_.failed = order_.failed_so_far();
        coverage_.pace = watch_.pace();
        coverage_.pace.failed_requests = order_.failed_requests();
        coverage_.pace.retried = order_.retried();
        if (running() && !coverage_.failed.empty()) {
            coverage_.cause = first_cause_;
            coverage_.end = StepEnd::partial;
            if (!order_.limit_passed().empty()) {
                coverage_.end = StepEnd::io_error;
                coverage_.cause = order_.limit_passed() + "; " + first_cause_;
            }
        }
        return std::move(coverage_);
    }

    // A request in flight cannot be taken back: one that is overdue makes the drive a hung one, and
    // whatever is in flight with it unknown.
    void look_at_the_clock() {
        if (options_.clock == nullptr) return;
        if (const auto& least = options_.min_rate; least && running()) {
            const auto rate = watch_.rate_over(kSlowFor);
            if (rate && *rate < *least)
                stop(StepEnd::io_error, "too slow: " + std::to_string(*rate) +
                                            " bytes a second over a minute, at least " +
                                            std::to_string(*least) + " were asked for");
        }
        if (options_.request_deadline.count() == 0) return;
        if (const auto overdue = watch_.overdue(options_.request_deadline)) {
            stopped_ = false;  // whatever ended the run before, this is worse
            stop(StepEnd::hung, shown(kind_, *overdue) + ": no answer within " +
                                    std::to_string(options_.request_deadline.count() / 1000) +
                                    " s");
        }
    }

    Craft craft_of_a_helper() {
        auto sibling = pattern_.sibling();
        if (!sibling) return {};
        const std::shared_ptr<PatternSource> own{std::move(sibling)};
        return [this, own](const Work& work) { return work_with(*own, work); };
    }

    /// How long the next request has to wait for the pace; nothing where none waits for it.
    std::optional<std::chrono::milliseconds> start_what_fits() {
        while (running() && !free_.empty()) {
            if (!next_) next_ = order_.next();
            if (!next_) return std::nullopt;
            if (options_.pacer != nullptr) {
                if (const auto wait = options_.pacer->until_next(); wait.count() > 0) return wait;
                options_.pacer->sent(next_->count);
            }
            const Work work{.slot = free_.back(), .extent = *std::exchange(next_, std::nullopt)};
            free_.pop_back();
            start(work);
        }
        return std::nullopt;
    }

    static int wait_at_most(const std::optional<std::chrono::milliseconds>& until_next) {
        constexpr std::chrono::milliseconds kWait{kWaitMs};
        return static_cast<int>(std::min(kWait, until_next.value_or(kWait)).count());
    }

    // One piece at a time, so that what is done goes out at once and the drive never waits for the
    // rest. More than one piece waiting while the queue runs dry says that one thread is too slow.
    void work() {
        const bool runs_dry = was_full_ && queue_.in_flight() <= queue_.depth() / 2;
        if (running() && runs_dry && crew_.waiting() > 1 && order_.sweeping())
            crew_.call_for_help();
        for (const WorkDone& done : crew_.finished()) take(done);
        if (!running()) return;
        if (const auto done = crew_.do_one()) take(*done);
    }

    void take(const WorkDone& done) {
        if (!done.outcome) return stop(StepEnd::io_error, done.outcome.error().message);
        // What was found counts also where something else has ended the run meanwhile.
        if (running() || kind_ == IoKind::read) worked(done);
    }

    void take_completions(int timeout_ms) {
        auto completions = queue_.wait(timeout_ms);
        if (!completions) {
            // The queue itself is broken: what was in flight will never be reported.
            stop(StepEnd::io_error, completions.error().message);
            QUIETUS_CHECK(queue_.in_flight() == 0);
            return;
        }
        for (const IoCompletion& completion : *completions) {
            const Work work{.slot = completion.slot,
                            .extent = {completion.offset, completion.length}};
            const auto took = watch_.back(work.slot, completion.ok());
            if (completion.ok()) {
                order_.came_back(work.extent, took);
                came_back(work);
            } else {
                failed(completion, took);
                release(work.slot);
            }
        }
    }

    void failed(const IoCompletion& completion, std::chrono::nanoseconds took) {
        // An incomplete transfer without an error is as good as one that may pass.
        const Meaning meaning = meaning_of(completion.error);
        const bool given_up = order_.failed(
            {completion.offset, completion.length},
            meaning == Meaning::may_pass ? Setback::transient : Setback::permanent, took);
        if (given_up && first_cause_.empty()) first_cause_ = cause_of(completion);
        Result<void> there;
        if (running() && options_.still_there && may_be_pulled(completion))
            there = options_.still_there();
        if (meaning == Meaning::gone)
            stop(StepEnd::device_gone, cause_of(completion));
        else if (!there)
            stop(StepEnd::device_gone, cause_of(completion) + ": " + there.error().message);
        else if (meaning == Meaning::refuses)
            stop(StepEnd::io_error, cause_of(completion));
        else if (!order_.hopeless().empty())
            stop(StepEnd::io_error, order_.hopeless() + "; the last: " + cause_of(completion));
    }

    IoKind kind_;
    RequestOrder order_;
    std::optional<Range> next_;  ///< Next in order, and waiting for the pace.
    const KeepGoing& keep_going_;
    RequestWatch watch_;
    std::string first_cause_;
    std::vector<unsigned> free_;
    bool stopped_{false};
    bool was_full_{false};
    Crew crew_;  // the last member: its helpers use the others
};

class WriteRun final : public Run {
  public:
    WriteRun(IoQueue& queue, PatternSource& pattern, const std::vector<Range>& extents,
             const KeepGoing& keep_going, const IoOptions& options)
        : Run{queue, IoKind::write, extents, keep_going, pattern, options},
          shared_{!pattern.shared().empty() && queue.use_shared_source(pattern.shared())} {}

  private:
    WorkDone work_with(PatternSource& pattern, const Work& work) override {
        return {.work = work,
                .outcome = pattern.fill(work.extent.first, buffer_of(work)),
                .mismatched = {}};
    }
    void start(const Work& work) override {
        if (shared_)
            submit(work);
        else
            let_crew(work);
    }
    void worked(const WorkDone& done) override { submit(done.work); }
    void came_back(const Work& work) override {
        cover(work.extent);
        release(work.slot);
    }

    bool shared_;
};

class ReadRun final : public Run {
  public:
    ReadRun(IoQueue& queue, PatternSource& pattern, const std::vector<Range>& extents,
            const KeepGoing& keep_going, const IoOptions& options)
        : Run{queue, IoKind::read, extents, keep_going, pattern, options},
          sector_{options.sectors.logical} {}

  private:
    WorkDone work_with(PatternSource& pattern, const Work& work) override {
        WorkDone done{.work = work, .outcome = {}, .mismatched = {}};
        done.outcome =
            pattern.compare(work.extent.first, buffer_of(work), sector_, done.mismatched);
        if (pattern.takes_anything()) add_unread(work, done.mismatched);
        return done;
    }

    void start(const Work& work) override {
        // A read that never reached the buffer must not pass, whatever the buffer held before:
        // bytes drawn for this read-back, after every write, stand in each sector and are what is
        // expected by a chance of 2^-128 only.
        if (!marked_) return stop(StepEnd::io_error, marked_.error().message);
        const auto buffer = buffer_of(work);
        for (std::size_t at = 0; at < buffer.size(); at += sector_)
            std::copy(mark_.begin(), mark_.end(), buffer.begin() + static_cast<std::ptrdiff_t>(at));
        submit(work);
    }
    void came_back(const Work& work) override { let_crew(work); }
    void worked(const WorkDone& done) override {
        for (const Range& range : done.mismatched.ranges()) coverage_.mismatched.add(range);
        if (coverage_.mismatched.ranges().size() > kMismatchRangesMax)
            stop(StepEnd::mismatch, "more than " + std::to_string(kMismatchRangesMax) +
                                        " separate ranges read back as something else");
        cover(done.work.extent);
        release(done.work.slot);
    }

    // Sectors that still hold the mark were never read.
    void add_unread(const Work& work, RangeSet& mismatched) {
        const auto buffer = buffer_of(work);
        for (std::size_t at = 0; at < buffer.size(); at += sector_) {
            if (std::equal(mark_.begin(), mark_.end(),
                           buffer.begin() + static_cast<std::ptrdiff_t>(at)))
                mismatched.add({work.extent.first + at, sector_});
        }
    }

    std::uint32_t sector_;
    std::array<std::byte, 16> mark_{};
    Result<void> marked_{fill_random(mark_)};
};

}  // namespace

Coverage write_extents(IoQueue& queue, PatternSource& pattern, const std::vector<Range>& extents,
                       const KeepGoing& keep_going, const IoOptions& options) {
    return WriteRun{queue, pattern, extents, keep_going, options}.go();
}

Coverage read_extents(IoQueue& queue, PatternSource& pattern, const std::vector<Range>& extents,
                      const KeepGoing& keep_going, const IoOptions& options) {
    Coverage coverage = ReadRun{queue, pattern, extents, keep_going, options}.go();
    if (came_to_its_end(coverage.end) && !coverage.mismatched.empty()) {
        coverage.end = StepEnd::mismatch;
        coverage.cause =
            std::to_string(coverage.mismatched.total()) + " bytes read back as something else";
    }
    return coverage;
}

}  // namespace quietus::engine
