#include "app/erase.h"

#include <algorithm>
#include <array>
#include <csignal>

#include "app/broken_off.h"
#include "app/certify.h"
#include "app/desk.h"
#include "app/earlier_runs.h"
#include "app/erase_target.h"
#include "app/facts.h"
#include "app/finish_pending.h"
#include "app/manifest.h"
#include "app/places.h"
#include "app/plan_drives.h"
#include "app/probe.h"
#include "app/supervisor.h"
#include "base/bytes.h"
#include "base/random.h"
#include "plan/planner.h"
#include "plan/token.h"

namespace quietus::app {

namespace {

// One call of erase, from the first look to the last receipt. Each stage returns whether there is
// anything left to do; until erase_and_certify() no byte of any drive is written.
class EraseCall {
  public:
    EraseCall(const EraseRequest& request, Services services, std::optional<EvidenceDesk> desk)
        : request_{request},
          services_{services},
          state_{request.settings.state_dir},
          began_{services.clock.monotonic()},
          desk_{std::move(desk)} {}

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
        if (!request_.manifest_file.empty()) {
            auto manifest = read_manifest(request_.manifest_file);
            if (manifest)
                manifest_ = std::move(*manifest);
            else
                object_all("manifest", manifest.error());
        }
        for (const std::string& name : names_of_call(request_.devices, manifest_)) {
            Target target;
            target.typed = name;
            target.result = result_for(printable_text(name));
            if (manifest_ && request_.devices.empty())
                target.row = &manifest_->rows[targets_.size()];
            if (!request_.resumes.empty()) target.resumes = &request_.resumes[targets_.size()];
            targets_.push_back(std::move(target));
        }
        if (stopped_) {
            for (Target& target : targets_) blame(target, call_objections_.front());
            return false;
        }
        if (!desk_) {
            auto desk = open_desk(state_, request_.settings, services_);
            if (!desk) {
                object_all("set-up", desk.error());
                return false;
            }
            desk_.emplace(std::move(*desk));
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
        return goes_on();
    }

    // -- Look
    // ------------------------------------------------------------------------------------------------
    bool name_devices() {
        std::vector<std::string> names;
        for (const Target& target : targets_) names.push_back(target.typed);
        auto named = discovery::resolve_devices(services_.host, names);
        for (std::size_t i = 0; i < targets_.size(); ++i) {
            if (!named[i]) {
                object(targets_[i], "device", named[i].error());
                continue;
            }
            targets_[i].result.path = named[i]->path;
            targets_[i].device = std::move(*named[i]);
        }
        return goes_on();
    }

    bool look() {
        const auto looked_at = going();
        std::vector<discovery::NamedDevice> devices;
        devices.reserve(looked_at.size());
        for (const Target* target : looked_at) devices.push_back(target->device);
        auto probed = probe(services_.host, devices, protected_places(request_.settings),
                            discovery::kLockPatience);
        for (std::size_t i = 0; i < probed.size(); ++i) {
            Target& target = *looked_at[i];
            if (!probed[i]) {
                object(target, "inspect", probed[i].error());
                continue;
            }
            target.result = result_for(probed[i]->snapshot);
            target.snapshot = std::move(probed[i]->snapshot);
            places_ = std::move(probed[i]->places);
            services_.observer.device(*target.snapshot);
            if (const auto fits = fit_manifest(target); !fits)
                object(target, "manifest", fits.error());
        }
        return goes_on();
    }

    Result<void> fit_manifest(Target& target) const {
        if (!manifest_) return {};
        if (target.row != nullptr)
            return compare_with_row(services_.host, *target.snapshot, *target.row);
        target.row = QUIETUS_TRY(row_of(services_.host, *manifest_, *target.snapshot));
        return {};
    }

    // -- Decide
    // ----------------------------------------------------------------------------------------------
    bool make_plans() {
        for (Target* target : going()) {
            auto plan = make_plan(*target->snapshot, goal_of(*target, request_.goal));
            if (!plan) {
                object(*target, "plan", plan.error());
                continue;
            }
            target->plan = std::move(*plan);
            if (const auto same = check_resumption(*target); !same)
                object(*target, "resume", same.error());
        }
        if (!goes_on()) return false;
        for (const Target* target : going()) services_.observer.plan(target->plan);
        return true;
    }

