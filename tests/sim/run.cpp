#include "sim/run.h"

#include <algorithm>
#include <cstring>

#include "base/bytes.h"
#include "engine/events.h"
#include "support/approve.h"

namespace quietus::sim {

namespace {

using test::Did;

constexpr std::size_t kLegsMax = 8;
// Far more than any case takes.
constexpr std::chrono::hours kLegTimeMax{2000};
constexpr std::uint64_t kLooksMax = 20'000'000;

struct Killed {
    Break::How how;
};
struct OutOfTime {};

// Turned by what the drive does and by whoever waits for it.
class HandClock final : public Clock {
  public:
    UtcTime now() const override {
        return {1'790'000'000'000 +
                std::chrono::duration_cast<std::chrono::milliseconds>(time_).count()};
    }
    std::chrono::nanoseconds monotonic() const override { return time_; }
    void advance(std::chrono::milliseconds by) {
        time_ += by;
        if (time_ > limit_) throw OutOfTime{};
    }
    void new_limit() { limit_ = time_ + kLegTimeMax; }

  private:
    std::chrono::nanoseconds time_{0};
    std::chrono::nanoseconds limit_{kLegTimeMax};
};

Bytes random_bytes(std::uint64_t seed, std::size_t size) {
    std::vector<std::uint64_t> words(size / sizeof(std::uint64_t) + 1);
    std::uint64_t state = seed | 1U;
    for (std::uint64_t& word : words) {  // xorshift64 (Marsaglia, 2003)
        state ^= state << 13U;
        state ^= state >> 7U;
        state ^= state << 17U;
        word = state | 0x0101010101010101U;  // no byte of it is zero
    }
    Bytes bytes(size);
    std::memcpy(bytes.data(), words.data(), size);
    return bytes;
}

// Counts the moments of a leg and breaks it off at the chosen one.
class Moments {
  public:
    void arm(std::optional<Break> next) {
        armed_ = next;
        seen_ = 0;
        stop_ = full_ = false;
    }
    void disarm() { armed_.reset(); }
    void one() {
        if (!armed_ || ++seen_ != armed_->after) return;
        struck_ = armed_->how;
        if (armed_->how == Break::How::stop)
            stop_ = true;
        else if (armed_->how == Break::How::journal_full)
            full_ = true;
        else
            throw Killed{armed_->how};
    }
    bool stop() const { return stop_; }
    bool full() const { return full_; }
    std::optional<Break::How> take_struck() { return std::exchange(struck_, std::nullopt); }

  private:
    std::optional<Break> armed_;
    std::optional<Break::How> struck_;
    std::uint64_t seen_{0};
    bool stop_{false};
    bool full_{false};
};

// The supervisor's part: a journal in memory.
class Scribe final : public engine::RunControl {
  public:
    Scribe(Leg& leg, Moments& moments, HandClock& clock, const std::size_t& deeds)
        : leg_{leg}, moments_{moments}, clock_{clock}, deeds_{deeds} {}

    Result<void> append(const Json& event) {
        writing_ = canonical_json(event) + "\n";
        moments_.one();
        if (moments_.full()) return failure(ErrorCode::io, "the journal is full");
        leg_.text += std::exchange(writing_, {});
        moments_.one();
        return {};
    }
    /// What a line that was being written leaves.
    void tear() { leg_.text += writing_.substr(0, writing_.size() / 2); }

    Result<void> begin(const StepOutcome& outcome) override {
        QUIETUS_TRY(append(engine::begin_event(outcome)));
        leg_.steps.push_back({.outcome = outcome,
                              .ended = false,
                              .deeds_from = deeds_,
                              .deeds_to = deeds_,
                              .journalled = {},
                              .took = clock_.monotonic()});
        return {};
    }
    Result<void> end(const StepOutcome& outcome) override {
        SeenStep& step = leg_.steps.back();
        step.outcome = outcome;
        step.deeds_to = deeds_;
        step.took = clock_.monotonic() - step.took;
        QUIETUS_TRY(append(engine::end_event(outcome)));
        step.ended = true;
        return {};
    }
    void progress(const StepOutcome& outcome, const RangeSet& covered, bool flushed) override {
        if (!flushed) return;
        const bool written =
            append(engine::progress_event(outcome.index, covered, flushed)).has_value();
        if (written) leg_.steps.back().journalled = covered;
    }
    bool stop_requested() override {
        if (++looks_ > kLooksMax) throw OutOfTime{};
        return moments_.stop();
    }
    void pause(std::chrono::milliseconds limit) override { clock_.advance(limit); }

