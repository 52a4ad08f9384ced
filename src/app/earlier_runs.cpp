#include "app/earlier_runs.h"

#include <algorithm>
#include <set>

#include "engine/events.h"
#include "engine/journal.h"

namespace quietus::app {

namespace {

// What is_returned_drive() compares exactly: drives that differ in it are not the same.
std::string key_without_serial(const DeviceIdentity& drive) {
    std::string key = std::to_string(drive.size.bytes) + ' ';
    if (const auto& backing = drive.backing)
        key += to_string(backing->file_system) + ' ' + std::to_string(backing->inode) + ' ' +
               std::to_string(backing->offset) + ' ';
    return key;
}

// A serial number that is missing on one side makes no other drive; one that differs does.
std::string key_of(const DeviceIdentity& drive) {
    const std::string key = key_without_serial(drive);
    return drive.serial.has_value() ? key + "serial " + printable(drive.serial) : key;
}

}  // namespace

EarlierRuns::EarlierRuns(const StateDir& state) {
    const auto paths = state.journals();
    if (!paths) return;
    for (const std::string& path : *paths) {
        const auto open = engine::read_first_entry(path);
        if (!open) continue;
        if (const auto drive = engine::drive_of(*open)) journals_.emplace(key_of(*drive), path);
    }
}

std::vector<EraseRecord> EarlierRuns::of(const DeviceIdentity& drive) const {
    std::set<std::string> paths;
    const auto note = [&](const std::string& key) {
        const auto [first, last] = journals_.equal_range(key);
        for (auto one = first; one != last; ++one) paths.insert(one->second);
    };
    const std::string start = key_without_serial(drive);
    if (drive.serial.has_value()) {
        note(start);
        note(key_of(drive));
    } else {
        for (auto one = journals_.lower_bound(start);
             one != journals_.end() && one->first.starts_with(start); ++one)
            paths.insert(one->second);
    }
    std::vector<EraseRecord> runs;
    for (const std::string& path : paths) {
        const auto contents = engine::read_journal(path);
        if (!contents || contents->entries.empty()) continue;
        auto record = engine::fold(contents->entries, contents->text);
        if (record && record->any_write_issued &&
            is_returned_drive(record->plan.target.identity, drive))
            runs.push_back(std::move(*record));
    }
    std::stable_sort(runs.begin(), runs.end(), [](const EraseRecord& a, const EraseRecord& b) {
        return a.started < b.started;
    });
    return runs;
}

std::vector<Attempt> attempts_of(const std::vector<EraseRecord>& runs) {
    std::vector<Attempt> attempts;
    attempts.reserve(runs.size());
    for (const EraseRecord& record : runs)
        attempts.push_back({.id = record.id,
                            .started = record.started,
                            .verdict = record.verdict,
                            .cause = record.cause});
    return attempts;
}

bool was_left_hung(const std::vector<EraseRecord>& runs, const std::string& boot_id) {
    return std::any_of(runs.begin(), runs.end(), [&](const EraseRecord& record) {
        return record.host.boot_id == boot_id && !record.steps.empty() &&
               record.steps.back().end == StepEnd::hung;
    });
}

}  // namespace quietus::app