    // What was said on the command line must speak of these drives and these rules.
    bool check_consent() {
        const Consent& said = request_.consent;
        for (const std::string& rule : said.accepted) {
            if (!guard::can_be_accepted(rule))
                object_all("accept", guard::cannot_be_accepted(rule));
        }
        check_confirmations();
        // A token is for the drives that plan --skip-refused did not leave out: those leave first.
        if (request_.skip_refused && !leave_out_what_is_stopped()) return false;
        Consent consent = said;
        if (!said.plan_token.empty()) {
            const auto holds = check_token(said.plan_token, plans(), services_.clock.now());
            if (!holds) object_all("confirm-plan", holds.error());
            consent.plan_token_holds = holds.has_value();
        }
        const auto all = snapshots();
        for (Target* target : going()) target->consent = consent_for(*target, consent, all);
        return goes_on();
    }

    void check_confirmations() {
        const auto strays = guard::unmatched_confirmations(request_.consent, snapshots());
        // Of a drive that was left out before it was looked at, nobody knows what it is called.
        const auto unseen = static_cast<std::size_t>(
            std::count_if(targets_.begin(), targets_.end(),
                          [](const Target& target) { return !target.snapshot; }));
        for (const std::string& stray : strays) {
            const std::string what =
                "--confirm " + printable_text(stray) + ": no drive of this call is called that";
            if (strays.size() <= unseen)
                services_.observer.warning(what + " that could be looked at");
            else
                object_all("confirm", {.code = ErrorCode::bad_evidence,
                                       .message = what,
                                       .sys_errno = 0,
                                       .hint = "quietus plan shows what to confirm"});
        }
    }

    bool leave_out_what_is_stopped() {
        const auto all = snapshots();
        for (Target* target : going()) {
            auto objections = objections_to(target->plan, all, places_, {});
            if (is_stopped(objections)) object(*target, std::move(objections));
        }
        return goes_on();
    }

    // Evidence owed from an earlier run of the same erase may be all that is missing: such drives
    // are done.
    bool finish_what_is_owed() {
        for (Target* target : going()) {
            if (target->resumes != nullptr) continue;  // its evidence is complete
            const Pending pending =
                finish_pending(*desk_, services_.host, services_.observer, target->plan);
            if (!pending.completes_this_call) continue;
            target->result = pending.result;
            target->done_before = true;
            tell(*target);
        }
        return !going().empty();
    }

    // A person at a terminal is asked only about drives that nothing but the missing word forbids.
    bool ask_person() {
        const auto all = snapshots();
        for (Target* target : going()) {
            if (!request_.ask) break;
            const guard::Review review = guard::review(situation(*target, all));
            const bool only_the_word =
                !review.objections.empty() &&
                std::all_of(
                    review.objections.begin(), review.objections.end(), [](const Objection& o) {
                        return o.rule == "not-confirmed" || o.rule == guard::kNoUniqueSerial;
                    });
            if (!only_the_word) continue;
            const auto typed =
                request_.ask(target->plan, guard::confirmation_needed(*target->snapshot, all));
            if (!typed) break;
            target->consent.confirmations.push_back(*typed);
            target->consent.typed = true;
        }
        if (const auto signal = services_.signals.take()) interrupted(*signal);
        return goes_on();
    }

    bool approve() {
        const auto all = snapshots();
        for (Target* target : going()) {
            auto one = guard::Approver::approve(situation(*target, all));
            if (one) {
                approved_.push_back(std::move(*one));
                running_.push_back(target);
            } else {
                object(*target, one.error());
            }
        }
        return goes_on();
    }