  private:
    Leg& leg_;
    Moments& moments_;
    HandClock& clock_;
    const std::size_t& deeds_;
    std::string writing_;
    std::uint64_t looks_{0};
};

std::vector<Json> entries_of(const std::string& text) {
    std::vector<Json> entries;
    for (std::size_t at = 0, end = 0; (end = text.find('\n', at)) != std::string::npos;
         at = end + 1) {
        auto entry = parse_json(std::string_view{text}.substr(at, end - at));
        QUIETUS_CHECK(entry.has_value());
        entries.push_back(std::move(*entry));
    }
    return entries;
}

class Player {
  public:
    explicit Player(Story& story) : story_{story}, what_{story.what} {
        story.host = std::make_unique<test::MemoryHost>();
        test::MemoryDriveOptions options = what_.drive;
        options.surroundings = {
            .now = [this] { return clock_.monotonic(); },
            .wait = [this](int ms) { clock_.advance(std::chrono::milliseconds{ms}); },
            .die = [] { throw Killed{Break::How::kill}; }};
        drive_ = &story.host->add(std::move(options));
        const test::MemoryDrive& other = story.host->add(
            {.name = "sdb", .number = {8, 16}, .size = 64 * kKiB, .serial = "SERIAL-0002"});
        story.old = random_bytes(what_.drive.seed, drive_->content().size());
        std::copy(story.old.begin(), story.old.end(), drive_->content().begin());
        story.old_of_other.assign(other.content().begin(), other.content().end());
        drive_->on_deed = [this](Did what) { deed(what); };
    }

    void play() {
        std::optional<engine::Continuation> continues;
        bool failed_before = false;
        while (story_.legs.size() < kLegsMax) {
            run_leg(continues);
            const Leg& leg = story_.legs.back();
            if (!leg.objections.empty() || leg.out_of_time || !leg.record) break;
            if (leg.end && leg.end->hung) break;
            const bool has_failed = leg.record->verdict == Verdict::not_erased;
            const bool again = what_.resumes_a_failed && has_failed && !failed_before;
            if (!leg.broke && !again) break;
            failed_before = failed_before || !leg.broke;
            // A drive of another size is not the one that was away (device/identity.h).
            if (drive_->facts().size.bytes != what_.drive.size) break;
            auto unfinished = engine::unfinished_run(entries_of(leg.text), whole_lines(leg.text));
            if (unfinished) {
                continues = std::move(unfinished->continuation);
            } else if (unfinished.error().code != ErrorCode::usage) {
                story_.broken_journal = unfinished.error().message;
                break;
            } else if (leg.record->any_write_issued) {
                break;  // it came to its end
            }
            // Where nothing was written there is nothing to carry on: as it was called, once more.
        }
        drive_->on_deed = {};
        drive_->cut_power(what_.drive.seed);
    }

  private:
    static std::string whole_lines(const std::string& text) {
        const std::size_t last = text.rfind('\n');
        return last == std::string::npos ? std::string{} : text.substr(0, last + 1);
    }

    static bool differ(const HandleFacts& a, const HandleFacts& b) {
        return a.number != b.number || a.size != b.size || a.disk_sequence != b.disk_sequence;
    }

    void deed(Did what) {
        ++deeds_;
        if (what == Did::write || what == Did::read) clock_.advance(what_.request_takes);
        if (what == Did::write || what == Did::read || what == Did::flush) moments_.one();
    }

    void run_leg(const std::optional<engine::Continuation>& continues) {
        Leg leg;
        leg.continues = continues;
        leg.deeds_from = deeds_;
        const auto content = drive_->content();
        if (continues) leg.content.assign(content.begin(), content.end());
        std::vector<std::uint64_t> before = strikes();
        const HandleFacts facts = drive_->facts();
        clock_.new_limit();
        act(leg);
        moments_.disarm();
        leg.deeds_to = deeds_;
        leg.facts_changed = differ(drive_->facts(), facts);
        leg.strikes = strikes();
        for (std::size_t i = 0; i < before.size(); ++i) leg.strikes[i] -= before[i];
        if (leg.objections.empty()) {
            auto record = engine::fold(entries_of(leg.text), whole_lines(leg.text));
            if (record)
                leg.record = std::move(*record);
            else
                leg.no_record = record.error().message;
        }
        story_.legs.push_back(std::move(leg));
    }

