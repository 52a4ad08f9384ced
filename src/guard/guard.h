#pragma once
// The guards: everything that can forbid a write, asked at once. Pure; the only maker of
// WritePermit.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "device/permit.h"
#include "plan/consent.h"
#include "plan/plan.h"

namespace quietus::guard {

/// A place of ours that must not be on the drive: its evidence folder, state, journal,
/// configuration.
struct ProtectedPlace {
    std::string role;  ///< "evidence folder"
    std::string path;
    std::vector<std::string>
        disks;  ///< Kernel names of the whole disks under it, through dm, md, loop.
};

/// All a rule may look at.
struct Situation {
    const Plan& plan;           ///< As made from the snapshot of planning.
    const DeviceSnapshot& now;  ///< The drive as seen last; equal to plan.target at first.
    const Consent& consent;
    std::span<const DeviceSnapshot> all_targets;  ///< Every drive of the call, this one included.
    std::span<const ProtectedPlace> protected_places;
};

/// The one rule whose consent is given by naming the drive.
inline constexpr std::string_view kNoUniqueSerial = "no-unique-serial";

struct Rule {
    std::string_view id;  ///< Stable: what --accept takes, what records and the manual name.
    Severity severity;
    ExitStatus status;
    std::string_view summary;  ///< One line for quietus(8).
    /// Every objection of this rule; empty lets pass. Fills only `what` and `remedy`.
    std::vector<Objection> (*find)(const Situation&);
};

/// The one table (guard/rules.cpp).
std::span<const Rule> rules();

/// For --accept: an unknown id, and one that no consent lifts, are `usage` before anything is
/// looked at.
bool is_rule(std::string_view id);
bool can_be_accepted(std::string_view id);
/// What to say of a rule that cannot.
Error cannot_be_accepted(std::string_view id);

/// What names this drive and no other of the call: its serial, or PATH:SIZE where it has no unique
/// one or another drive of the call shows the same (NVMe namespaces do). What a prompt asks for and
/// --confirm takes.
std::string confirmation_needed(const DeviceSnapshot& target,
                                std::span<const DeviceSnapshot> all_targets);

/// How the drive was named; `none` where it was not. Typed and --confirm go before a plan token.
ConsentMeans means_of(const Consent& consent, const DeviceSnapshot& target,
                      std::span<const DeviceSnapshot> all_targets);

/// Confirmations that name no drive of the call: the drive found is not the drive named (65), for
/// the caller to report.
std::vector<std::string> unmatched_confirmations(const Consent& consent,
                                                 std::span<const DeviceSnapshot> all_targets);

/// Two nodes with the same bytes under them? By number, WWN or serial, and the file under a loop
/// device. Unlike same_drive(), two paths to one drive are one: their disk sequences differ.
bool same_medium(const DeviceSnapshot& a, const DeviceSnapshot& b);

struct Review {
    std::vector<Objection> objections;  ///< What still stands, worst first as the table has it.
    std::vector<Objection>
        accepted;  ///< Lifted: by --accept, or no-unique-serial by naming the drive.
    ConsentMeans means{ConsentMeans::none};
};

/// Runs every rule; consent lifts what may be lifted.
Review review(const Situation& situation);

/// A plan that may run: only Approver makes one.
class ApprovedPlan {
  public:
    ApprovedPlan(ApprovedPlan&&) noexcept = default;
    ApprovedPlan& operator=(ApprovedPlan&&) noexcept = default;
    ApprovedPlan(const ApprovedPlan&) = delete;
    ApprovedPlan& operator=(const ApprovedPlan&) = delete;
    ~ApprovedPlan() = default;

    const Plan& plan() const noexcept { return plan_; }
    const Consent& consent() const noexcept { return consent_; }
    const Review& review() const noexcept { return review_; }
    const WritePermit& permit() const noexcept { return permit_; }
    /// Everything the guards need to look again once the drive is ours (engine::take).
    const std::vector<DeviceSnapshot>& all_targets() const noexcept { return all_targets_; }
    const std::vector<ProtectedPlace>& protected_places() const noexcept {
        return protected_places_;
    }

  private:
    friend class Approver;
    ApprovedPlan(Plan plan, Consent consent, Review review, WritePermit permit,
                 std::vector<DeviceSnapshot> all_targets, std::vector<ProtectedPlace> places);
    Plan plan_;
    Consent consent_;
    Review review_;
    WritePermit permit_;
    std::vector<DeviceSnapshot> all_targets_;
    std::vector<ProtectedPlace> protected_places_;
};

class Approver {
  public:
    /// The plan with its permit, or every objection at once.
    static tl::expected<ApprovedPlan, std::vector<Objection>> approve(const Situation& situation);
};

}  // namespace quietus::guard
