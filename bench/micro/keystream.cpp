// How fast a keystream is made: one request after the other, as a random pass asks for it.

#include "engine/keystream.h"

#include <benchmark/benchmark.h>

#include "bench/micro/must.h"
#include "engine/run.h"

namespace quietus::bench {

namespace {

void keystream_fill(benchmark::State& state, std::string_view algorithm) {
    auto generator =
        must(engine::KeystreamGenerator::create(must(engine::new_keystream(algorithm))));
    Bytes request(engine::kRequestSize);
    std::uint64_t offset = 0;
    for (auto _ : state) {
        must(generator.fill(offset, request));
        benchmark::DoNotOptimize(request.data());
        offset += request.size();
    }
    state.SetBytesProcessed(static_cast<std::int64_t>(offset));
}

BENCHMARK_CAPTURE(keystream_fill, aes_256_ctr, engine::kAes256Ctr);
BENCHMARK_CAPTURE(keystream_fill, chacha20, engine::kChaCha20);

}  // namespace

}  // namespace quietus::bench