    // -- Write and read back
    // ---------------------------------------------------------------------------------
    bool take() {
        for (std::size_t i = 0; i < approved_.size(); ++i)
            starts_.push_back(start_of(approved_[i], *running_[i]));
        supervisor_.emplace(services_.host, services_.clock, services_.observer, services_.signals,
                            state_, run_options());
        std::vector<engine::RunOptions> how;
        for (const Target* target : running_) {
            how.push_back({.limits = limits_of(*target, request_.limits)});
            if (target->resumes != nullptr)
                how.back().continues =
                    engine::still_holding(target->resumes->run.continuation, *target->snapshot);
        }
        const auto taken = supervisor_->take_all(
            std::move(approved_), std::move(how), [this] { forget_secrets(*desk_); },
            request_.skip_refused);
        if (!taken && taken.error().signal) {
            interrupted(*taken.error().signal);
            return false;
        }
        const auto& objections = taken ? *taken : taken.error().objections;
        for (std::size_t i = 0; i < running_.size(); ++i)
            object(*running_[i], explained(*running_[i], objections[i]));
        return goes_on() && taken;
    }

    // What holds a drive exclusively and shows nowhere may be an earlier run's own requests.
    std::vector<Objection> explained(const Target& target, std::vector<Objection> objections) {
        for (Objection& one : objections) {
            if (one.rule != "exclusive" ||
                !was_left_hung(runs_->of(target.snapshot->identity), starts_.front().host.boot_id))
                continue;
            one.status = ExitStatus::busy;
            one.what =
                target.device.path + ": requests of an earlier run that hung are still in flight";
            one.remedy = "try again later; where they never come back, power-cycle the drive";
        }
        return objections;
    }

    SupervisorOptions run_options() const {
        const auto deadline = [&](std::uint64_t s) { return began_ + std::chrono::seconds{s}; };
        const auto& limit = request_.limits.deadline_s;
        return {.parallel = request_.parallel.value_or(kParallelMax),
                .deadline = limit ? std::optional{deadline(*limit)} : std::nullopt};
    }

    EraseRecord start_of(const guard::ApprovedPlan& plan, const Target& target) {
        if (!tool_) tool_ = gather_tool_facts();
        EraseRecord start;
        start.id = new_uuid_v7(services_.clock.now()).value_or("");
        QUIETUS_CHECK(!start.id.empty());
        start.plan = plan.plan();
        start.consent = plan.consent();
        start.consent_means = plan.review().means;
        start.accepted = plan.review().accepted;
        start.started = services_.clock.now();
        if (!host_) host_ = gather_host_facts(services_.host);
        start.host = *host_;
        start.tool = *tool_;
        start.tool.selftest = "passed";
        start.operated_by = gather_operator_facts(services_.host, request_.settings);
        start.order =
            gather_order_facts(request_.settings, target.row, manifest_ ? manifest_->sha256 : "");
        start.limits = limits_of(target, request_.limits);
        if (!runs_) runs_.emplace(state_);
        start.attempts_before = attempts_of(runs_->of(start.plan.target.identity));
        if (target.resumes == nullptr) return start;
        const engine::Unfinished& before = target.resumes->run;
        start.order = before.record.order;
        const auto next = engine::still_holding(before.continuation, *target.snapshot);
        start.resumed = next.runs;
        start.steps = next.done;
        return start;
    }

    void erase_and_certify() {
        for (std::size_t i = 0; i < starts_.size(); ++i) {
            if (running_[i]->out) continue;
            auto owed = owe_evidence(*desk_, starts_[i].id);
            if (owed) continue;
            owed.error().code = ErrorCode::config;
            return give_up_untouched(owed.error());
        }
        const auto ran = supervisor_->run_all(starts_, [this](const Ended& ended) {
            Target& target = *running_[ended.index];
            certify(*desk_, services_.observer, ended, starts_[ended.index].id, target.result);
            written_ = written_ || target.result.media_state != MediaState::untouched;
            tell(target);
        });
        if (!ran) give_up_untouched(ran.error());
    }

    void give_up_untouched(const Error& error) {
        for (const EraseRecord& start : starts_) forget_evidence(state_, start.id);
        supervisor_.reset();
        if (error.code == ErrorCode::interrupted) return interrupted(error.sys_errno);
        object_all(error.code == ErrorCode::config ? "journal"
                   : error.code == ErrorCode::busy ? "deadline"
                                                   : "worker",
                   error);
    }

