#include <algorithm>
#include <chrono>
#include <csignal>
#include <map>
#include <poll.h>

#include "base/bytes.h"
#include "support/fault.h"

namespace quietus::test {

namespace {

// Whether a rule needs what is written changed on its way: then it must be in the slot's buffer.
bool changes_written_data(const FaultRule& rule) {
    return rule.on == IoKind::write &&
           (rule.fault == Fault::silent_zeros || rule.fault == Fault::flipped_bit);
}

class FaultyQueue final : public IoQueue {
  public:
    FaultyQueue(std::unique_ptr<IoQueue> inner, Faults faults, std::uint32_t sector,
                Surroundings surroundings)
        : inner_{std::move(inner)},
          faults_{std::move(faults)},
          sector_{sector},
          surroundings_{std::move(surroundings)} {}

    unsigned depth() const override { return inner_->depth(); }
    std::size_t request_size() const override { return inner_->request_size(); }
    std::span<std::byte> buffer(unsigned slot) override { return inner_->buffer(slot); }
    bool use_shared_source(std::span<const std::byte> source) override {
        const auto& rules = faults_.rules();
        if (std::any_of(rules.begin(), rules.end(), changes_written_data)) return false;
        return inner_->use_shared_source(source);
    }
    unsigned in_flight() const override {
        return inner_->in_flight() + static_cast<unsigned>(answered_.size()) + stalled_;
    }
    std::string_view name() const override { return inner_->name(); }

    Result<void> submit(const IoRequest& request) override {
        const FaultRule* rule = faults_.strikes(request);
        if (rule == nullptr) return inner_->submit(request);
        switch (rule->fault) {
            case Fault::error:
                return answer(*rule, request, 0, rule->error);
            case Fault::dropped_write:
            case Fault::stale_read:
                return answer(*rule, request, request.length, 0);
            case Fault::short_transfer:
                return pass_on_less(*rule, request, request.length - sector_);
            case Fault::torn_write:
                return pass_on_less(*rule, request,
                                    std::min<std::uint64_t>(rule->amount, request.length));
            case Fault::shrunken_size:
                if (request.kind == IoKind::write) return answer(*rule, request, 0, ENOSPC);
                return pass_on_less(
                    *rule, request,
                    rule->amount > request.offset ? rule->amount - request.offset : 0);
            case Fault::aliased:
                return pass_on(
                    *rule, request,
                    {request.kind, request.offset % rule->amount, request.length, request.slot});
            case Fault::flipped_bit:
            case Fault::silent_zeros:
            case Fault::latency:
                return pass_on(*rule, request, request);
            case Fault::kill_worker:
                surroundings_.die();
                return {};
            case Fault::never_completes:
                ++stalled_;
                return {};
            case Fault::flush_error:
            case Fault::identity_change:
            case Fault::exclusive_held:
            case Fault::lock_held:
            case Fault::partition_busy:
                break;  // No request: Faults::strikes does not return these for one.
        }
        return inner_->submit(request);
    }

    Result<std::vector<IoCompletion>> wait(int timeout_ms) override {
        const int until_answer = milliseconds_to_the_next_answer();
        int patience = timeout_ms;
        if (until_answer >= 0 && (patience < 0 || until_answer < patience)) patience = until_answer;
        std::vector<IoCompletion> done;
        if (inner_->in_flight() > 0) {
            done = QUIETUS_TRY(inner_->wait(patience));
        } else if (in_flight() > 0) {
            surroundings_.wait(patience);
        }
        std::vector<IoCompletion> now;
        for (const IoCompletion& completion : done) mend(completion, now);
        take_due_answers(now);
        return now;
    }

  private:
    struct Strike {
        FaultRule rule;
        IoRequest asked;
        Bytes kept;  ///< The slot's own data, where other data is written instead.
    };
    struct Answer {
        std::chrono::nanoseconds due;
        IoCompletion completion;
    };

