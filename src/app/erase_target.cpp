#include "app/erase_target.h"

#include <array>

#include "app/erase.h"
#include "base/bytes.h"
#include "guard/guard.h"

namespace quietus::app {

const Goal& goal_of(const Target& target, const Goal& of_call) {
    return target.resumes == nullptr ? of_call : target.resumes->run.record.plan.goal;
}

const RunLimits& limits_of(const Target& target, const RunLimits& of_call) {
    return target.resumes == nullptr ? of_call : target.resumes->limits;
}

Result<void> check_resumption(const Target& target) {
    if (target.resumes == nullptr) return {};
    const Plan& before = target.resumes->run.record.plan;
    const std::string path = printable_text(target.device.path);
    if (!is_returned_drive(before.target.identity, target.snapshot->identity))
        return failure(ErrorCode::bad_evidence,
                       path + ": not the drive that was being erased (" +
                           to_string(before.target.identity) + ")",
                       "attach that drive, or erase this one anew");
    const bool same =
        target.plan.steps == before.steps && target.plan.technique == before.technique &&
        target.plan.level == before.level &&
        target.plan.target.geometry.size == before.target.geometry.size &&
        target.plan.target.geometry.logical_sector == before.target.geometry.logical_sector;
    if (same) return {};
    return failure(ErrorCode::bad_evidence,
                   path + ": would be erased in another way than the run that broke off",
                   "quietus erase begins a new one");
}

Consent consent_for(const Target& target, const Consent& said,
                    const std::vector<DeviceSnapshot>& all) {
    Consent consent = said;
    if (target.resumes == nullptr) return consent;
    const Plan& before = target.resumes->run.record.plan;
    if (!same_unique_name(before.target.identity, target.snapshot->identity)) return consent;
    const Consent& then = target.resumes->consent;
    consent.accepted.insert(then.accepted.begin(), then.accepted.end());
    consent.confirmations.push_back(guard::confirmation_needed(*target.snapshot, all));
    consent.typed = consent.typed || then.typed;
    return consent;
}

Objection objection_of(const std::string& rule, const Error& error) {
    return {.rule = rule,
            .severity = Severity::stop,
            .status = exit_status_of(error),
            .what = error.message,
            .remedy = error.hint};
}

void blame(Target& target, const Objection& objection) {
    DriveResult& result = target.result;
    if (result.cause.empty()) result.cause = objection.what;
    if (result.next_action.empty()) result.next_action = objection.remedy;
    result.status = worst_untouched(std::array{result.status, objection.status});
}

void object(Target& target, std::vector<Objection> objections) {
    for (Objection& objection : objections) {
        blame(target, objection);
        target.objections.push_back(std::move(objection));
    }
}

void object(Target& target, const std::string& rule, const Error& error) {
    object(target, std::vector{objection_of(rule, error)});
}

}  // namespace quietus::app