    // -- Refusals: collected, shown at once, and never after the first write
    // ---------------------------------
    // A fault of the call: every drive has it, it is said once, and no drive can be left out of it.
    void object_all(const std::string& rule, const Error& error) {
        call_objections_.push_back(objection_of(rule, error));
        for (Target* target : going()) blame(*target, call_objections_.back());
        stopped_ = true;
    }
    void interrupted(int signal) {
        stopped_ = true;
        for (Target* target : going()) {
            target->result.status =
                signal == SIGTERM ? ExitStatus::terminated : ExitStatus::interrupted;
            target->result.cause = "interrupted before the first write";
        }
    }

    /// Is there anything left to do? Where refused drives may be left out, they are, here.
    bool goes_on() {
        if (stopped_) return false;
        for (Target* target : going()) {
            if (target->objections.empty()) continue;
            if (!request_.skip_refused) return false;
            services_.observer.objections(target->objections);
            tell(*target);
        }
        return !going().empty();
    }
    std::vector<Target*> going() {
        std::vector<Target*> still;
        for (Target& target : targets_) {
            if (!target.out) still.push_back(&target);
        }
        return still;
    }
    void tell(Target& target) {
        target.out = true;
        services_.observer.result(target.result);
    }

    // -- The last word
    // ---------------------------------------------------------------------------------------
    ExitStatus summary() {
        std::vector<Objection> objections = call_objections_;
        for (const Target* target : going())
            objections.insert(objections.end(), target->objections.begin(),
                              target->objections.end());
        if (!objections.empty()) services_.observer.objections(objections);
        std::vector<ExitStatus> statuses;
        for (const Objection& one : call_objections_) statuses.push_back(one.status);
        // Drives whose evidence was only completed were written by an earlier call; theirs is a
        // media state of "complete".
        std::vector<ExitStatus> of_all;
        for (const Target& target : targets_) {
            of_all.push_back(target.result.status);
            if (!target.done_before) statuses.push_back(target.result.status);
        }
        const ExitStatus untouched = worst_untouched(statuses);
        for (Target* target : going()) {
            if (target->result.status == ExitStatus::ok) {
                target->result.status = untouched;
                target->result.cause = "not begun: another drive of the call was refused";
            }
            tell(*target);
        }
        if (!written_ && untouched != ExitStatus::ok) return untouched;
        return worst_written(of_all);
    }

    /// Of every drive that was looked at, also of those left out: what names a drive of the call
    /// does not change on the way.
    std::vector<DeviceSnapshot> snapshots() const {
        std::vector<DeviceSnapshot> all;
        for (const Target& target : targets_) {
            if (target.snapshot) all.push_back(*target.snapshot);
        }
        return all;
    }
    std::vector<Plan> plans() {
        std::vector<Plan> all;
        for (const Target* target : going()) all.push_back(target->plan);
        return all;
    }
    guard::Situation situation(const Target& target, const std::vector<DeviceSnapshot>& all) const {
        return {.plan = target.plan,
                .now = *target.snapshot,
                .consent = target.consent,
                .all_targets = all,
                .protected_places = places_};
    }

    const EraseRequest& request_;
    Services services_;
    StateDir state_;
    std::chrono::nanoseconds began_;
    std::optional<Manifest> manifest_;
    std::optional<HostFacts> host_;
    std::optional<ToolFacts> tool_;
    std::optional<EarlierRuns> runs_;  ///< Before this call.
    std::optional<EvidenceDesk> desk_;
    Result<void> room_;
    std::vector<Target> targets_;
    std::vector<guard::ProtectedPlace> places_;
    std::vector<guard::ApprovedPlan> approved_;
    std::vector<Target*> running_;     ///< Whose plan was approved, in the supervisor's order.
    std::vector<EraseRecord> starts_;  ///< As running_.
    std::optional<Supervisor> supervisor_;
    std::vector<Objection> call_objections_;
    bool stopped_{false};  ///< Nothing more is begun: a fault of the call, or a signal.
    bool written_{false};
};

}  // namespace

ExitStatus erase_drives(const EraseRequest& request, Services services) {
    return EraseCall{request, services, std::nullopt}.run();
}

ExitStatus erase_drives(const EraseRequest& request, Services services, EvidenceDesk desk) {
    return EraseCall{request, services, std::move(desk)}.run();
}

}  // namespace quietus::app