    void act(Leg& leg) {
        auto plan = test::approved(*story_.host, "/dev/sda", what_.goal, [&](Plan& p) {
            for (Step& step : p.steps) {
                auto* read_back = std::get_if<ReadBack>(&step);
                if (what_.sample && read_back != nullptr && read_back->role != PassRole::prove)
                    read_back->mode = VerifyMode::sample;
            }
        });
        Scribe scribe{leg, moments_, clock_, deeds_};
        moments_.arm(std::nullopt);
        QUIETUS_CHECK(scribe.append(engine::open_event(start_of(leg, plan))).has_value());
        auto drive = engine::take(*story_.host, std::move(plan), {});
        if (!drive) {
            leg.objections = drive.error();
            return;
        }
        const std::size_t number = story_.legs.size();
        const Break* next = number < what_.breaks.size() ? &what_.breaks[number] : nullptr;
        moments_.arm(next == nullptr ? std::nullopt : std::optional{*next});
        try {
            run(leg, *drive, scribe);
        } catch (const Killed& killed) {
            leg.broke = killed.how;
            if (next != nullptr && next->torn && killed.how == Break::How::power_cut) scribe.tear();
            if (killed.how == Break::How::power_cut)
                drive_->cut_power(next->seed);
            else if (next != nullptr && next->closed)
                close(scribe, {.ended = clock_.now(),
                               .identity_confirmed = false,
                               .cause = "the worker process ended unexpectedly",
                               .signal = {},
                               .worker_lost = true,
                               .hung = false});
        } catch (const OutOfTime&) {
            leg.out_of_time = true;
        }
        if (const auto struck = moments_.take_struck()) leg.broke = struck;
    }

    void run(Leg& leg, engine::TakenDrive& drive, Scribe& scribe) {
        leg.end = engine::run(drive, scribe, clock_,
                              {.depth = what_.depth,
                               .request_size = what_.request_size,
                               .helpers_max = 0,
                               .limits = what_.limits,
                               .continues = leg.continues,
                               .checkpoint_interval = what_.checkpoint_interval});
        if (leg.end->hung) drive.abandon();
        if (moments_.full()) return;
        close(scribe, {.ended = clock_.now(),
                       .identity_confirmed = leg.end->identity_confirmed,
                       .cause = leg.end->cause,
                       .signal = {},
                       .worker_lost = false,
                       .hung = leg.end->hung});
    }

    void close(Scribe& scribe, const engine::Closing& closing) {
        moments_.disarm();
        QUIETUS_CHECK(scribe.append(engine::close_event(closing)).has_value());
    }

    EraseRecord start_of(const Leg& leg, const guard::ApprovedPlan& plan) const {
        EraseRecord start;
        start.id = "run-" + std::to_string(story_.legs.size());
        start.plan = plan.plan();
        start.consent = plan.consent();
        start.consent_means = plan.review().means;
        start.accepted = plan.review().accepted;
        start.started = clock_.now();
        start.limits = what_.limits;
        if (!leg.continues) return start;
        start.resumed = leg.continues->runs;
        start.steps = leg.continues->done;
        return start;
    }

    std::vector<std::uint64_t> strikes() const {
        std::vector<std::uint64_t> all;
        for (std::size_t i = 0; i < what_.drive.faults.size(); ++i)
            all.push_back(drive_->faults().count(i));
        return all;
    }

    Story& story_;
    const Case& what_;
    test::MemoryDrive* drive_{nullptr};
    HandClock clock_;
    Moments moments_;
    std::size_t deeds_{0};
};

}  // namespace

std::uint64_t Story::strikes(std::size_t rule) const {
    std::uint64_t sum = 0;
    for (const Leg& leg : legs) sum += leg.strikes[rule];
    return sum;
}

Story run_case(const Case& what) {
    Story story;
    story.what = what;
    Player{story}.play();
    return story;
}

}  // namespace quietus::sim
