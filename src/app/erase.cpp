#include "app/erase.h"

#include <algorithm>
#include <csignal>

#include "app/evidence.h"
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

// One call of erase, from the first look to the last receipt. Members fill up from top to bottom.
class EraseCall {
  public:
    EraseCall(const EraseRequest& request, Services services) : request_{request}, services_{services}, state_{request.settings.state_dir} {}

    ExitStatus run() {
        if (const auto ready = prepare(); !ready) return refuse_all(ready.error());
        if (!name_devices() || !look() || !make_plans() || !check_consent()) return summary_untouched();
        if (!finish_what_is_owed()) return summary();
        if (!approve() || !take()) return summary_untouched();
        erase_and_certify();
        return summary();
    }

  private:
    // -- Before anything is looked at: can the evidence be kept at all? --------------------------------------
    Result<void> prepare() {
        if (services_.clock.now() < kEarliestPlausibleTime) {
            return failure(ErrorCode::config, "the clock says " + to_rfc3339(services_.clock.now()) + ", which cannot be", "set the clock: evidence with a wrong time is worthless");
        }
        if (!services_.host.is_root()) return failure(ErrorCode::refused, "erasing needs root", "run it with sudo");
        QUIETUS_TRY(engine::selftest());
        QUIETUS_TRY(state_.prepare());
        constexpr std::size_t kRoomForEvidence = 256 * 1024;
        QUIETUS_TRY(check_writable(request_.settings.out_dir(), kRoomForEvidence, "evidence (--out)"));
        auto key = QUIETUS_TRY(load_or_make_key(state_, request_.settings, services_.clock.now()));
        if (key.made) services_.observer.note("made this host's own signing key (self-signed, not independent), fingerprint " + key.key.fingerprint_sha256());
        auto log = QUIETUS_TRY(open_register(state_, /*create=*/true));
        desk_.emplace(EvidenceDesk{.state = state_, .settings = request_.settings, .clock = services_.clock, .key = std::move(key.key), .log = std::move(log)});
        return {};
    }

    bool name_devices() {
        for (const std::string& typed : request_.devices) {
            auto named = discovery::resolve_device(services_.host, typed);
            if (named) {
                results_.push_back({.path = named->path, .model = {}, .serial = {}, .verdict = {}, .media_state = MediaState::untouched, .status = ExitStatus::ok, .cause = {}, .next_action = {}, .id = {}, .folder = {}});
                devices_.push_back(std::move(*named));
            } else {
                results_.push_back({.path = printable_text(typed), .model = {}, .serial = {}, .verdict = {}, .media_state = MediaState::untouched, .status = ExitStatus::ok, .cause = {}, .next_action = {}, .id = {}, .folder = {}});
                object(results_.size() - 1, "device", named.error());
            }
        }
        return clean();
    }

    bool look() {
        auto probed = probe(services_.host, devices_, protected_places(request_.settings));
        for (std::size_t i = 0; i < probed.size(); ++i) {
            if (!probed[i]) {
                object(i, "inspect", probed[i].error());
                continue;
            }
            results_[i].model = printable(probed[i]->snapshot.identity.model);
            results_[i].serial = printable(probed[i]->snapshot.identity.serial);
            services_.observer.device(probed[i]->snapshot);
            snapshots_.push_back(std::move(probed[i]->snapshot));
            places_ = std::move(probed[i]->places);
        }
        return clean();
    }

    // A drive whose plan is refused may have objections of its own; the guards need a plan to speak, so it comes first.
    bool make_plans() {
        for (std::size_t i = 0; i < snapshots_.size(); ++i) {
            auto plan = make_plan(snapshots_[i], request_.goal);
            if (!plan) object(i, "plan", plan.error());
            else plans_.push_back(std::move(*plan));
        }
        if (!clean()) return false;
        for (const Plan& plan : plans_) services_.observer.plan(plan);
        return true;
    }

