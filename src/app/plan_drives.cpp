#include "app/plan_drives.h"

#include <algorithm>

#include "app/places.h"
#include "app/probe.h"
#include "guard/guard.h"
#include "plan/planner.h"
#include "plan/token.h"

namespace quietus::app {

std::vector<std::string> names_of_call(const std::vector<std::string>& typed,
                                       const std::optional<Manifest>& manifest) {
    if (!typed.empty() || !manifest) return typed;
    std::vector<std::string> names;
    for (const ManifestRow& row : manifest->rows) names.push_back(row.device());
    return names;
}

std::vector<Objection> objections_to(const Plan& plan, const std::vector<DeviceSnapshot>& all,
                                     const std::vector<guard::ProtectedPlace>& places,
                                     const std::set<std::string>& accepted) {
    Consent consent;
    consent.accepted = accepted;
    consent.confirmations.push_back(guard::confirmation_needed(plan.target, all));
    return guard::review({.plan = plan,
                          .now = plan.target,
                          .consent = consent,
                          .all_targets = all,
                          .protected_places = places})
        .objections;
}

bool is_stopped(const std::vector<Objection>& objections) {
    return std::any_of(objections.begin(), objections.end(),
                       [](const Objection& o) { return o.severity == Severity::stop; });
}

namespace {

// One call of plan; the drives that cannot be planned fall out on the way, each with its error.
class PlanCall {
  public:
    PlanCall(Host& host, const Clock& clock, const PlanRequest& request, const Settings& settings)
        : host_{host}, clock_{clock}, request_{request}, settings_{settings} {}

    Planned run() {
        for (const std::string& rule : request_.accepted) {
            if (guard::can_be_accepted(rule)) continue;
            planned_.failures.push_back(guard::cannot_be_accepted(rule));
        }
        if (!planned_.failures.empty()) return finish();
        if (!request_.manifest_file.empty()) {
            auto manifest = read_manifest(request_.manifest_file);
            if (!manifest) {
                planned_.failures.push_back(std::move(manifest).error());
                return finish();
            }
            manifest_ = std::move(*manifest);
        }
        look(named());
        review();
        return finish();
    }

  private:
    struct Named {
        discovery::NamedDevice device;
        const ManifestRow* row{nullptr};
    };

    std::vector<Named> named() {
        std::vector<Named> devices;
        const auto names = names_of_call(request_.devices, manifest_);
        auto resolved = discovery::resolve_devices(host_, names);
        for (std::size_t i = 0; i < resolved.size(); ++i) {
            const bool by_row = manifest_ && request_.devices.empty();
            if (resolved[i])
                devices.push_back(
                    {std::move(*resolved[i]), by_row ? &manifest_->rows[i] : nullptr});
            else
                planned_.failures.push_back(std::move(resolved[i]).error());
        }
        return devices;
    }

    void look(const std::vector<Named>& named) {
        std::vector<discovery::NamedDevice> devices;
        devices.reserve(named.size());
        for (const Named& one : named) devices.push_back(one.device);
        auto probed = probe(host_, devices, protected_places(settings_));
        for (std::size_t i = 0; i < probed.size(); ++i) {
            if (!probed[i]) {
                planned_.failures.push_back(std::move(probed[i]).error());
                continue;
            }
            places_ = std::move(probed[i]->places);
            all_.push_back(probed[i]->snapshot);
            if (auto plan = plan_of(probed[i]->snapshot, named[i].row))
                planned_.plans.push_back(std::move(*plan));
            else
                planned_.failures.push_back(std::move(plan).error());
        }
    }

    Result<Plan> plan_of(const DeviceSnapshot& drive, const ManifestRow* row) {
        if (row != nullptr) QUIETUS_TRY(compare_with_row(host_, drive, *row));
        if (row == nullptr && manifest_) QUIETUS_TRY(row_of(host_, *manifest_, drive));
        return make_plan(drive, request_.goal);
    }

    void review() {
        for (const Plan& plan : planned_.plans) {
            planned_.confirmations.push_back(guard::confirmation_needed(plan.target, all_));
            auto objections = objections_to(plan, all_, places_, request_.accepted);
            if (!is_stopped(objections)) for_token_.push_back(plan);
            planned_.objections.insert(planned_.objections.end(), objections.begin(),
                                       objections.end());
        }
    }

    // A token for what the guards would refuse is of no use to anybody; --accept may still lift the
    // others.
    Planned finish() {
        std::vector<ExitStatus> statuses;
        for (const Error& error : planned_.failures) statuses.push_back(exit_status_of(error));
        for (const Objection& one : planned_.objections) statuses.push_back(one.status);
        planned_.status = worst_untouched(statuses);
        const bool whole = planned_.failures.empty() && for_token_.size() == planned_.plans.size();
        if (!for_token_.empty() && (whole || request_.skip_refused))
            planned_.token = make_token(for_token_, clock_.now());
        return std::move(planned_);
    }

    Host& host_;
    const Clock& clock_;
    const PlanRequest& request_;
    const Settings& settings_;
    std::optional<Manifest> manifest_;
    std::vector<guard::ProtectedPlace> places_;
    std::vector<DeviceSnapshot> all_;
    std::vector<Plan> for_token_;
    Planned planned_;
};

}  // namespace

Planned plan_drives(Host& host, const Clock& clock, const PlanRequest& request,
                    const Settings& settings) {
    return PlanCall{host, clock, request, settings}.run();
}

}  // namespace quietus::app
