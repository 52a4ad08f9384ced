#include "app/earlier_runs.h"

#include <algorithm>

#include "engine/events.h"
#include "engine/journal.h"

namespace quietus::app {

std::vector<EraseRecord> all_runs(const StateDir& state) {
    std::vector<EraseRecord> runs;
    const auto paths = state.journals();
    if (!paths) return runs;
    for (const std::string& path : *paths) {
        const auto contents = engine::read_journal(path);
        if (!contents || contents->entries.empty()) continue;
        auto record = engine::fold(contents->entries, contents->text);
        if (record && record->any_write_issued) runs.push_back(std::move(*record));
    }
    std::sort(runs.begin(), runs.end(),
              [](const EraseRecord& a, const EraseRecord& b) { return a.started < b.started; });
    return runs;
}

std::vector<EraseRecord> earlier_runs(const StateDir& state, const DeviceIdentity& drive) {
    std::vector<EraseRecord> runs = all_runs(state);
    std::erase_if(runs, [&](const EraseRecord& record) {
        return !is_returned_drive(record.plan.target.identity, drive);
    });
    return runs;
}

std::vector<Attempt> attempts_before(const std::vector<EraseRecord>& runs,
                                     const DeviceIdentity& drive) {
    std::vector<Attempt> attempts;
    for (const EraseRecord& record : runs) {
        if (!is_returned_drive(record.plan.target.identity, drive)) continue;
        attempts.push_back({.id = record.id,
                            .started = record.started,
                            .verdict = record.verdict,
                            .cause = record.cause});
    }
    return attempts;
}

}  // namespace quietus::app
