// Help comes where one thread cannot keep up, and only there.

#include "engine/crew.h"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>

#include <gtest/gtest.h>

#include "engine/pipeline.h"

namespace quietus::engine {
namespace {

using namespace std::chrono_literals;

// Each fill waits until another thread is in a fill too: one thread alone would wait for ever.
class TwoAtOnce {
  public:
    bool meet() {
        std::unique_lock lock{mutex_};
        const auto mine = ++arrived_;
        changed_.notify_all();
        return changed_.wait_for(lock, 20s, [&] { return arrived_ > mine || mine % 2 == 0; });
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    int arrived_{0};
};

// The first requests fill the queue, the last find nothing to hurry for: those need nobody.
constexpr unsigned kDepth = 4;
constexpr std::size_t kRequest = 64 * 1024;
constexpr int kRequests = 20;

class SlowSource final : public PatternSource {
  public:
    SlowSource(TwoAtOnce& meeting, std::atomic<int>& count) : meeting_{meeting}, count_{count} {}
    Result<void> fill(std::uint64_t /*offset*/, std::span<std::byte> /*out*/) override {
        const int mine = count_++;
        const bool in_the_middle =
            mine >= static_cast<int>(kDepth) && mine < kRequests - static_cast<int>(kDepth);
        if (in_the_middle && !meeting_.meet())
            return failure(ErrorCode::internal, "nobody came to help");
        return {};
    }
    Result<void> compare(std::uint64_t /*offset*/, std::span<const std::byte> /*got*/,
                         std::uint32_t /*sector*/, RangeSet& /*mismatched*/) override {
        return {};
    }
    std::unique_ptr<PatternSource> sibling() const override {
        return std::make_unique<SlowSource>(meeting_, count_);
    }

  private:
    TwoAtOnce& meeting_;
    std::atomic<int>& count_;
};

// A drive that is done with all it was given at once (`batch`: as soon as so many are in flight),
// or with one request after another.
class FakeQueue final : public IoQueue {
  public:
    FakeQueue(unsigned batch, int total) : batch_{batch}, left_{total} {}
    unsigned depth() const override { return kDepth; }
    std::size_t request_size() const override { return kRequest; }
    std::span<std::byte> buffer(unsigned slot) override { return buffers_.at(slot); }
    bool use_shared_source(std::span<const std::byte> /*source*/) override { return false; }
    Result<void> submit(const IoRequest& request) override {
        flying_.push_back(request);
        --left_;
        return {};
    }
    Result<std::vector<IoCompletion>> wait(int timeout_ms) override {
        std::vector<IoCompletion> done;
        if (timeout_ms == 0 || (flying_.size() < batch_ && left_ > 0)) return done;
        for (unsigned i = 0; i < batch_ && !flying_.empty(); ++i) {
            const IoRequest request = flying_.front();
            flying_.pop_front();
            done.push_back({.slot = request.slot,
                            .kind = request.kind,
                            .offset = request.offset,
                            .length = request.length,
                            .transferred = request.length,
                            .error = 0});
        }
        return done;
    }
    unsigned in_flight() const override { return static_cast<unsigned>(flying_.size()); }
    std::string_view name() const override { return "fake"; }

  private:
    std::vector<Bytes> buffers_{kDepth, Bytes(kRequest)};
    std::deque<IoRequest> flying_;
    unsigned batch_;
    int left_;
};

TEST(CrewInAPass, HelpIsCalledInWhereOneThreadCannotKeepUp) {
    FakeQueue queue{kDepth, kRequests};
    TwoAtOnce meeting;
    std::atomic<int> count{0};
    SlowSource source{meeting, count};
    const Coverage coverage =
        write_extents(queue, source, {{0, kRequests * kRequest}},
                      [](const RangeSet&) { return true; }, {.helpers_max = 1});
    EXPECT_EQ(coverage.helpers, 1U);
    ASSERT_EQ(coverage.end, StepEnd::completed) << coverage.cause;
    EXPECT_EQ(coverage.covered.total(), kRequests * kRequest);
}

TEST(CrewInAPass, ASlowDriveNeedsNobody) {
    FakeQueue queue{1, 40};
    const Keystream key{.algorithm = "AES-256-CTR", .key = Bytes(32), .nonce = Bytes(8)};
    const auto source = make_pattern_source(KeystreamPattern{}, key, kRequest);
    ASSERT_TRUE(source.has_value());
    const std::vector<Range> extents{{0, 40 * kRequest}};
    const auto go_on = [](const RangeSet&) { return true; };
    const Coverage written = write_extents(queue, **source, extents, go_on, {.helpers_max = 3});
    EXPECT_EQ(written.end, StepEnd::completed);
    EXPECT_EQ(written.helpers, 0U);
    FakeQueue reading{1, 40};
    const Coverage read = read_extents(reading, **source, extents, go_on, {.helpers_max = 3});
    EXPECT_EQ(read.helpers, 0U);
    EXPECT_EQ(read.covered.total(), 40 * kRequest);
}

TEST(Crew, DoesEveryPieceOnceAndForgetsWhatIsDropped) {
    std::mutex mutex;
    std::map<unsigned, int> times;
    const Craft craft = [&](const Work& work) {
        const std::lock_guard lock{mutex};
        ++times[work.slot];
        return WorkDone{.work = work, .outcome = {}, .mismatched = {}};
    };
    Crew crew{craft, [&] { return craft; }, 2};
    for (unsigned slot = 0; slot < 100; ++slot) crew.add({.slot = slot, .extent = {slot, 1}});
    std::size_t done = 0;
    while (done < 100) {
        crew.call_for_help();
        done += crew.finished().size();
        if (crew.do_one())
            ++done;
        else if (done < 100)
            crew.wait_for_helpers(100);
    }
    EXPECT_EQ(times.size(), 100U);
    for (const auto& [slot, count] : times) EXPECT_EQ(count, 1) << slot;
    EXPECT_EQ(crew.with_helpers(), 0U);
    EXPECT_LE(crew.helpers(), 2U);
    crew.add({.slot = 200, .extent = {0, 1}});
    crew.drop_waiting();
    EXPECT_EQ(crew.waiting(), 0U);
    EXPECT_FALSE(crew.do_one().has_value());
}

TEST(Crew, WithoutASiblingTheDriverWorksAlone) {
    const Craft craft = [](const Work& work) {
        return WorkDone{.work = work, .outcome = {}, .mismatched = {}};
    };
    Crew crew{craft, [] { return Craft{}; }, 3};
    crew.add({});
    crew.call_for_help();
    EXPECT_EQ(crew.helpers(), 0U);
    EXPECT_TRUE(crew.do_one().has_value());
}

}  // namespace
}  // namespace quietus::engine
