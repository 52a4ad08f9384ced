#include "app/resume.h"

#include <algorithm>
#include <filesystem>

#include "app/broken_off.h"
#include "app/certify.h"
#include "app/desk.h"
#include "app/erase_target.h"
#include "app/list.h"
#include "base/bytes.h"
#include "discovery/discovery.h"

namespace quietus::app {

namespace {

bool is_file(const std::string& path) {
    std::error_code fault;
    return std::filesystem::is_regular_file(path, fault);
}

class ResumeCall {
  public:
    ResumeCall(const ResumeRequest& request, Services services)
        : request_{request}, services_{services}, state_{request.settings.state_dir} {}

    ExitStatus run() {
        if (const auto ready = read(); !ready) return fail_all(ready.error());
        choose();
        find_drives();
        limit();
        if (!objections_.empty() && !request_.skip_refused) return refuse();
        for (const Objection& one : objections_) services_.observer.warning(one.what);
        tell_completed();
        if (!chosen_.empty()) statuses_.push_back(carry_on());
        if (statuses_.empty() && objections_.empty()) {
            services_.observer.note("nothing broke off, and no evidence is owed");
            return ExitStatus::ok;
        }
        if (statuses_.size() == 1 && objections_.empty()) return statuses_.front();
        for (const Objection& one : objections_) statuses_.push_back(one.status);
        return worst_written(statuses_);
    }

  private:
    struct Chosen {
        BrokenOff what;
        std::string path;  ///< Where the drive is now.
        RunLimits limits{};
    };

    Result<void> read() {
        desk_.emplace(QUIETUS_TRY(open_desk(state_, request_.settings, services_)));
        read_ = read_journals(*desk_);
        return {};
    }

    void object(const std::string& name, const Error& error) {
        objections_.push_back(objection_of("resume", error));
        refused_.push_back(name);
    }

    // -- Which runs are meant
    // ------------------------------------------------------------------------------------------
    void choose() {
        for (const Error& fault : read_.faults) {
            if (request_.all)
                object(state_.journal_dir(), fault);
            else
                services_.observer.warning(fault.message);
        }
        if (request_.all) {
            for (BrokenOff& one : read_.broken_off) add(std::move(one));
            return;
        }
        for (const std::string& name : request_.named) {
            if (is_file(name))
                choose_journal(name);
            else
                choose_drive(name);
        }
    }

    void add(BrokenOff one) { chosen_.push_back({.what = std::move(one), .path = {}}); }

    void choose_journal(const std::string& file) {
        std::error_code ignored;
        const auto same_file = [&](const BrokenOff& one) {
            return std::filesystem::equivalent(one.journal, file, ignored);
        };
        const auto ours = std::find_if(read_.broken_off.begin(), read_.broken_off.end(), same_file);
        if (ours != read_.broken_off.end()) return add(*ours);
        auto foreign = read_foreign_journal(file);
        if (!foreign) return object(file, foreign.error());
        add(std::move(*foreign));
    }

    void choose_drive(const std::string& name) {
        const auto seen = std::move(inspect_drives(services_.host, {name}).front());
        if (!seen) return object(name, seen.error());
        const auto is_of_drive = [&](const EraseRecord& record) {
            return is_returned_drive(record.plan.target.identity, seen->identity);
        };
        const auto at =
            std::find_if(read_.broken_off.begin(), read_.broken_off.end(),
                         [&](const BrokenOff& one) { return is_of_drive(one.run.record); });
        if (at != read_.broken_off.end()) {
            chosen_.push_back({.what = *at, .path = seen->path});
            return;
        }
        const bool completed =
            std::any_of(read_.completed.begin(), read_.completed.end(),
                        [&](const Completed& one) { return is_of_drive(one.record); });
        if (completed) return;
        // A journal that cannot be used now may be the one.
        for (const Error& fault : read_.faults) {
            if (fault.code == ErrorCode::busy) return object(name, fault);
        }
        object(name, {.code = ErrorCode::bad_evidence,
                      .message = printable_text(name) + ": no run of it broke off here",
                      .sys_errno = 0,
                      .hint = "name the journal if it ran on another host, or erase it"});
    }

    // -- Where their drives are now
    // ------------------------------------------------------------------------------------------
    void find_drives() {
        std::optional<Result<std::vector<DeviceSnapshot>>> drives;
        std::vector<Chosen> found;
        for (Chosen& one : chosen_) {
            if (one.path.empty()) {
                if (!drives) drives = discovery::list_drives(services_.host);
                one.path = path_of(one.what.run.record, *drives);
            }
            const DeviceIdentity& identity = one.what.run.record.plan.target.identity;
            if (!one.path.empty())
                found.push_back(std::move(one));
            else
                object(to_string(identity),
                       {.code = ErrorCode::bad_evidence,
                        .message = to_string(identity) + ": not attached to this host",
                        .sys_errno = 0,
                        .hint = "attach it, then resume again"});
        }
        chosen_ = std::move(found);
    }

