#include "app/finish_pending.h"

#include "app/certify.h"
#include "app/fork_worker.h"
#include "app/probe.h"
#include "app/spot_check.h"

namespace quietus::app {

namespace {

constexpr std::string_view kYes = "intact";

// In a worker: the drive may hang. Anything but a clear yes means it has to be erased again.
bool intact(Host& host, const EraseRecord& record, const Plan& plan) {
    if (!plan.target.usage.signatures.empty() || !plan.target.partitions.empty()) return false;
    const std::function<std::string()> look = [&]() -> std::string {
        const auto same = still_intact(host, record, plan.target.path);
        return same && *same ? std::string{kYes} : std::string{};
    };
    const auto answers = run_in_workers({look}, std::chrono::milliseconds{kProbeDeadlineMs});
    return answers[0] && *answers[0] == kYes;
}

bool same_erase(const EraseRecord& record, const Plan& plan) {
    return same_drive(record.plan.target.identity, plan.target.identity) &&
           record.plan.technique == plan.technique &&
           record.plan.goal.purpose == plan.goal.purpose && record.plan.steps == plan.steps &&
           record.plan.level == plan.level;
}

}  // namespace

Pending finish_pending(EvidenceDesk& desk, Host& host, Observer& observer, const Plan& plan) {
    Pending pending;
    const auto owed = evidence_owed(desk.state);
    if (!owed) {
        observer.warning(owed.error().message);
        return pending;
    }
    for (const std::string& id : *owed) {
        auto journal = engine::Journal::reopen(desk.state.journal_of(id));
        if (!journal || !engine::is_closed(journal->entries())) continue;
        const auto record = engine::fold(journal->entries(), journal->text());
        if (!record || !same_drive(record->plan.target.identity, plan.target.identity)) continue;
        if (engine::evidence_is_done(journal->entries())) {
            forget_evidence(desk.state, id);  // it crashed between the last two steps
            continue;
        }
        const bool completes = record->verdict == Verdict::erased && same_erase(*record, plan) &&
                               intact(host, *record, plan);
        observer.phase(plan.target.path,
                       "completing the evidence of the run of " + to_rfc3339(record->started));
        const auto filed = file_evidence(desk, *record, *journal);
        if (!filed) observer.warning(filed.error().message);
        if (!completes) {
            if (record->verdict == Verdict::erased)
                observer.note(plan.target.path +
                              ": erased before, but asked for differently now or written since; it "
                              "is erased again");
            continue;
        }
        pending.completes_this_call = true;
        pending.result = result_for(plan.target);
        tell_record(*record, pending.result);
        tell_filed(filed, pending.result);
        if (filed)
            observer.certificate(plan.target.path, filed->folder, desk.key.fingerprint_sha256());
    }
    return pending;
}

}  // namespace quietus::app
