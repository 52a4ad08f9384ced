// The pipeline's contract on io_uring and on threads, over a loop device.

#include <fcntl.h>
#include <unistd.h>

#include "engine/pipeline.h"
#include "host/uring_queue.h"
#include "pipeline_contract.h"
#include "support/loop_device.h"
#include "support/record_builder.h"

namespace quietus::engine {
namespace {

class LoopBench final : public Bench {
  public:
    LoopBench(std::uint64_t size, std::uint32_t sector, bool threads)
        : image_{scratch_.image("image", size)},
          loop_{image_, {.read_only = false, .sector = sector}},
          device_{::open(loop_.path().c_str(), O_RDWR | O_DIRECT | O_CLOEXEC)},
          side_{::open(image_.c_str(), O_RDWR | O_CLOEXEC)},
          threads_{threads} {}
    std::unique_ptr<IoQueue> queue(const QueueOptions& options) override {
        auto queue = threads_ ? make_thread_queue(device_.get(), options)
                              : make_uring_queue(device_.get(), options);
        QUIETUS_CHECK(queue.has_value());
        return std::move(*queue);
    }
    Bytes read(std::uint64_t offset, std::size_t size) override {
        Bytes bytes(size);
        EXPECT_EQ(::pread(side_.get(), bytes.data(), size, static_cast<off_t>(offset)),
                  static_cast<ssize_t>(size));
        return bytes;
    }
    void write(std::uint64_t offset, const Bytes& bytes) override {
        EXPECT_EQ(::pwrite(side_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset)),
                  static_cast<ssize_t>(bytes.size()));
    }

  private:
    test::ScratchFolder scratch_;
    std::string image_;
    test::LoopDevice loop_;
    UniqueFd device_;
    UniqueFd side_;
    bool threads_;
};

bool lab_is_there() {
    return ::geteuid() == 0 && ::access("/dev/loop-control", R_OK | W_OK) == 0;
}

QueueKind kernel_queue(const std::string& name, bool threads) {
    return {.name = name,
            .make_bench =
                [threads](std::uint64_t size, std::uint32_t sector) {
                    return std::make_unique<LoopBench>(size, sector, threads);
                },
            .is_there = lab_is_there};
}

INSTANTIATE_TEST_SUITE_P(Lab, PipelineContract,
                         testing::Values(kernel_queue("uring", false),
                                         kernel_queue("threads", true)),
                         [](const auto& kind) { return kind.param.name; });

class PipelineLab : public testing::TestWithParam<QueueKind> {
  protected:
    void SetUp() override {
        if (!lab_is_there()) GTEST_SKIP() << "needs root and loop devices";
    }
};

INSTANTIATE_TEST_SUITE_P(Lab, PipelineLab,
                         testing::Values(kernel_queue("uring", false),
                                         kernel_queue("threads", true)),
                         [](const auto& kind) { return kind.param.name; });

TEST_P(PipelineLab, WritesAndReadsBeyond2TiBAndSector2To32) {
    constexpr std::uint64_t kTiB = kGiB * 1024;
    const auto bench = GetParam().make_bench(3 * kTiB, 512);
    const auto q = bench->queue({});
    const auto source = make_pattern_source(KeystreamPattern{}, test::a_keystream(), kMiB).value();
    // Around byte 2^41, which is sector 2^32; then the end of the device.
    const std::vector<Range> extents{{2 * kTiB - kMiB - 512, 2 * kMiB + 1024},
                                     {3 * kTiB - 512, 512}};
    const auto always = [](const RangeSet& /*covered*/) { return true; };
    const Coverage wrote = write_extents(*q, *source, extents, always);
    ASSERT_EQ(wrote.end, StepEnd::completed) << wrote.cause;
    EXPECT_EQ(wrote.covered.ranges(), extents);
    const Coverage read = read_extents(*q, *source, extents, always);
    EXPECT_EQ(read.end, StepEnd::completed) << read.cause;
    Bytes expected(4096);
    ASSERT_TRUE(source->fill(2 * kTiB, expected).has_value());
    EXPECT_EQ(bench->read(2 * kTiB, 4096), expected);
    EXPECT_EQ(bench->read(0, 4096), Bytes(4096)) << "an offset cut to 32 bits of sectors ends here";
    EXPECT_EQ(bench->read(kTiB, 4096), Bytes(4096));
}

TEST_P(PipelineLab, AWriteBeyondTheEndIsAnErrorAndNoCoverage) {
    const auto bench = GetParam().make_bench(kMiB, 512);
    const auto q = bench->queue({});
    const auto source = make_pattern_source(KeystreamPattern{}, test::a_keystream(), kMiB).value();
    const Coverage wrote =
        write_extents(*q, *source, {{0, 2 * kMiB}}, [](const auto&) { return true; });
    EXPECT_EQ(wrote.end, StepEnd::io_error);
    EXPECT_FALSE(wrote.covered.contains(kMiB));
}

}  // namespace
}  // namespace quietus::engine
