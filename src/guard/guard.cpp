#include "guard/guard.h"

#include <algorithm>
#include <type_traits>

#include "base/bytes.h"

namespace quietus::guard {

namespace {

// The types carry the promise that nothing is written unapproved; these hold them to it.
static_assert(!std::is_default_constructible_v<WritePermit>);
static_assert(!std::is_copy_constructible_v<WritePermit> &&
              !std::is_copy_assignable_v<WritePermit>);
static_assert(!std::is_constructible_v<WritePermit, DeviceSnapshot>);
static_assert(!std::is_aggregate_v<WritePermit> && !std::is_aggregate_v<ApprovedPlan>);
static_assert(!std::is_default_constructible_v<ApprovedPlan>);
static_assert(!std::is_copy_constructible_v<ApprovedPlan> &&
              !std::is_copy_assignable_v<ApprovedPlan>);
static_assert(!std::is_constructible_v<ApprovedPlan, Plan, Consent, Review, WritePermit,
                                       std::vector<DeviceSnapshot>, std::vector<ProtectedPlace>>);

const Rule* rule_of(std::string_view id) {
    const auto table = rules();
    const auto row =
        std::find_if(table.begin(), table.end(), [&](const Rule& r) { return r.id == id; });
    return row == table.end() ? nullptr : &*row;
}

// Naming a drive by path and size, or by a token over its identity, is itself the consent to its
// having no serial of its own; every other rule wants to be named.
bool is_lifted(const Rule& rule, const Situation& situation, ConsentMeans means) {
    if (rule.severity != Severity::needs_consent) return false;
    if (rule.id == kNoUniqueSerial && means != ConsentMeans::none) return true;
    return situation.consent.accepted.count(std::string{rule.id}) > 0;
}

}  // namespace

bool is_rule(std::string_view id) {
    return rule_of(id) != nullptr;
}

bool can_be_accepted(std::string_view id) {
    const Rule* rule = rule_of(id);
    return rule != nullptr && rule->severity == Severity::needs_consent;
}

Error cannot_be_accepted(std::string_view id) {
    return {.code = ErrorCode::usage,
            .message = "--accept " + printable_text(id) +
                       (is_rule(id) ? ": no consent lifts this rule" : ": no such rule"),
            .sys_errno = 0,
            .hint = "the rules are listed in quietus(8)"};
}

Review review(const Situation& situation) {
    Review found;
    found.means = means_of(situation.consent, situation.now, situation.all_targets);
    for (const Rule& rule : rules()) {
        auto& list = is_lifted(rule, situation, found.means) ? found.accepted : found.objections;
        for (Objection& objection : rule.find(situation)) {
            objection.rule = rule.id;
            objection.severity = rule.severity;
            objection.status = rule.status;
            list.push_back(std::move(objection));
        }
    }
    return found;
}

ApprovedPlan::ApprovedPlan(Plan plan, Consent consent, Review review, WritePermit permit,
                           std::vector<DeviceSnapshot> all_targets,
                           std::vector<ProtectedPlace> places)
    : plan_{std::move(plan)},
      consent_{std::move(consent)},
      review_{std::move(review)},
      permit_{std::move(permit)},
      all_targets_{std::move(all_targets)},
      protected_places_{std::move(places)} {}

tl::expected<ApprovedPlan, std::vector<Objection>> Approver::approve(const Situation& situation) {
    Review found = review(situation);
    if (!found.objections.empty()) return tl::unexpected{std::move(found.objections)};
    // Every rule has been asked about the drive as it is now, and nothing stands against writing to
    // it.
    return ApprovedPlan{situation.plan,
                        situation.consent,
                        std::move(found),
                        WritePermit{situation.now, reach_of(situation.plan)},
                        {situation.all_targets.begin(), situation.all_targets.end()},
                        {situation.protected_places.begin(), situation.protected_places.end()}};
}

}  // namespace quietus::guard
