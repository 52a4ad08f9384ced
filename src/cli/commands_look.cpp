// list, inspect, plan: looking, never writing.

#include <algorithm>

#include "app/check_drives.h"
#include "app/earlier_runs.h"
#include "app/list.h"
#include "app/plan_drives.h"
#include "app/record_answers.h"
#include "base/bytes.h"
#include "cli/commands.h"
#include "cli/goal_flags.h"
#include "cli/inspect_output.h"
#include "cli/table.h"
#include "device/json.h"
#include "plan/beyond_overwrite.h"
#include "plan/json.h"
#include "plan/plan_text.h"
#include "plan/token.h"
#include "record/json.h"

namespace quietus::cli {

namespace {

std::string or_dash(const std::string& text) {
    return text.empty() ? "-" : text;
}

std::string check_text(const std::optional<app::DriveCheck>& check) {
    if (!check) return {};
    return "; " + to_string(check->intact) + (check->why.empty() ? "" : ": " + check->why);
}

TableRow row_of(const app::ListedDrive& drive, const std::optional<app::DriveCheck>& check) {
    const DeviceSnapshot& seen = drive.snapshot;
    return {printable_text(seen.path),
            or_dash(printable(seen.identity.model)),
            or_dash(printable(seen.identity.serial)),
            or_dash(printable(seen.identity.wwn)),
            human_size(seen.geometry.size),
            std::to_string(seen.geometry.logical_sector) + "/" +
                std::to_string(seen.geometry.physical_sector),
            to_string(seen.transport),
            seen.geometry.zones == ZoneModel::none ? to_string(seen.medium) : "zoned",
            printable_text(app::use_text(seen)) + (seen.read_only ? ", read-only" : "") +
                (drive.known_as.empty() ? "" : "; " + drive.known_as) + check_text(check)};
}

Json fields_of(const app::ListedDrive& drive, const std::optional<app::DriveCheck>& check) {
    Json fields{{"device", printable_text(drive.snapshot.path)},
                {"use", printable_text(app::use_text(drive.snapshot))},
                {"known_as", drive.known_as},
                {"snapshot", to_json(drive.snapshot)}};
    if (check)
        fields["check"] = {{"state", to_string(check->intact)},
                           {"why", printable_text(check->why)}};
    return fields;
}

ExitStatus run_list(Context& context, bool check) {
    const auto listing = app::list_drives(context.host, context.settings);
    if (!listing) {
        context.output.error(listing.error());
        return exit_status_of(listing.error());
    }
    std::vector<std::optional<app::DriveCheck>> checks(listing->drives.size());
    if (check) {
        auto checked = app::check_drives(context.host, context.settings, listing->drives);
        if (!checked) {
            context.output.error(checked.error());
            return exit_status_of(checked.error());
        }
        checks = std::move(*checked);
    }
    std::vector<TableRow> rows{
        {"DEVICE", "MODEL", "SERIAL", "WWN", "SIZE", "SECTOR", "TRANSPORT", "KIND", "USE"}};
    bool all_intact = true;
    for (std::size_t i = 0; i < checks.size(); ++i) {
        const app::ListedDrive& drive = listing->drives[i];
        rows.push_back(row_of(drive, checks[i]));
        all_intact = all_intact && (!checks[i] || checks[i]->intact == app::Intact::yes);
        if (context.json) context.output.finding("device", fields_of(drive, checks[i]), {});
    }
    if (!context.json)
        context.output.finding("list", {},
                               listing->drives.empty() ? "no drives" : table_text(rows));
    for (const std::string& gap : listing->not_seen) context.output.note("not seen: " + gap);
    return all_intact ? ExitStatus::ok : ExitStatus::no;
}

std::string speeds_text(const Pace& pace) {
    std::uint64_t slowest = 0;
    std::uint64_t fastest = 0;
    for (const std::uint64_t speed : pace.kib_per_s) {
        if (speed == 0) continue;
        slowest = slowest == 0 ? speed : std::min(slowest, speed);
        fastest = std::max(fastest, speed);
    }
    if (fastest == 0) return {};
    return ", " + human_size({slowest * kKiB}) + "/s to " + human_size({fastest * kKiB}) + "/s";
}

// How the drive was in the runs this host remembers.
std::string run_text(const EraseRecord& record) {
    std::string text = "run of " + to_rfc3339(record.started) + ": " + record.plan.technique.name +
                       ", " + to_string(record.verdict) +
                       (record.cause.empty() ? "" : ": " + printable_text(record.cause));
    for (const StepOutcome& step : record.steps) {
        text += "\n    " + to_string(step.step) + ": " + std::to_string(step.bytes_done) +
                " bytes, " + std::to_string(step.pace.failed_requests) + " failed requests, " +
                std::to_string(step.pace.retried) + " retried, slowest request " +
                std::to_string(step.pace.slowest_ms) + " ms" + speeds_text(step.pace);
    }
    return text;
}

Json run_fields(const EraseRecord& record) {
    Json steps = Json::array();
    for (const StepOutcome& step : record.steps) {
        Json fields = to_json(step.pace);
        fields["step"] = to_string(step.step);
        fields["end"] = to_string(step.end);
        fields["bytes"] = json_integer(step.bytes_done);
        steps.push_back(std::move(fields));
    }
    return {{"id", record.id},
            {"started", to_rfc3339(record.started)},
            {"technique", record.plan.technique.name},
            {"verdict", to_string(record.verdict)},
            {"cause", printable_text(record.cause)},
            {"never_written_bytes", json_integer(record.never_written.total())},
            {"steps", std::move(steps)}};
}

void show_inspected(Context& context, const app::EarlierRuns& earlier, const DeviceSnapshot& seen) {
    std::string text = inspect_text(seen);
    Json runs = Json::array();
    for (const EraseRecord& record : earlier.of(seen.identity)) {
        text += "\n  " + run_text(record);
        runs.push_back(run_fields(record));
    }
    context.output.finding("device",
                           {{"device", printable_text(seen.path)},
                            {"snapshot", to_json(seen)},
                            {"techniques", techniques_json(seen)},
                            {"runs", std::move(runs)}},
                           text);
}

Result<void> record(Context& context, const std::string& folder, const app::Inspected& seen) {
    const std::string file = QUIETUS_TRY(app::record_answers(folder, seen));
    const std::string device = printable_text(seen.snapshot.path);
    context.output.note(device + (file.empty() ? ": nothing to record: no controller answered"
                                               : ": answers recorded in " + file));
    return {};
}

ExitStatus run_inspect(Context& context, const std::vector<std::string>& devices,
                       const std::string& record_in) {
    std::vector<ExitStatus> statuses;
    const auto failed = [&](const Error& error) {
        context.output.error(error);
        statuses.push_back(exit_status_of(error));
    };
    const app::EarlierRuns earlier{app::StateDir{context.settings.state_dir}};
    for (const auto& seen : app::inspect_with_answers(context.host, devices)) {
        if (!seen) {
            failed(seen.error());
            continue;
        }
        show_inspected(context, earlier, seen->snapshot);
        if (record_in.empty()) continue;
        const auto recorded = record(context, record_in, *seen);
        if (!recorded) failed(recorded.error());
    }
    return worst_untouched(statuses);
}

ExitStatus run_plan(Context& context, const app::PlanRequest& flags, const GoalFlags& goal_flags) {
    app::PlanRequest request = flags;
    const auto named = check_drives(request.devices, request.manifest_file);
    const auto goal = goal_flags.goal();
    if (!named || !goal) {
        const Error& error = !named ? named.error() : goal.error();
        context.output.error(error);
        return exit_status_of(error);
    }
    request.goal = *goal;
    const app::Planned planned =
        app::plan_drives(context.host, context.clock, request, context.settings);
    for (std::size_t i = 0; i < planned.plans.size(); ++i) {
        const Plan& plan = planned.plans[i];
        context.output.finding(
            "plan",
            {{"device", printable_text(plan.target.path)},
             {"confirm", planned.confirmations[i]},
             {"plan", to_json(plan)}},
            plan_text(plan) + "\nto confirm this drive: --confirm " + planned.confirmations[i]);
    }
    for (const Error& error : planned.failures) context.output.error(error);
    context.output.objections(planned.objections);
    if (!planned.token.empty())
        context.output.finding(
            "token", {{"token", planned.token}, {"expires_after_s", kTokenLifetimeMs / 1000}},
            "token: " + planned.token + "  (for --confirm-plan, good for an hour)");
    return planned.status;
}

}  // namespace

void add_list(Parser& parser) {
    CLI::App* sub = parser.app.add_subcommand(
        "list", "Show every drive and what uses it (opens none without --check)");
    auto check = std::make_shared<bool>(false);
    sub->add_flag("--check", *check,
                  "Read drives that the register knows at 64 places: still as they were left?");
    sub->callback([&parser, check] {
        parser.command = "list";
        parser.chosen = [check](Context& context) { return run_list(context, *check); };
    });
}

void add_inspect(Parser& parser) {
    CLI::App* sub = parser.app.add_subcommand(
        "inspect", "Show all that is known of a drive, each value with its source");
    auto devices = std::make_shared<std::vector<std::string>>();
    sub->add_option("DEVICE", *devices, "Block devices")->required();
    auto folder = std::make_shared<std::string>();
    sub->add_option("--record", *folder,
                    "Folder for what NVMe controllers answer, serial numbers replaced, for replay "
                    "in tests");
    sub->callback([&parser, devices, folder] {
        parser.command = "inspect";
        parser.chosen = [devices, folder](Context& context) {
            return run_inspect(context, *devices, *folder);
        };
    });
}

void add_plan(Parser& parser) {
    CLI::App* sub = parser.app.add_subcommand(
        "plan", "Show exactly what erase would do, and a token for it; writes nothing");
    auto request = std::make_shared<app::PlanRequest>();
    auto flags = std::make_shared<GoalFlags>();
    add_drives(*sub, request->devices, request->manifest_file, request->skip_refused);
    flags->add_to(*sub);
    sub->add_option("--out", parser.settings.out,
                    "Folder for the evidence (default: <state-dir>/certificates)");
    auto accept = std::make_shared<std::vector<std::string>>();
    add_accept(*sub, *accept);
    sub->callback([&parser, request, flags, accept] {
        parser.command = "plan";
        parser.chosen = [request, flags, accept](Context& context) {
            request->accepted = {accept->begin(), accept->end()};
            return run_plan(context, *request, *flags);
        };
    });
}

}  // namespace quietus::cli
