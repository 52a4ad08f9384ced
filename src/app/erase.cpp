#include "app/erase.h"

#include <algorithm>
#include <array>
#include <csignal>

#include "app/certify.h"
#include "app/facts.h"
#include "app/finish_pending.h"
#include "app/places.h"
#include "app/probe.h"
#include "app/supervisor.h"
#include "base/bytes.h"
#include "base/random.h"
#include "engine/keystream.h"
#include "plan/planner.h"
#include "plan/token.h"

namespace quietus::app {

namespace {

// One drive of the call on its way; filled from top to bottom.
struct Target {
    discovery::NamedDevice device;
    DeviceSnapshot snapshot;
    Plan plan;
    Consent consent;
    DriveResult result;
};

// One call of erase, from the first look to the last receipt. Each stage returns whether there is
// anything left to do; until erase_and_certify() no byte of any drive is written.
class EraseCall {
  public:
    EraseCall(const EraseRequest& request, Services services)
        : request_{request}, services_{services}, state_{request.settings.state_dir} {}

    ExitStatus run() {
        const bool goes_on = prepare() && name_devices() && look() && make_plans() &&
                             check_consent() && finish_what_is_owed() && check_room() &&
                             ask_person() && approve() && take();
        if (goes_on) erase_and_certify();
        return summary();
    }

  private:
    // -- Can the evidence be kept at all? Asked before anything is looked at
    // ---------------------------------
    bool prepare() {
        for (const std::string& typed : request_.devices) {
            Target target;
            target.result = result_for(printable_text(typed));
            targets_.push_back(std::move(target));
        }
        if (const auto ready = open_desk(); !ready) {
            object_all("set-up", ready.error());
            return clean();
        }
        // Where evidence is owed, its drives may need no more than what is there already.
        room_ = room_for_evidence();
        const auto owed = evidence_owed(state_);
        return (owed && !owed->empty()) || check_room();
    }

    Result<void> room_for_evidence() const {
        constexpr std::size_t kRoomForEvidence = 256 * 1024;
        QUIETUS_TRY(state_.check_room());
        return check_writable(request_.settings.out_dir(), kRoomForEvidence, "evidence (--out)");
    }

    bool check_room() {
        if (!room_) object_all("set-up", room_.error());
        return clean();
    }

    Result<void> open_desk() {
        const UtcTime now = services_.clock.now();
        if (now < kEarliestPlausibleTime)
            return failure(ErrorCode::config,
                           "the clock says " + to_rfc3339(now) + ", which cannot be",
                           "set the clock: evidence with a wrong time is worthless");
        if (!services_.host.is_root())
            return failure(ErrorCode::refused, "erasing needs root", "run it with sudo");
        QUIETUS_TRY(engine::selftest());
        QUIETUS_TRY(state_.prepare());
        auto key = QUIETUS_TRY(load_or_make_key(state_, request_.settings, now));
        if (key.made)
            services_.observer.note(
                "made this host's own signing key (self-signed, not independent), fingerprint " +
                key.key.fingerprint_sha256());
        auto log = QUIETUS_TRY(open_register(state_, /*create=*/true));
        desk_.emplace(EvidenceDesk{.state = state_,
                                   .settings = request_.settings,
                                   .clock = services_.clock,
                                   .key = std::move(key.key),
                                   .log = std::move(log)});
        return {};
    }

    // -- Look
    // ------------------------------------------------------------------------------------------------
    bool name_devices() {
        for (std::size_t i = 0; i < targets_.size(); ++i) {
            auto named = discovery::resolve_device(services_.host, request_.devices[i]);
            if (!named) {
                object(targets_[i], "device", named.error());
                continue;
            }
            targets_[i].result.path = named->path;
            targets_[i].device = std::move(*named);
        }
        return clean();
    }

    bool look() {
        std::vector<discovery::NamedDevice> devices;
        for (const Target& target : targets_) devices.push_back(target.device);
        auto probed = probe(services_.host, devices, protected_places(request_.settings),
                            discovery::kLockPatience);
        for (std::size_t i = 0; i < probed.size(); ++i) {
            if (!probed[i]) {
                object(targets_[i], "inspect", probed[i].error());
                continue;
            }
            targets_[i].snapshot = std::move(probed[i]->snapshot);
            targets_[i].result = result_for(targets_[i].snapshot);
            places_ = std::move(probed[i]->places);
            services_.observer.device(targets_[i].snapshot);
        }
        return clean();
    }

    // -- Decide
    // ----------------------------------------------------------------------------------------------
    bool make_plans() {
        for (Target& target : targets_) {
            auto plan = make_plan(target.snapshot, request_.goal);
            if (plan)
                target.plan = std::move(*plan);
            else
                object(target, "plan", plan.error());
        }
        if (!clean()) return false;
        for (const Target& target : targets_) services_.observer.plan(target.plan);
        return true;
    }