    // By what names it; what has no name (a loop device) only where it was.
    std::string path_of(const EraseRecord& record,
                        const Result<std::vector<DeviceSnapshot>>& drives) {
        const DeviceIdentity& identity = record.plan.target.identity;
        std::vector<std::string> paths;
        if (drives) {
            for (const DeviceSnapshot& drive : *drives) {
                if (same_unique_name(identity, drive.identity)) paths.push_back(drive.path);
            }
        }
        if (paths.size() == 1) return paths.front();
        const auto there =
            std::move(inspect_drives(services_.host, {record.plan.target.path}).front());
        return there && is_returned_drive(identity, there->identity) ? there->path : std::string{};
    }

    void limit() {
        std::vector<Chosen> limited;
        for (Chosen& one : chosen_) {
            const auto limits = limits_after(one.what.run.record.limits, request_.limits);
            if (!limits) {
                object(one.path, limits.error());
                continue;
            }
            one.limits = *limits;
            limited.push_back(std::move(one));
        }
        chosen_ = std::move(limited);
    }

    // -- Act
    // ------------------------------------------------------------------------------------------
    void tell_completed() {
        for (const Completed& one : read_.completed) {
            DriveResult result = result_for(one.record.plan.target);
            tell_record(one.record, result);
            tell_filed(one.filed, result);
            if (!one.filed) services_.observer.warning(one.filed.error().message);
            // A run that is carried on has its result from there.
            const bool goes_on = std::any_of(
                chosen_.begin(), chosen_.end(),
                [&](const Chosen& chosen) { return chosen.what.run.record.id == one.record.id; });
            if (goes_on) continue;
            services_.observer.result(result);
            statuses_.push_back(result.status);
        }
    }

    ExitStatus carry_on() {
        EraseRequest erase{.devices = {},
                           .manifest_file = {},
                           .skip_refused = request_.skip_refused,
                           .parallel = request_.parallel,
                           .limits = {},
                           .goal = {},
                           .resumes = {},
                           .consent = request_.consent,
                           .settings = request_.settings,
                           .ask = {}};
        erase.limits.deadline_s = request_.limits.deadline_s;
        for (Chosen& one : chosen_) {
            const ResumedRun& before = one.what.run.continuation.runs.back();
            services_.observer.note(one.path + ": carries on the run of " +
                                    to_rfc3339(before.started) + ", which ended: " + before.cause);
            erase.devices.push_back(one.path);
            const Consent consent = one.what.run.record.consent;
            erase.resumes.push_back(
                {.run = std::move(one.what.run), .consent = consent, .limits = one.limits});
        }
        return erase_drives(erase, services_, std::move(*desk_));
    }

    // -- Refusals
    // ------------------------------------------------------------------------------------------
    ExitStatus refuse() {
        services_.observer.objections(objections_);
        std::vector<ExitStatus> statuses;
        for (std::size_t i = 0; i < objections_.size(); ++i) {
            tell_refused(refused_[i], objections_[i].status, objections_[i].what,
                         objections_[i].remedy);
            statuses.push_back(objections_[i].status);
        }
        const ExitStatus worst = worst_untouched(statuses);
        for (const Chosen& one : chosen_)
            tell_refused(one.path, worst, "not begun: another drive of the call was refused", {});
        tell_completed();
        return worst;
    }

    ExitStatus fail_all(const Error& error) {
        services_.observer.objections({objection_of("set-up", error)});
        for (const std::string& name : request_.named)
            tell_refused(name, exit_status_of(error), error.message, error.hint);
        return exit_status_of(error);
    }

    void tell_refused(const std::string& name, ExitStatus status, const std::string& cause,
                      const std::string& remedy) {
        DriveResult result = result_for(printable_text(name));
        result.status = status;
        result.cause = cause;
        result.next_action = remedy;
        services_.observer.result(result);
    }

    const ResumeRequest& request_;
    Services services_;
    StateDir state_;
    std::optional<EvidenceDesk> desk_;  ///< Until the erase takes it over.
    JournalsRead read_;
    std::vector<Chosen> chosen_;
    std::vector<Objection> objections_;
    std::vector<std::string> refused_;  ///< What each objection is about.
    std::vector<ExitStatus> statuses_;
};

}  // namespace

ExitStatus resume_drives(const ResumeRequest& request, Services services) {
    return ResumeCall{request, services}.run();
}

}  // namespace quietus::app
