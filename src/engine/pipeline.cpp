#include "engine/pipeline.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <system_error>

#include "base/random.h"

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

// One run over the extents: prepare a buffer, submit, take completions, until all is done or
// something ends it.
class Run {
  public:
    Run(IoQueue& queue, IoKind kind, const std::vector<Range>& extents, const KeepGoing& keep_going)
        : queue_{queue},
          kind_{kind},
          cursor_{extents, queue.request_size()},
          keep_going_{keep_going} {
        for (unsigned slot = queue.depth(); slot-- > 0;) free_.push_back(slot);
    }
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;
    virtual ~Run() = default;

    Coverage go() {
        while (true) {
            submit_what_fits();
            if (queue_.in_flight() == 0) break;
            take_completions();
            if (running() && !keep_going_(coverage_.covered))
                stop(StepEnd::interrupted, "interrupted");
        }
        return std::move(coverage_);
    }

  protected:
    /// Before a request goes out (a write fills its buffer).
    virtual Result<void> prepare(const Range& request, unsigned slot) = 0;
    /// After it came back well (a read compares its buffer).
    virtual Result<void> accept(const IoCompletion& completion) = 0;

    void stop(StepEnd end, std::string cause) {
        if (!running()) return;
        coverage_.end = end;
        coverage_.cause = std::move(cause);
        stopped_ = true;
    }
    bool running() const { return !stopped_; }

    IoQueue& queue_;
    Coverage coverage_;

  private:
    void submit_what_fits() {
        while (running() && !free_.empty()) {
            const auto request = cursor_.next();
            if (!request) return;
            const unsigned slot = free_.back();
            Result<void> sent = prepare(*request, slot);
            if (sent)
                sent = queue_.submit({.kind = kind_,
                                      .offset = request->first,
                                      .length = request->count,
                                      .slot = slot});
            if (!sent) return stop(StepEnd::io_error, sent.error().message);
            free_.pop_back();
        }
    }

    void take_completions() {
        auto completions = queue_.wait(kWaitMs);
        if (!completions) {
            // The queue itself is broken: what was in flight will never be reported.
            stop(StepEnd::io_error, completions.error().message);
            QUIETUS_CHECK(queue_.in_flight() == 0);
            return;
        }
        for (const IoCompletion& completion : *completions) {
            free_.push_back(completion.slot);
            take(completion);
        }
    }

    void take(const IoCompletion& completion) {
        if (!completion.ok()) {
            coverage_.failed.add({completion.offset, completion.length});
            return stop(completion.error != 0 ? end_of_errno(completion.error) : StepEnd::io_error,
                        cause_of(completion));
        }
        if (const auto accepted = accept(completion); !accepted)
            return stop(StepEnd::io_error, accepted.error().message);
        coverage_.covered.add({completion.offset, completion.length});
    }

    IoKind kind_;
    RequestCursor cursor_;
    const KeepGoing& keep_going_;
    std::vector<unsigned> free_;
    bool stopped_{false};
};

class WriteRun final : public Run {
  public:
    WriteRun(IoQueue& queue, PatternSource& pattern, const std::vector<Range>& extents,
             const KeepGoing& keep_going)
        : Run{queue, IoKind::write, extents, keep_going},
          pattern_{pattern},
          shared_{!pattern.shared().empty() && queue.use_shared_source(pattern.shared())} {}

  private:
    Result<void> prepare(const Range& request, unsigned slot) override {
        if (shared_) return {};
        return pattern_.fill(request.first, queue_.buffer(slot).first(request.count));
    }
    Result<void> accept(const IoCompletion& /*completion*/) override { return {}; }

    PatternSource& pattern_;
    bool shared_;
};

class ReadRun final : public Run {
  public:
    ReadRun(IoQueue& queue, PatternSource& pattern, const std::vector<Range>& extents,
            std::uint32_t sector, const KeepGoing& keep_going)
        : Run{queue, IoKind::read, extents, keep_going}, pattern_{pattern}, sector_{sector} {}

  private:
    Result<void> prepare(const Range& request, unsigned slot) override {
        // A read that never reached the buffer must not pass, whatever the buffer held before:
        // bytes drawn for this read-back, after every write, stand in each sector and are what is
        // expected by a chance of 2^-128 only.
        if (!marked_) return tl::unexpected{marked_.error()};
        const auto buffer = queue_.buffer(slot).first(request.count);
        for (std::size_t at = 0; at < buffer.size(); at += sector_)
            std::copy(mark_.begin(), mark_.end(), buffer.begin() + static_cast<std::ptrdiff_t>(at));
        return {};
    }
    Result<void> accept(const IoCompletion& completion) override {
        QUIETUS_TRY(pattern_.compare(completion.offset,
                                     queue_.buffer(completion.slot).first(completion.length),
                                     sector_, coverage_.mismatched));
        if (coverage_.mismatched.ranges().size() > kMismatchRangesMax)
            stop(StepEnd::mismatch, "more than " + std::to_string(kMismatchRangesMax) +
                                        " separate ranges read back as something else");
        return {};
    }

    PatternSource& pattern_;
    std::uint32_t sector_;
    std::array<std::byte, 16> mark_{};
    Result<void> marked_{fill_random(mark_)};
};

}  // namespace

Coverage write_extents(IoQueue& queue, PatternSource& pattern, const std::vector<Range>& extents,
                       const KeepGoing& keep_going) {
    return WriteRun{queue, pattern, extents, keep_going}.go();
}

Coverage read_extents(IoQueue& queue, PatternSource& pattern, const std::vector<Range>& extents,
                      std::uint32_t sector, const KeepGoing& keep_going) {
    Coverage coverage = ReadRun{queue, pattern, extents, sector, keep_going}.go();
    if (coverage.end == StepEnd::completed && !coverage.mismatched.empty()) {
        coverage.end = StepEnd::mismatch;
        coverage.cause =
            std::to_string(coverage.mismatched.total()) + " bytes read back as something else";
    }
    return coverage;
}

}  // namespace quietus::engine
