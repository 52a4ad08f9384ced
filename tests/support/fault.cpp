#include "support/fault.h"

#include <algorithm>
#include <csignal>
#include <map>
#include <poll.h>

namespace quietus::test {

namespace {

bool is_of_requests(Fault fault) {
    switch (fault) {
        case Fault::error:
        case Fault::short_transfer:
        case Fault::dropped_write:
        case Fault::stale_read:
        case Fault::flipped_bit:
        case Fault::kill_worker:
        case Fault::never_completes:
            return true;
        case Fault::flush_error:
        case Fault::identity_change:
        case Fault::exclusive_held:
        case Fault::lock_held:
        case Fault::partition_busy:
            return false;
    }
    return false;
}

bool touches(const FaultRule& rule, const IoRequest& request) {
    const std::uint64_t end = rule.where.count > ~rule.where.first
                                  ? std::numeric_limits<std::uint64_t>::max()
                                  : rule.where.end();
    return rule.on == request.kind && request.offset < end &&
           request.offset + request.length > rule.where.first;
}

class FaultyQueue final : public IoQueue {
  public:
    FaultyQueue(std::unique_ptr<IoQueue> inner, Faults faults, std::uint32_t sector)
        : inner_{std::move(inner)}, faults_{std::move(faults)}, sector_{sector} {}

    unsigned depth() const override { return inner_->depth(); }
    std::size_t request_size() const override { return inner_->request_size(); }
    std::span<std::byte> buffer(unsigned slot) override { return inner_->buffer(slot); }
    bool use_shared_source(std::span<const std::byte> source) override {
        return inner_->use_shared_source(source);
    }
    unsigned in_flight() const override {
        return inner_->in_flight() + static_cast<unsigned>(ready_.size()) + stalled_;
    }
    std::string_view name() const override { return inner_->name(); }

    Result<void> submit(const IoRequest& request) override {
        const FaultRule* rule = faults_.strikes(request);
        if (rule == nullptr) return inner_->submit(request);
        switch (rule->fault) {
            case Fault::error:
                return answer(request, 0, rule->error);
            case Fault::dropped_write:
            case Fault::stale_read:
                return answer(request, request.length, 0);
            case Fault::short_transfer:
                if (request.length <= sector_) return answer(request, 0, 0);
                shortened_[request.slot] = request;
                return inner_->submit(
                    {request.kind, request.offset, request.length - sector_, request.slot});
            case Fault::flipped_bit:
                flipped_[request.slot] = std::max(rule->where.first, request.offset);
                return inner_->submit(request);
            case Fault::kill_worker:
                static_cast<void>(std::raise(SIGKILL));
                return {};
            case Fault::never_completes:
                ++stalled_;
                return {};
            case Fault::flush_error:
            case Fault::identity_change:
            case Fault::exclusive_held:
            case Fault::lock_held:
            case Fault::partition_busy:
                break;
        }
        return inner_->submit(request);
    }

    Result<std::vector<IoCompletion>> wait(int timeout_ms) override {
        std::vector<IoCompletion> done;
        if (!ready_.empty() || inner_->in_flight() > 0) {
            done = QUIETUS_TRY(inner_->wait(ready_.empty() ? timeout_ms : 0));
        } else if (stalled_ > 0) {
            static_cast<void>(::poll(nullptr, 0, timeout_ms));
        }
        for (IoCompletion& completion : done) mend(completion);
        done.insert(done.begin(), ready_.begin(), ready_.end());
        ready_.clear();
        return done;
    }

  private:
    Result<void> answer(const IoRequest& request, std::size_t transferred, int error) {
        ready_.push_back({.slot = request.slot,
                          .kind = request.kind,
                          .offset = request.offset,
                          .length = request.length,
                          .transferred = transferred,
                          .error = error});
        return {};
    }

    void mend(IoCompletion& completion) {
        if (const auto shortened = shortened_.find(completion.slot);
            shortened != shortened_.end()) {
            completion.length = shortened->second.length;
            shortened_.erase(shortened);
        }
        if (const auto flipped = flipped_.find(completion.slot); flipped != flipped_.end()) {
            buffer(completion.slot)[flipped->second - completion.offset] ^= std::byte{1};
            flipped_.erase(flipped);
        }
    }

    std::unique_ptr<IoQueue> inner_;
    Faults faults_;
    std::uint32_t sector_;
    std::vector<IoCompletion> ready_;
    std::map<unsigned, IoRequest> shortened_;
    std::map<unsigned, std::uint64_t> flipped_;
    unsigned stalled_{0};
};

}  // namespace

Faults::Faults(std::vector<FaultRule> rules)
    : rules_{std::move(rules)}, counters_{std::make_shared<SharedArray<Counter>>(rules_.size())} {}

const FaultRule* Faults::meet(std::size_t index) const {
    const FaultRule& rule = rules_[index];
    Counter& counter = (*counters_)[index];
    const std::uint64_t met = ++counter.met;
    if (met < rule.from || met - rule.from >= rule.times) return nullptr;
    ++counter.struck;
    return &rule;
}

const FaultRule* Faults::strikes(const IoRequest& request) const {
    for (std::size_t i = 0; i < rules_.size(); ++i) {
        if (!is_of_requests(rules_[i].fault) || !touches(rules_[i], request)) continue;
        if (const FaultRule* rule = meet(i)) return rule;
    }
    return nullptr;
}

const FaultRule* Faults::strikes(Fault fault) const {
    for (std::size_t i = 0; i < rules_.size(); ++i) {
        if (rules_[i].fault != fault) continue;
        if (const FaultRule* rule = meet(i)) return rule;
    }
    return nullptr;
}

bool Faults::has_changed_identity(std::uint64_t writes) const {
    for (std::size_t i = 0; i < rules_.size(); ++i) {
        if (rules_[i].fault != Fault::identity_change || writes < rules_[i].from) continue;
        ++(*counters_)[i].struck;
        return true;
    }
    return false;
}

std::uint64_t Faults::count(std::size_t index) const {
    return (*counters_)[index].struck;
}

std::unique_ptr<IoQueue> make_faulty_queue(std::unique_ptr<IoQueue> inner, Faults faults,
                                           std::uint32_t sector) {
    return std::make_unique<FaultyQueue>(std::move(inner), std::move(faults), sector);
}

}  // namespace quietus::test
