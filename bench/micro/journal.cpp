// What a line of the journal costs, and how much of that is the disk's word for it. In TMPDIR, else
// /var/tmp: a tmpfs syncs for nothing.

#include "engine/journal.h"

#include <benchmark/benchmark.h>
#include <cstdlib>
#include <filesystem>
#include <unistd.h>

#include "base/file.h"
#include "bench/micro/must.h"
#include "engine/events.h"

namespace quietus::bench {

namespace {

class Folder {
  public:
    Folder() {
        std::string name = environment("TMPDIR").value_or("/var/tmp") + "/quietus-micro-XXXXXX";
        if (mkdtemp(name.data()) == nullptr) std::exit(74);
        path_ = name;
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    std::string journal() const { return path_ / "journal.jsonl"; }

  private:
    std::filesystem::path path_;
};

// A progress line of a drive with one covered range: the line a long run writes most.
void journal_append(benchmark::State& state, bool sync) {
    const Folder folder;
    auto journal = must(engine::Journal::create(folder.journal()));
    RangeSet covered;
    covered.add({0, kGiB});
    const Json event = engine::progress_event(0, covered, true);
    for (auto _ : state) must(journal.append(event, UtcTime{}, sync));
}

// A journal keeps its lines in memory and copies what is unwritten: as many appends as a run of
// days has, no more.
constexpr int kLines = 2000;
BENCHMARK_CAPTURE(journal_append, not_synced, false)->Iterations(kLines);
BENCHMARK_CAPTURE(journal_append, synced, true)->Iterations(kLines / 10);

}  // namespace

}  // namespace quietus::bench