    static IoCompletion completion_of(const IoRequest& asked, std::size_t transferred, int error) {
        return {.slot = asked.slot,
                .kind = asked.kind,
                .offset = asked.offset,
                .length = asked.length,
                .transferred = transferred,
                .error = error};
    }
    void answer_after(const FaultRule& rule, const IoCompletion& completion) {
        answered_.push_back(
            {surroundings_.now() + std::chrono::milliseconds{rule.delay_ms}, completion});
    }
    Result<void> answer(const FaultRule& rule, const IoRequest& asked, std::size_t transferred,
                        int error) {
        answer_after(rule, completion_of(asked, transferred, error));
        return {};
    }

    Result<void> pass_on(const FaultRule& rule, const IoRequest& asked, const IoRequest& instead) {
        Strike strike{rule, asked, {}};
        if (changes_written_data(rule)) {
            const auto data = buffer(asked.slot).first(asked.length);
            strike.kept.assign(data.begin(), data.end());
            spoil(rule, asked, data);
        }
        struck_[asked.slot] = std::move(strike);
        return inner_->submit(instead);
    }
    // Only whole sectors can be transferred; none at all is answered here.
    Result<void> pass_on_less(const FaultRule& rule, const IoRequest& asked, std::uint64_t length) {
        const std::size_t whole = length / sector_ * sector_;
        const bool is_told = rule.fault != Fault::torn_write;
        if (whole == 0) return answer(rule, asked, is_told ? 0 : asked.length, 0);
        return pass_on(rule, asked, {asked.kind, asked.offset, whole, asked.slot});
    }

    static void spoil(const FaultRule& rule, const IoRequest& asked, std::span<std::byte> data) {
        if (rule.fault == Fault::silent_zeros) std::fill(data.begin(), data.end(), std::byte{0});
        if (rule.fault == Fault::flipped_bit)
            data[std::max(rule.where.first, asked.offset) - asked.offset] ^= std::byte{1};
    }

    // Makes of the completion of what was done that of what was asked.
    void mend(const IoCompletion& completion, std::vector<IoCompletion>& now) {
        const auto found = struck_.find(completion.slot);
        if (found == struck_.end()) {
            now.push_back(completion);
            return;
        }
        const Strike strike = std::move(found->second);
        struck_.erase(found);
        const auto data = buffer(completion.slot).first(strike.asked.length);
        std::copy(strike.kept.begin(), strike.kept.end(), data.begin());
        if (strike.asked.kind == IoKind::read && completion.ok())
            spoil(strike.rule, strike.asked, data);
        const bool pretends = strike.rule.fault == Fault::torn_write && completion.ok();
        answer_after(
            strike.rule,
            completion_of(strike.asked, pretends ? strike.asked.length : completion.transferred,
                          completion.error));
    }

    /// -1: there is none.
    int milliseconds_to_the_next_answer() const {
        if (answered_.empty()) return -1;
        const auto next = std::min_element(
            answered_.begin(), answered_.end(),
            [](const Answer& one, const Answer& other) { return one.due < other.due; });
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(next->due - surroundings_.now()).count();
        return static_cast<int>(std::max<std::int64_t>(left, 0));
    }
    void take_due_answers(std::vector<IoCompletion>& into) {
        const auto now = surroundings_.now();
        const auto later = std::stable_partition(answered_.begin(), answered_.end(),
                                                 [&](const Answer& one) { return one.due > now; });
        for (auto due = later; due != answered_.end(); ++due) into.push_back(due->completion);
        answered_.erase(later, answered_.end());
    }

    std::unique_ptr<IoQueue> inner_;
    Faults faults_;
    std::uint32_t sector_;
    Surroundings surroundings_;
    std::vector<Answer> answered_;
    std::map<unsigned, Strike> struck_;
    unsigned stalled_{0};
};

}  // namespace

Surroundings real_surroundings() {
    return {.now = [] { return std::chrono::steady_clock::now().time_since_epoch(); },
            .wait = [](int timeout_ms) { static_cast<void>(::poll(nullptr, 0, timeout_ms)); },
            .die = [] { static_cast<void>(std::raise(SIGKILL)); }};
}

std::unique_ptr<IoQueue> make_faulty_queue(std::unique_ptr<IoQueue> inner, Faults faults,
                                           std::uint32_t sector, Surroundings surroundings) {
    return std::make_unique<FaultyQueue>(std::move(inner), std::move(faults), sector,
                                         std::move(surroundings));
}

}  // namespace quietus::test
