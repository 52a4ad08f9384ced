#include "app/broken_off.h"

#include <algorithm>
#include <set>

#include "engine/events.h"

namespace quietus::app {

namespace {

// The host went down, or the supervisor was killed: what is known is in the journal.
Result<void> close_for_it(engine::Journal& journal, const Clock& clock) {
    const engine::Closing closing{
        .ended = clock.now(),
        .identity_confirmed = false,
        .cause = "the run ended without a word: the host went down, or quietus was killed",
        .signal = {},
        .worker_lost = true,
        .hung = false};
    return journal.append(engine::close_event(closing), clock.now(), /*sync=*/true);
}

// What of one journal is still to be done. `filed`: its evidence, where that was completed now.
struct Read {
    std::optional<Completed> completed;
    std::optional<BrokenOff> broken_off;
    std::optional<EraseRecord> ended;
};

Result<Read> read_one(EvidenceDesk& desk, const std::string& path) {
    auto journal = QUIETUS_TRY(engine::Journal::reopen(path));
    if (journal.entries().empty()) return Read{};
    if (!engine::is_closed(journal.entries())) QUIETUS_TRY(close_for_it(journal, desk.clock));
    EraseRecord record = QUIETUS_TRY_CONTEXT(engine::fold(journal.entries(), journal.text()), path);
    Read read;
    if (!record.any_write_issued || record.steps.empty()) {
        forget_evidence(desk.state, record.id);
        return read;
    }
    const bool came_to_its_end =
        record.verdict == Verdict::erased || record.verdict == Verdict::exceptions;
    if (!engine::evidence_is_done(journal.entries())) {
        auto filed = file_evidence(desk, record, journal);
        if (came_to_its_end || !filed)
            read.completed = Completed{.record = record, .filed = std::move(filed)};
    }
    if (came_to_its_end) {
        read.ended = std::move(record);
        return read;
    }
    auto run = QUIETUS_TRY_CONTEXT(engine::unfinished_run(journal.entries(), journal.text()), path);
    read.broken_off = BrokenOff{.journal = path, .run = std::move(run)};
    return read;
}

// A run that another one has carried on is that one's business, and so is a drive that was erased
// anew since.
void drop_overtaken(std::vector<BrokenOff>& runs, const std::vector<EraseRecord>& ended) {
    std::set<std::string> carried_on;
    const auto note = [&](const EraseRecord& record) {
        for (const ResumedRun& run : record.resumed) carried_on.insert(run.id);
    };
    for (const BrokenOff& one : runs) note(one.run.record);
    for (const EraseRecord& record : ended) note(record);
    const auto overtaken = [&](const BrokenOff& one) {
        const EraseRecord& record = one.run.record;
        const auto is_later = [&](const EraseRecord& other) {
            return other.started > record.started &&
                   is_returned_drive(record.plan.target.identity, other.plan.target.identity);
        };
        return carried_on.contains(record.id) ||
               std::any_of(ended.begin(), ended.end(), is_later) ||
               std::any_of(runs.begin(), runs.end(),
                           [&](const BrokenOff& other) { return is_later(other.run.record); });
    };
    std::vector<BrokenOff> kept;
    std::copy_if(runs.begin(), runs.end(), std::back_inserter(kept),
                 [&](const BrokenOff& one) { return !overtaken(one); });
    runs = std::move(kept);
}

}  // namespace

JournalsRead read_journals(EvidenceDesk& desk) {
    JournalsRead all;
    const auto paths = desk.state.journals();
    if (!paths) {
        all.faults.push_back(paths.error());
        return all;
    }
    std::vector<EraseRecord> ended;
    for (const std::string& path : *paths) {
        auto read = read_one(desk, path);
        if (!read) {
            all.faults.push_back(std::move(read).error());
            continue;
        }
        if (read->completed) all.completed.push_back(std::move(*read->completed));
        if (read->broken_off) all.broken_off.push_back(std::move(*read->broken_off));
        if (read->ended) ended.push_back(std::move(*read->ended));
    }
    drop_overtaken(all.broken_off, ended);
    return all;
}

Result<BrokenOff> read_foreign_journal(const std::string& path) {
    const auto contents = QUIETUS_TRY(engine::read_journal(path));
    auto run = QUIETUS_TRY_CONTEXT(engine::unfinished_run(contents.entries, contents.text), path);
    return BrokenOff{.journal = path, .run = std::move(run)};
}

}  // namespace quietus::app
