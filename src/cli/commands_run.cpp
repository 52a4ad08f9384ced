// status, stop: what is running now.

#include <unistd.h>

#include "app/run_status.h"
#include "app/stop_drive.h"
#include "base/bytes.h"
#include "cli/commands.h"

namespace quietus::cli {

namespace {

// A call that was killed changes no file: so often --watch looks whether all are still alive.
constexpr int kWatchRoundMs = 2000;

struct Shown {
    std::vector<Json> events;
    std::string text;  ///< A line for each drive.
};

Shown shown(const std::vector<app::RunningCall>& calls) {
    Shown all;
    for (const app::RunningCall& call : calls) {
        for (const app::Progress& progress : call.drives) {
            Json fields = app::to_json(progress);
            fields["process"] = call.process;
            all.events.push_back(std::move(fields));
            all.text += (all.text.empty() ? "" : "\n") + app::progress_text(progress) +
                        "  (process " + std::to_string(call.process) + ")";
        }
    }
    return all;
}

void say_nothing_runs(Context& context) {
    context.output.finding("status", {{"running", 0}}, "nothing is running");
}

ExitStatus run_status(Context& context) {
    const auto calls = app::running_calls(app::StateDir{context.settings.state_dir});
    if (!calls) return fail(context, calls.error());
    const Shown now = shown(*calls);
    for (const Json& event : now.events) {
        if (context.json) context.output.finding("progress", event, {});
    }
    if (!context.json && !now.text.empty()) print_line(now.text);
    if (now.events.empty()) say_nothing_runs(context);
    return ExitStatus::ok;
}

// Until nothing runs any more. On a terminal the lines are drawn over; elsewhere each change is
// printed.
ExitStatus run_watch(Context& context) {
    const app::StateDir state{context.settings.state_dir};
    LiveLines lines{!context.json && isatty(STDOUT_FILENO) == 1 && !context.no_color};
    auto watch = app::RunWatch::open(state);
    Shown before;
    for (;;) {
        const auto calls = app::running_calls(state);
        if (!calls) return fail(context, calls.error());
        const Shown now = shown(*calls);
        if (now.events != before.events) {
            for (const Json& event : now.events) {
                if (context.json) context.output.finding("progress", event, {});
            }
            if (!context.json) lines.show(now.text);
        }
        if (calls->empty()) break;
        if (!watch) return fail(context, watch.error());
        before = now;
        watch->wait(kWatchRoundMs);
    }
    say_nothing_runs(context);
    return ExitStatus::ok;
}

ExitStatus run_stop(Context& context, const std::string& device) {
    const auto answer =
        app::stop_drive(context.host, app::StateDir{context.settings.state_dir}, device);
    if (!answer) return fail(context, answer.error());
    const std::string what = !answer->running  ? "nothing is running on it"
                             : answer->stopped ? "stopped; its record says what was done"
                                               : "it ended by itself before it could be stopped";
    context.output.finding("stop",
                           {{"device", printable_text(answer->path)},
                            {"running", answer->running},
                            {"stopped", answer->stopped}},
                           printable_text(answer->path) + ": " + what);
    return answer->stopped ? ExitStatus::ok : ExitStatus::no;
}

}  // namespace

void add_status(Parser& parser) {
    CLI::App* sub =
        parser.app.add_subcommand("status", "Show what is running now, how far, how long still");
    auto watch = std::make_shared<bool>(false);
    sub->add_flag("--watch", *watch, "Keep showing it until nothing runs any more");
    sub->callback([&parser, watch] {
        parser.command = "status";
        parser.chosen = [watch](Context& context) {
            return *watch ? run_watch(context) : run_status(context);
        };
    });
}

void add_stop(Parser& parser) {
    CLI::App* sub = parser.app.add_subcommand(
        "stop", "Stop the erase of one drive; other drives of its call go on");
    auto device = std::make_shared<std::string>();
    sub->add_option("DEVICE", *device, "Block device that is being erased")->required();
    sub->callback([&parser, device] {
        parser.command = "stop";
        parser.chosen = [device](Context& context) { return run_stop(context, *device); };
    });
}

}  // namespace quietus::cli
