#include "engine/crew.h"

#include <algorithm>

namespace quietus::engine {

namespace {

// Four processors make some 25 GB/s of AES-256-CTR, more than any one drive takes.
constexpr unsigned kHelpersMax = 3;

}  // namespace

unsigned helpers_possible() {
    const unsigned processors = std::max(1U, std::thread::hardware_concurrency());
    return std::min(kHelpersMax, processors - 1);
}

Crew::Crew(Craft own, std::function<Craft()> hire, unsigned helpers_max)
    : own_{std::move(own)}, hire_{std::move(hire)}, helpers_max_{helpers_max} {}

Crew::~Crew() {
    {
        const std::lock_guard lock{mutex_};
        over_ = true;
        waiting_.clear();
    }
    called_.notify_all();
    for (std::thread& thread : threads_) thread.join();
}

void Crew::add(const Work& work) {
    const std::lock_guard lock{mutex_};
    waiting_.push_back(work);
}

void Crew::call_for_help() {
    bool another = false;
    {
        const std::lock_guard lock{mutex_};
        if (calls_ >= waiting_.size()) return;
        ++calls_;
        another = in_hand_ + calls_ > threads_.size() && threads_.size() < helpers_max_;
    }
    called_.notify_one();
    if (!another) return;
    Craft craft = hire_();
    if (!craft)
        helpers_max_ = 0;
    else
        threads_.emplace_back([this, craft = std::move(craft)] { help(craft); });
}

void Crew::help(const Craft& craft) {
    std::unique_lock lock{mutex_};
    while (true) {
        called_.wait(lock, [this] { return over_ || calls_ > 0; });
        if (over_) return;
        --calls_;
        if (waiting_.empty()) continue;
        const Work work = waiting_.front();
        waiting_.pop_front();
        ++in_hand_;
        lock.unlock();
        WorkDone done = craft(work);
        lock.lock();
        --in_hand_;
        finished_.push_back(std::move(done));
        something_finished_.notify_one();
    }
}

std::optional<WorkDone> Crew::do_one() {
    Work work;
    {
        const std::lock_guard lock{mutex_};
        if (waiting_.empty()) return std::nullopt;
        work = waiting_.front();
        waiting_.pop_front();
    }
    return own_(work);
}

std::vector<WorkDone> Crew::finished() {
    const std::lock_guard lock{mutex_};
    return std::exchange(finished_, {});
}

void Crew::wait_for_helpers(int timeout_ms) {
    std::unique_lock lock{mutex_};
    something_finished_.wait_for(lock, std::chrono::milliseconds{timeout_ms},
                                 [this] { return !finished_.empty(); });
}

void Crew::drop_waiting() {
    const std::lock_guard lock{mutex_};
    waiting_.clear();
}

std::size_t Crew::waiting() const {
    const std::lock_guard lock{mutex_};
    return waiting_.size();
}

std::size_t Crew::with_helpers() const {
    const std::lock_guard lock{mutex_};
    return in_hand_ + finished_.size();
}

}  // namespace quietus::engine
