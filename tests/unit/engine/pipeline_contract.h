#pragma once
// What the pipeline promises on any queue: run on the memory queue (pipeline_test.cpp) and on the
// kernel's (pipeline_lab_test.cpp).

#include <functional>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "host/host.h"
#include "host/io_queue.h"

namespace quietus::engine {

/// A device to write to, and a way to look at its bytes from the side.
class Bench {
  public:
    Bench() = default;
    Bench(const Bench&) = delete;
    Bench& operator=(const Bench&) = delete;
    virtual ~Bench() = default;
    virtual std::unique_ptr<IoQueue> queue(const QueueOptions& options) = 0;
    virtual Bytes read(std::uint64_t offset, std::size_t size) = 0;
    virtual void write(std::uint64_t offset, const Bytes& bytes) = 0;
};

struct QueueKind {
    std::string name;
    std::function<std::unique_ptr<Bench>(std::uint64_t size, std::uint32_t sector)> make_bench;
    std::function<bool()> is_there;
};

class PipelineContract : public testing::TestWithParam<QueueKind> {
  protected:
    void SetUp() override {
        if (!GetParam().is_there()) GTEST_SKIP() << "needs root and loop devices";
    }
    void start(std::uint64_t size, std::uint32_t sector = 512) {
        bench_ = GetParam().make_bench(size, sector);
        sector_ = sector;
    }
    std::unique_ptr<IoQueue> queue() {
        return bench_->queue({.depth = kDepth, .request_size = kRequest});
    }

    static constexpr unsigned kDepth = 4;
    static constexpr std::size_t kRequest = 64 * 1024;
    std::unique_ptr<Bench> bench_;
    std::uint32_t sector_{512};
};

}  // namespace quietus::engine