    // What was said on the command line must speak of these drives and these rules.
    bool check_consent() {
        const Consent& said = request_.consent;
        for (const std::string& rule : said.accepted) {
            if (guard::can_be_accepted(rule)) continue;
            const std::string why =
                guard::is_rule(rule) ? ": no consent lifts this rule" : ": no such rule";
            object_all("accept", {.code = ErrorCode::usage,
                                  .message = "--accept " + printable_text(rule) + why,
                                  .sys_errno = 0,
                                  .hint = "the rules are listed in quietus(8)"});
        }
        for (const std::string& stray : guard::unmatched_confirmations(said, snapshots())) {
            object_all("confirm", {.code = ErrorCode::bad_evidence,
                                   .message = "--confirm " + printable_text(stray) +
                                              ": no drive of this call is called that",
                                   .sys_errno = 0,
                                   .hint = "quietus plan shows what to confirm"});
        }
        Consent consent = said;
        if (!said.plan_token.empty()) {
            const auto holds = check_token(said.plan_token, plans(), services_.clock.now());
            if (!holds) object_all("confirm-plan", holds.error());
            consent.plan_token_holds = holds.has_value();
        }
        for (Target& target : targets_) target.consent = consent;
        return clean();
    }

    // Evidence owed from an earlier run of the same erase may be all that is missing: such drives
    // are done.
    bool finish_what_is_owed() {
        for (std::size_t i = 0; i < targets_.size();) {
            const Pending pending =
                finish_pending(*desk_, services_.host, services_.observer, targets_[i].plan);
            if (!pending.completes_this_call) {
                ++i;
                continue;
            }
            services_.observer.result(pending.result);
            done_before_.push_back(pending.result.status);
            targets_.erase(targets_.begin() + static_cast<std::ptrdiff_t>(i));
        }
        return !targets_.empty();
    }

    // A person at a terminal is asked only about drives that nothing but the missing word forbids.
    bool ask_person() {
        const auto all = snapshots();
        for (Target& target : targets_) {
            if (!request_.ask) break;
            const guard::Review review = guard::review(situation(target, all));
            const bool only_the_word =
                !review.objections.empty() &&
                std::all_of(
                    review.objections.begin(), review.objections.end(), [](const Objection& o) {
                        return o.rule == "not-confirmed" || o.rule == guard::kNoUniqueSerial;
                    });
            if (!only_the_word) continue;
            const auto typed =
                request_.ask(target.plan, guard::confirmation_needed(target.snapshot, all));
            if (!typed) break;
            target.consent.confirmations.push_back(*typed);
            target.consent.typed = true;
        }
        if (const auto signal = services_.signals.take()) interrupted(*signal);
        return clean();
    }

    bool approve() {
        const auto all = snapshots();
        for (Target& target : targets_) {
            auto one = guard::Approver::approve(situation(target, all));
            if (one)
                approved_.push_back(std::move(*one));
            else
                object(target, one.error());
        }
        return clean();
    }

    // -- Write and read back
    // ---------------------------------------------------------------------------------
    bool take() {
        for (const guard::ApprovedPlan& plan : approved_) starts_.push_back(start_of(plan));
        supervisor_.emplace(services_.host, services_.clock, services_.observer, services_.signals,
                            state_);
        const auto taken =
            supervisor_->take_all(std::move(approved_), [this] { forget_secrets(*desk_); });
        if (taken) return true;
        if (taken.error().signal)
            interrupted(*taken.error().signal);
        else
            for (std::size_t i = 0; i < targets_.size(); ++i)
                object(targets_[i], taken.error().objections[i]);
        return false;
    }

    EraseRecord start_of(const guard::ApprovedPlan& plan) {
        const Settings& said = request_.settings;
        if (!tool_) tool_ = gather_tool_facts();
        EraseRecord start;
        start.id = new_uuid_v7(services_.clock.now()).value_or("");
        QUIETUS_CHECK(!start.id.empty());
        start.plan = plan.plan();
        start.consent = plan.consent();
        start.consent_means = plan.review().means;
        start.accepted = plan.review().accepted;
        start.started = services_.clock.now();
        start.host = gather_host_facts(services_.host);
        start.tool = *tool_;
        start.tool.selftest = "passed";
        start.operated_by = gather_operator_facts(services_.host, said);
        start.order = {.ticket = printable_text(said.ticket),
                       .asset_tag = printable_text(said.asset_tag),
                       .organisation = printable_text(said.organisation),
                       .location = printable_text(said.location)};
        return start;
    }