    // What was said on the command line must speak of these drives and these rules.
    bool check_consent() {
        consents_.assign(plans_.size(), request_.consent);
        for (const std::string& rule : request_.consent.accepted) {
            if (guard::can_be_accepted(rule)) continue;
            const std::string why = guard::is_rule(rule) ? ": no consent lifts this rule" : ": no such rule";
            object_all({.code = ErrorCode::usage, .message = "--accept " + printable_text(rule) + why, .sys_errno = 0, .hint = "the rules are listed in quietus(8)"}, "accept");
        }
        for (const std::string& stray : guard::unmatched_confirmations(request_.consent, snapshots_)) {
            object_all({.code = ErrorCode::bad_evidence, .message = "--confirm " + printable_text(stray) + ": no drive of this call is called that", .sys_errno = 0, .hint = "quietus plan shows what to confirm"}, "confirm");
        }
        if (!request_.consent.plan_token.empty()) {
            const auto holds = check_token(request_.consent.plan_token, plans_, services_.clock.now());
            if (!holds) object_all(holds.error(), "confirm-plan");
            for (Consent& consent : consents_) consent.plan_token_holds = holds.has_value();
        }
        return clean();
    }

    // Evidence owed from an earlier run of the same erase comes first: it may be all that is missing. Returns false where
    // nothing is left to erase.
    bool finish_what_is_owed() {
        pending_.assign(plans_.size(), {});
        for (std::size_t i = 0; i < plans_.size(); ++i) {
            pending_[i] = finish_pending(*desk_, services_.host, services_.observer, plans_[i]);
            if (!pending_[i].completes_this_call) continue;
            results_[i] = pending_[i].result;
            services_.observer.result(results_[i]);
        }
        if (std::all_of(pending_.begin(), pending_.end(), [](const Pending& p) { return p.completes_this_call; })) return false;
        drop_completed();
        return true;
    }

    void drop_completed() {
        for (std::size_t i = plans_.size(); i-- > 0;) {
            if (!pending_[i].completes_this_call) continue;
            done_before_.push_back(results_[i].status);
            const auto at = static_cast<std::ptrdiff_t>(i);
            plans_.erase(plans_.begin() + at);
            snapshots_.erase(snapshots_.begin() + at);
            consents_.erase(consents_.begin() + at);
            results_.erase(results_.begin() + at);
        }
    }

    guard::Situation situation(std::size_t i) const {
        return {.plan = plans_[i], .now = snapshots_[i], .consent = consents_[i], .all_targets = snapshots_, .protected_places = places_};
    }

    // A person at a terminal is asked only about drives that nothing else forbids.
    void ask_person() {
        if (!request_.ask) return;
        for (std::size_t i = 0; i < plans_.size(); ++i) {
            const guard::Review review = guard::review(situation(i));
            const bool only_unconfirmed = !review.objections.empty() && std::all_of(review.objections.begin(), review.objections.end(), [](const Objection& o) { return o.rule == "not-confirmed" || o.rule == "no-unique-serial"; });
            if (!only_unconfirmed) continue;
            const auto typed = request_.ask(plans_[i], guard::confirmation_needed(snapshots_[i], snapshots_));
            if (!typed) return;
            consents_[i].confirmations.push_back(*typed);
            consents_[i].typed = true;
        }
    }

    bool approve() {
        ask_person();
        if (const auto signal = services_.signals.take()) return interrupted(*signal);
        for (std::size_t i = 0; i < plans_.size(); ++i) {
            auto one = guard::Approver::approve(situation(i));
            if (one) approved_.push_back(std::move(*one));
            else object(i, one.error());
        }
        return clean();
    }

    bool take() {
        for (const guard::ApprovedPlan& plan : approved_) starts_.push_back(start_of(plan));
        supervisor_.emplace(services_.host, services_.clock, services_.observer, services_.signals, state_);
        if (const auto taken = supervisor_->take_all(std::move(approved_)); !taken) {
            if (taken.error().signal) return interrupted(*taken.error().signal);
            for (std::size_t i = 0; i < taken.error().objections.size(); ++i) object(i, taken.error().objections[i]);
            return clean();
        }
        return true;
    }

