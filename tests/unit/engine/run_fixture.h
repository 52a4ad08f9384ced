#pragma once
// A run of a plan on a drive in memory, with everything it reports kept.

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/keystream.h"
#include "engine/run.h"
#include "support/approve.h"
#include "support/memory_host.h"

namespace quietus::engine {

class HandClock final : public Clock {
  public:
    UtcTime now() const override { return UtcTime{1'790'000'000'000}; }
    // Each look at it is a second later, so that every interval has passed.
    std::chrono::nanoseconds monotonic() const override { return time_ += std::chrono::seconds{1}; }

  private:
    mutable std::chrono::nanoseconds time_{0};
};

// Keeps what the engine reports, and how long the drive's diary was at that moment.
class Script final : public RunControl {
  public:
    explicit Script(const test::MemoryDrive& drive) : drive_{drive} {}
    struct Line {
        bool begins{false};
        StepOutcome outcome;
        std::size_t deeds{0};
    };

    Result<void> begin(const StepOutcome& outcome) override {
        lines.push_back({true, outcome, drive_.diary().size()});
        if (outcome.index == refuse_begin) return failure(ErrorCode::io, "the journal is full");
        return {};
    }
    Result<void> end(const StepOutcome& outcome) override {
        lines.push_back({false, outcome, drive_.diary().size()});
        if (outcome.index == refuse_end) return failure(ErrorCode::io, "the journal is full");
        return {};
    }
    void progress(const StepOutcome& /*outcome*/, const RangeSet& covered, bool flushed) override {
        progressed.push_back(covered.total());
        if (flushed) checkpoints.push_back(covered);
    }
    bool stop_requested() override { return stop && stop(); }
    std::string stop_cause() const override { return why; }
    std::vector<RangeSet> checkpoints;
    void pause(std::chrono::milliseconds limit) override { paused.push_back(limit); }

    std::vector<Line> lines;
    std::vector<std::uint64_t> progressed;
    std::vector<std::chrono::milliseconds> paused;
    int refuse_begin{-1};
    int refuse_end{-1};
    std::function<bool()> stop;
    std::string why{"interrupted"};

  private:
    const test::MemoryDrive& drive_;
};

class Run : public testing::Test {
  protected:
    void start(test::MemoryDriveOptions options, std::vector<Step> steps = {}) {
        host_.emplace(std::move(options));
        auto plan = test::approved(*host_, "/dev/sda", {}, [&](Plan& p) {
            if (!steps.empty()) p.steps = steps;
        });
        auto taken = take(*host_, std::move(plan), {});
        ASSERT_TRUE(taken.has_value());
        drive_.emplace(std::move(*taken));
        script_.emplace(drive());
    }
    RunEnd go(std::size_t request_size = 64 * kKiB) {
        return run(*drive_, *script_, HandClock{}, {.depth = 4, .request_size = request_size});
    }
    test::MemoryDrive& drive() { return host_->drive(); }
    std::vector<test::Deed> deeds(std::size_t from, std::size_t to) {
        const auto all = drive().diary();
        return {all.begin() + static_cast<std::ptrdiff_t>(from),
                all.begin() + static_cast<std::ptrdiff_t>(to)};
    }
    static std::size_t count(const std::vector<test::Deed>& list, test::Did what) {
        return static_cast<std::size_t>(
            std::count_if(list.begin(), list.end(), [&](const auto& d) { return d.what == what; }));
    }
    const Script::Line& line(std::size_t i) { return script_->lines.at(i); }
    Bytes content() {
        const auto all = drive().content();
        return {all.begin(), all.end()};
    }

    std::optional<test::MemoryHost> host_;
    std::optional<TakenDrive> drive_;
    std::optional<Script> script_;
};

inline Bytes keystream_bytes(const Keystream& keystream, std::size_t size) {
    Bytes bytes(size);
    EXPECT_TRUE(KeystreamGenerator::create(keystream)->fill(0, bytes).has_value());
    return bytes;
}

}  // namespace quietus::engine
