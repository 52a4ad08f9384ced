#include "app/erase_target.h"

#include <array>

namespace quietus::app {

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
