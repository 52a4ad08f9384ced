// How fast what was read is compared with what belongs there; everything is as it should be, as on
// a good drive.

#include <benchmark/benchmark.h>
#include <vector>

#include "base/memory.h"
#include "bench/micro/must.h"
#include "engine/keystream.h"
#include "engine/pattern_source.h"
#include "engine/run.h"

namespace quietus::bench {

namespace {

constexpr std::uint32_t kSector = 4096;

// As many buffers as a queue has, in turn: each is out of the nearest cache when its turn comes
// again, as after a read.
void compare(benchmark::State& state, const Pattern& pattern) {
    const auto keystream = must(engine::new_keystream(engine::preferred_algorithm()));
    const auto source = must(engine::make_pattern_source(pattern, keystream, engine::kRequestSize));
    std::vector<AlignedBuffer> read;
    for (std::uint64_t slot = 0; slot < engine::kQueueDepth; ++slot) {
        read.push_back(must(AlignedBuffer::create(engine::kRequestSize)));
        must(source->fill(slot * engine::kRequestSize, read.back().span()));
    }
    RangeSet mismatched;
    std::size_t slot = 0;
    for (auto _ : state) {
        must(source->compare(slot * engine::kRequestSize, read[slot].span(), kSector, mismatched));
        slot = (slot + 1) % read.size();
    }
    if (!mismatched.empty()) state.SkipWithError("the buffers do not hold the pattern");
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(engine::kRequestSize));
}

void compare_constant(benchmark::State& state) {
    compare(state, ConstantPattern{.bytes = Bytes(1)});
}
void compare_keystream(benchmark::State& state) {
    compare(state, KeystreamPattern{});
}

BENCHMARK(compare_constant);
BENCHMARK(compare_keystream);

}  // namespace

}  // namespace quietus::bench
