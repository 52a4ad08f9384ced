// The pipeline's contract on the memory queue, which completes out of order by a seed.

#include "engine/pipeline.h"

#include "pipeline_contract.h"
#include "support/memory_drive.h"

namespace quietus::engine {
namespace {

class MemoryBench final : public Bench {
  public:
    MemoryBench(std::uint64_t size, std::uint32_t sector, std::uint64_t seed)
        : drive_{{.size = size, .logical_sector = sector, .seed = seed}} {}
    std::unique_ptr<IoQueue> queue(const QueueOptions& options) override {
        return drive_.make_queue(options);
    }
    Bytes read(std::uint64_t offset, std::size_t size) override {
        const auto part = drive_.content().subspan(offset, size);
        return {part.begin(), part.end()};
    }
    void write(std::uint64_t offset, const Bytes& bytes) override {
        std::copy(bytes.begin(), bytes.end(),
                  drive_.content().begin() + static_cast<std::ptrdiff_t>(offset));
    }

  private:
    test::MemoryDrive drive_;
};

std::vector<QueueKind> memory_queues() {
    std::vector<QueueKind> kinds;
    for (const std::uint64_t seed : {1U, 2U, 3U, 4U}) {
        kinds.push_back({.name = "memory" + std::to_string(seed),
                         .make_bench =
                             [seed](std::uint64_t size, std::uint32_t sector) {
                                 return std::make_unique<MemoryBench>(size, sector, seed);
                             },
                         .is_there = [] { return true; }});
    }
    return kinds;
}

INSTANTIATE_TEST_SUITE_P(Memory, PipelineContract, testing::ValuesIn(memory_queues()),
                         [](const auto& kind) { return kind.param.name; });

}  // namespace
}  // namespace quietus::engine