    void erase_and_certify() {
        for (const EraseRecord& start : starts_) {
            auto owed = owe_evidence(*desk_, start.id);
            if (owed) continue;
            owed.error().code = ErrorCode::config;
            return give_up_untouched(owed.error());
        }
        const auto ran = supervisor_->run_all(starts_, [this](const Ended& ended) {
            DriveResult& result = targets_[ended.index].result;
            certify(*desk_, services_.observer, ended, starts_[ended.index].id, result);
            written_ = written_ || result.media_state != MediaState::untouched;
            services_.observer.result(result);
        });
        told_ = ran.has_value();
        if (!ran) give_up_untouched(ran.error());
    }

    void give_up_untouched(const Error& error) {
        for (const EraseRecord& start : starts_) forget_evidence(state_, start.id);
        supervisor_.reset();
        if (error.code == ErrorCode::interrupted) return interrupted(error.sys_errno);
        object_all(error.code == ErrorCode::config ? "journal" : "worker", error);
    }

    // -- Refusals: collected, shown at once, and never after the first write
    // ---------------------------------
    void object(Target& target, std::vector<Objection> objections) {
        DriveResult& result = target.result;
        for (Objection& objection : objections) {
            if (result.cause.empty()) result.cause = objection.what;
            if (result.next_action.empty()) result.next_action = objection.remedy;
            result.status = worst_untouched(std::array{result.status, objection.status});
            objections_.push_back(std::move(objection));
        }
    }
    void object(Target& target, const std::string& rule, const Error& error) {
        object(target, {Objection{.rule = rule,
                                  .severity = Severity::stop,
                                  .status = exit_status_of(error),
                                  .what = error.message,
                                  .remedy = error.hint}});
    }
    // A fault of the call: every drive has it, and it is said once.
    void object_all(const std::string& rule, const Error& error) {
        for (Target& target : targets_) object(target, rule, error);
        objections_.resize(objections_.size() - targets_.size() + 1);
    }
    void interrupted(int signal) {
        signal_ = signal;
        for (Target& target : targets_) {
            target.result.status =
                signal == SIGTERM ? ExitStatus::terminated : ExitStatus::interrupted;
            target.result.cause = "interrupted before the first write";
        }
    }
    bool clean() const { return objections_.empty() && !signal_; }

    // -- The last word
    // ---------------------------------------------------------------------------------------
    ExitStatus summary() {
        if (!objections_.empty()) services_.observer.objections(objections_);
        std::vector<ExitStatus> statuses;
        for (const Target& target : targets_) statuses.push_back(target.result.status);
        const ExitStatus untouched = worst_untouched(statuses);
        if (!told_) {
            for (Target& target : targets_) {
                if (target.result.status == ExitStatus::ok) {
                    target.result.status = untouched;
                    target.result.cause = "not begun: another drive of the call was refused";
                }
                services_.observer.result(target.result);
            }
        }
        // Drives whose evidence was only completed were written by an earlier call; theirs is a
        // media state of "complete".
        if (!written_ && untouched != ExitStatus::ok) return untouched;
        statuses.insert(statuses.end(), done_before_.begin(), done_before_.end());
        return worst_written(statuses);
    }

    std::vector<DeviceSnapshot> snapshots() const {
        std::vector<DeviceSnapshot> all;
        for (const Target& target : targets_) all.push_back(target.snapshot);
        return all;
    }
    std::vector<Plan> plans() const {
        std::vector<Plan> all;
        for (const Target& target : targets_) all.push_back(target.plan);
        return all;
    }
    guard::Situation situation(const Target& target, const std::vector<DeviceSnapshot>& all) const {
        return {.plan = target.plan,
                .now = target.snapshot,
                .consent = target.consent,
                .all_targets = all,
                .protected_places = places_};
    }

    const EraseRequest& request_;
    Services services_;
    StateDir state_;
    std::optional<ToolFacts> tool_;
    std::optional<EvidenceDesk> desk_;
    Result<void> room_;
    std::vector<Target> targets_;
    std::vector<guard::ProtectedPlace> places_;
    std::vector<guard::ApprovedPlan> approved_;
    std::vector<EraseRecord> starts_;
    std::optional<Supervisor> supervisor_;
    std::vector<Objection> objections_;
    std::vector<ExitStatus> done_before_;  ///< Of drives whose evidence alone was missing.
    std::optional<int> signal_;
    bool written_{false};
    bool told_{false};  ///< Every result has been told, as each drive ended.
};

}  // namespace

ExitStatus erase_drives(const EraseRequest& request, Services services) {
    return EraseCall{request, services}.run();
}

}  // namespace quietus::app
