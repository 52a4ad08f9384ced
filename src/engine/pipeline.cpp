#include "engine/pipeline.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <system_error>
#include <utility>

#include "base/random.h"
#include "engine/crew.h"

namespace quietus::engine {

namespace {

// How long wait() may keep us from looking whether we should stop: SIGINT must end a run within a
// second.
constexpr int kWaitMs = 100;

// Hands out the extents in requests of at most one buffer.
class RequestCursor {
  public:
    RequestCursor(const std::vector<Range>& extents, std::size_t request_size)
        : extents_{extents}, request_size_{request_size} {}

    std::optional<Range> next() {
        while (index_ < extents_.size() && done_ == extents_[index_].count) {
            ++index_;
            done_ = 0;
        }
        if (index_ == extents_.size()) return std::nullopt;
        const Range& extent = extents_[index_];
        const Range request{extent.first + done_,
                            std::min<std::uint64_t>(request_size_, extent.count - done_)};
        done_ += request.count;
        return request;
    }
    bool at_end() const {
        return index_ == extents_.size() ||
               (index_ + 1 == extents_.size() && done_ == extents_[index_].count);
    }

  private:
    const std::vector<Range>& extents_;
    std::size_t request_size_;
    std::size_t index_{0};
    std::uint64_t done_{0};
};

StepEnd end_of_errno(int error) {
    return error == ENODEV || error == ENXIO || error == ENOMEDIUM ? StepEnd::device_gone
                                                                   : StepEnd::io_error;
}

std::string cause_of(const IoCompletion& completion) {
    const std::string what = completion.kind == IoKind::write ? "write" : "read";
    const std::string at = what + " of " + std::to_string(completion.length) + " bytes at byte " +
                           std::to_string(completion.offset);
    if (completion.error != 0) return at + ": " + std::generic_category().message(completion.error);
    return at + ": only " + std::to_string(completion.transferred) + " bytes were transferred";
}

// One run over the extents: requests out, completions in, and between them the work on buffers,
// which the crew does: filling before a write, comparing after a read.
class Run {
  public:
    Run(IoQueue& queue, IoKind kind, const std::vector<Range>& extents, const KeepGoing& keep_going,
        PatternSource& pattern, unsigned helpers_max, Pacer* pacer)
        : queue_{queue},
          pattern_{pattern},
          kind_{kind},
          cursor_{extents, pacer == nullptr
                               ? queue.request_size()
                               : std::min(queue.request_size(), pacer->request_size())},
          pacer_{pacer},
          keep_going_{keep_going},
          crew_{[this](const Work& work) { return work_with(pattern_, work); },
                [this] { return craft_of_a_helper(); }, helpers_max} {
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
                pacer_->pause(std::chrono::milliseconds{wait_at_most(until_next)});
            else if (crew_.waiting() == 0 && (!running() || (cursor_.at_end() && !next_)))
                break;
            if (running() && !keep_going_(coverage_.covered))
                stop(StepEnd::interrupted, "interrupted");
        }
        coverage_.helpers = crew_.helpers();
        return std::move(coverage_);
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
    Coverage coverage_;

  private:
    Craft craft_of_a_helper() {
        auto sibling = pattern_.sibling();
        if (!sibling) return {};
        const std::shared_ptr<PatternSource> own{std::move(sibling)};
        return [this, own](const Work& work) { return work_with(*own, work); };
    }

    /// How long the next request has to wait for the pace; nothing where none waits for it.
    std::optional<std::chrono::milliseconds> start_what_fits() {
        while (running() && !free_.empty()) {
            if (!next_) next_ = cursor_.next();
            if (!next_) return std::nullopt;
            if (pacer_ != nullptr) {
                if (const auto wait = pacer_->until_next(); wait.count() > 0) return wait;
                pacer_->sent(next_->count);
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
        if (running() && runs_dry && crew_.waiting() > 1 && !cursor_.at_end())
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
            if (completion.ok()) {
                came_back(work);
                continue;
            }
            coverage_.failed.add(work.extent);
            stop(completion.error != 0 ? end_of_errno(completion.error) : StepEnd::io_error,
                 cause_of(completion));
        }
    }

    IoKind kind_;
    RequestCursor cursor_;
    std::optional<Range> next_;  ///< Taken from the cursor, and waiting for the pace.
    Pacer* pacer_;               ///< May be none.
    const KeepGoing& keep_going_;
    std::vector<unsigned> free_;
    bool stopped_{false};
    bool was_full_{false};
    Crew crew_;  // the last member: its helpers use the others
};

class WriteRun final : public Run {
  public:
    WriteRun(IoQueue& queue, PatternSource& pattern, const std::vector<Range>& extents,
             const KeepGoing& keep_going, unsigned helpers_max, Pacer* pacer)
        : Run{queue, IoKind::write, extents, keep_going, pattern, helpers_max, pacer},
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
            std::uint32_t sector, const KeepGoing& keep_going, unsigned helpers_max, Pacer* pacer)
        : Run{queue, IoKind::read, extents, keep_going, pattern, helpers_max, pacer},
          sector_{sector} {}

  private:
    WorkDone work_with(PatternSource& pattern, const Work& work) override {
        WorkDone done{.work = work, .outcome = {}, .mismatched = {}};
        done.outcome =
            pattern.compare(work.extent.first, buffer_of(work), sector_, done.mismatched);
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

    std::uint32_t sector_;
    std::array<std::byte, 16> mark_{};
    Result<void> marked_{fill_random(mark_)};
};

}  // namespace

Coverage write_extents(IoQueue& queue, PatternSource& pattern, const std::vector<Range>& extents,
                       const KeepGoing& keep_going, unsigned helpers_max, Pacer* pacer) {
    return WriteRun{queue, pattern, extents, keep_going, helpers_max, pacer}.go();
}

Coverage read_extents(IoQueue& queue, PatternSource& pattern, const std::vector<Range>& extents,
                      std::uint32_t sector, const KeepGoing& keep_going, unsigned helpers_max,
                      Pacer* pacer) {
    Coverage coverage =
        ReadRun{queue, pattern, extents, sector, keep_going, helpers_max, pacer}.go();
    if (coverage.end == StepEnd::completed && !coverage.mismatched.empty()) {
        coverage.end = StepEnd::mismatch;
        coverage.cause =
            std::to_string(coverage.mismatched.total()) + " bytes read back as something else";
    }
    return coverage;
}

}  // namespace quietus::engine