    EraseRecord start_of(const guard::ApprovedPlan& plan) {
        EraseRecord start;
        start.id = new_uuid_v7(services_.clock.now()).value_or("");
        QUIETUS_CHECK(!start.id.empty());
        start.plan = plan.plan();
        start.consent = plan.consent();
        start.consent_means = plan.review().means;
        start.accepted = plan.review().accepted;
        start.started = services_.clock.now();
        start.host = gather_host_facts(services_.host);
        if (tool_.version.empty()) tool_ = gather_tool_facts();
        start.tool = tool_;
        start.tool.selftest = "passed";
        start.operated_by = gather_operator_facts(services_.host, request_.settings);
        const Settings& said = request_.settings;
        start.order = {.ticket = printable_text(said.ticket), .asset_tag = printable_text(said.asset_tag), .organisation = printable_text(said.organisation), .location = printable_text(said.location)};
        return start;
    }

    void erase_and_certify() {
        for (const EraseRecord& start : starts_) {
            auto owed = owe_evidence(*desk_, start.id);
            if (owed) continue;
            owed.error().code = ErrorCode::config;
            return give_up_untouched(owed.error());
        }
        const auto ran = supervisor_->run_all(starts_, [this](const Ended& ended) { certify(ended); });
        if (!ran) give_up_untouched(ran.error());
    }

    void give_up_untouched(const Error& error) {
        for (const EraseRecord& start : starts_) forget_evidence(state_, start.id);
        supervisor_.reset();
        if (error.code == ErrorCode::interrupted) static_cast<void>(interrupted(error.sys_errno));
        else object_all(error, error.code == ErrorCode::config ? "journal" : "worker");
    }

    // One drive has ended, however it did: fold its journal, sign, register, tell.
    void certify(const Ended& ended) {
        DriveResult& result = results_[ended.index];
        result.id = starts_[ended.index].id;
        const auto record = engine::fold(ended.journal->entries(), ended.journal->text());
        if (!record) {
            result.verdict = Verdict::unknown;
            result.media_state = MediaState::unknown;
            result.status = ExitStatus::internal;
            result.cause = record.error().message;
            return services_.observer.result(result);
        }
        result.verdict = record->verdict;
        result.media_state = record->media_state;
        result.cause = record->cause;
        result.status = status_of(*record, ended.journal_failed);
        written_ = written_ || record->any_write_issued;
        services_.observer.verification(result.path, record->verification);
        if (!record->any_write_issued) {
            // Interrupted, or the journal refused, before the first write: untouched, and nothing to file.
            forget_evidence(state_, record->id);
            if (!record->signal) result.status = ExitStatus::config;
            return services_.observer.result(result);
        }
        services_.observer.phase(result.path, "signing");
        const auto filed = file_evidence(*desk_, *record, *ended.journal);
        if (filed) {
            result.folder = filed->folder;
            services_.observer.certificate(result.path, filed->folder, desk_->key.fingerprint_sha256());
        } else {
            services_.observer.warning(filed.error().message);
            result.next_action = filed.error().hint;
            if (record->verdict == Verdict::erased) {
                result.status = ExitStatus::evidence_incomplete;
                result.cause = "erased, but its evidence is not complete: " + filed.error().message;
            }
        }
        services_.observer.result(result);
    }

    static ExitStatus status_of(const EraseRecord& record, bool journal_failed) {
        switch (record.verdict) {
            case Verdict::erased: return ExitStatus::ok;
            case Verdict::exceptions: return ExitStatus::exceptions;
            case Verdict::not_erased:
                if (record.signal) return *record.signal == SIGTERM ? ExitStatus::terminated : ExitStatus::interrupted;
                return journal_failed ? ExitStatus::host_io : ExitStatus::not_erased;
            case Verdict::unknown: return ExitStatus::not_erased;
        }
        return ExitStatus::internal;
    }

    // -- Refusals: collected, shown at once, and never after the first write ---------------------------------
    void object(std::size_t i, std::vector<Objection> objections) {
        for (Objection& objection : objections) {
            if (results_[i].cause.empty()) results_[i].cause = objection.what;
            if (results_[i].next_action.empty()) results_[i].next_action = objection.remedy;
            const std::array both{results_[i].status, objection.status};
            results_[i].status = worst_untouched(both);
            objections_.push_back(std::move(objection));
        }
    }
    void object(std::size_t i, const std::string& rule, const Error& error) {
        object(i, {Objection{.rule = rule, .severity = Severity::stop, .status = exit_status_of(error), .what = error.message, .remedy = error.hint}});
    }
    void object_all(const Error& error, const std::string& rule) {
        object(0, rule, error);
        for (std::size_t i = 1; i < results_.size(); ++i) {
            results_[i].status = results_[0].status;
            results_[i].cause = results_[0].cause;
        }
    }
    bool clean() const { return objections_.empty() && !signal_; }

    bool interrupted(int signal) {
        signal_ = signal;
        for (DriveResult& result : results_) {
            result.status = signal == SIGTERM ? ExitStatus::terminated : ExitStatus::interrupted;
            result.cause = "interrupted before the first write";
        }
        return false;
    }

    ExitStatus refuse_all(const Error& error) {
        for (const std::string& typed : request_.devices) {
            results_.push_back({.path = printable_text(typed), .model = {}, .serial = {}, .verdict = {}, .media_state = MediaState::untouched, .status = ExitStatus::ok, .cause = {}, .next_action = {}, .id = {}, .folder = {}});
        }
        object_all(error, "set-up");
        return summary_untouched();
    }

    ExitStatus summary_untouched() {
        if (!objections_.empty()) services_.observer.objections(objections_);
        std::vector<ExitStatus> statuses;
        for (DriveResult& result : results_) {
            if (result.status == ExitStatus::ok) result.cause = "not begun: another drive of the call was refused";
            statuses.push_back(result.status);
        }
        const ExitStatus worst = worst_untouched(statuses);
        for (DriveResult& result : results_) {
            if (result.status == ExitStatus::ok) result.status = worst;
            services_.observer.result(result);
        }
        return worst;
    }

    ExitStatus summary() {
        std::vector<ExitStatus> statuses = done_before_;
        for (const DriveResult& result : results_) statuses.push_back(result.status);
        if (!written_ && !objections_.empty()) return summary_untouched();
        if (!written_ && signal_) return summary_untouched();
        return written_ ? worst_written(statuses) : settled(statuses);
    }

    // No drive was written in this call: all were finished before (0, 73, 11, 10), or the journals refused (78).
    static ExitStatus settled(const std::vector<ExitStatus>& statuses) {
        const bool host_side = std::any_of(statuses.begin(), statuses.end(), [](ExitStatus s) { return s == ExitStatus::config; });
        return host_side ? worst_untouched(statuses) : worst_written(statuses);
    }

    const EraseRequest& request_;
    Services services_;
    StateDir state_;
    ToolFacts tool_{.name = "quietus", .version = {}, .commit = {}, .binary_sha256 = {}, .build = {}, .selftest = {}};
    std::optional<EvidenceDesk> desk_;
    std::vector<discovery::NamedDevice> devices_;
    std::vector<DeviceSnapshot> snapshots_;
    std::vector<guard::ProtectedPlace> places_;
    std::vector<Plan> plans_;
    std::vector<Consent> consents_;
    std::vector<Pending> pending_;
    std::vector<guard::ApprovedPlan> approved_;
    std::vector<EraseRecord> starts_;
    std::optional<Supervisor> supervisor_;
    std::vector<DriveResult> results_;
    std::vector<Objection> objections_;
    std::vector<ExitStatus> done_before_;
    std::optional<int> signal_;
    bool written_{false};
};

}  // namespace

ExitStatus erase_drives(const EraseRequest& request, Services services) { return EraseCall{request, services}.run(); }

}  // namespace quietus::app
