// erase: the one command that destroys.

#include <cerrno>
#include <poll.h>
#include <unistd.h>

#include "app/erase.h"
#include "base/bytes.h"
#include "cli/commands.h"
#include "cli/goal_flags.h"
#include "plan/plan_text.h"

namespace quietus::cli {

namespace {

struct EraseFlags {
    std::vector<std::string> devices;
    GoalFlags goal;
    std::vector<std::string> confirm, accept;
    std::string plan_token;
};

// A line typed at the terminal; nothing at end of file or when a signal arrives first.
std::optional<std::string> read_line(const app::Signals& signals) {
    std::string line;
    for (;;) {
        std::array<pollfd, 2> waiting{
            pollfd{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0},
            pollfd{.fd = signals.descriptor(), .events = POLLIN, .revents = 0}};
        if (poll(waiting.data(), waiting.size(), -1) < 0 && errno != EINTR) return std::nullopt;
        if (waiting[1].revents != 0) return std::nullopt;
        if (waiting[0].revents == 0) continue;
        char byte = 0;
        if (::read(STDIN_FILENO, &byte, 1) != 1) return std::nullopt;
        if (byte == '\n') return line;
        line += byte;
        if (line.size() > 4096) return std::nullopt;
    }
}

std::optional<std::string> ask(const app::Signals& signals, const Plan& plan,
                               const std::string& expected) {
    print_advice("\n" + plan_text(plan));
    print_advice("\nEverything on " + printable_text(plan.target.path) + " (" +
                 to_string(plan.target.identity) + ") will be destroyed.");
    print_advice("Type  " + printable_text(expected) +
                 "  to erase it, anything else to leave it as it is:");
    return read_line(signals);
}

void tell_untouched(Output& output, const std::vector<std::string>& devices, const Error& error) {
    for (const std::string& device : devices) {
        output.result({.path = device,
                       .model = {},
                       .serial = {},
                       .verdict = {},
                       .media_state = MediaState::untouched,
                       .status = exit_status_of(error),
                       .cause = error.message,
                       .next_action = error.hint,
                       .id = {},
                       .folder = {}});
    }
}

ExitStatus run_erase(Context& context, const EraseFlags& flags) {
    const auto goal = flags.goal.goal();
    auto signals = app::Signals::start();
    if (!goal || !signals) {
        const Error& error = !goal ? goal.error() : signals.error();
        context.output.error(error);
        tell_untouched(context.output, flags.devices, error);
        return exit_status_of(error);
    }
    app::EraseRequest request{.devices = flags.devices,
                              .goal = *goal,
                              .consent = {},
                              .settings = context.settings,
                              .ask = {}};
    request.consent.confirmations = flags.confirm;
    request.consent.plan_token = flags.plan_token;
    request.consent.accepted = {flags.accept.begin(), flags.accept.end()};
    const bool said_nothing = flags.confirm.empty() && flags.plan_token.empty();
    if (said_nothing && !context.json && isatty(STDIN_FILENO) == 1) {
        request.ask = [&signals](const Plan& plan, const std::string& expected) {
            return ask(*signals, plan, expected);
        };
    }
    return app::erase_drives(request, {.host = context.host,
                                       .clock = context.clock,
                                       .observer = context.output,
                                       .signals = *signals});
}

}  // namespace

void add_erase(Parser& parser) {
    CLI::App* sub = parser.app.add_subcommand(
        "erase", "Erase drives, read them back, sign and register the proof");
    auto flags = std::make_shared<EraseFlags>();
    app::Settings& settings = parser.settings;
    sub->add_option("DEVICE", flags->devices, "Block devices: whole disks")->required();
    flags->goal.add_to(*sub);
    sub->add_option("--confirm", flags->confirm,
                    "Serial number of a drive of this call (PATH:SIZE in bytes where it has no "
                    "unique one); once per drive")
        ->take_all()
        ->expected(1)
        ->allow_extra_args(false);
    sub->add_option("--confirm-plan", flags->plan_token,
                    "Token that plan printed for exactly these drives and steps");
    sub->add_option("--accept", flags->accept,
                    "Rule id of an objection that may be overridden; recorded")
        ->take_all()
        ->expected(1)
        ->allow_extra_args(false);
    sub->add_option("--out", settings.out,
                    "Folder for the evidence (default: <state-dir>/certificates)");
    sub->add_option("--key", settings.key_file, "Private key that signs (PEM, P-256)");
    sub->add_option("--cert", settings.certificate_file,
                    "Its certificate, followed by its issuers (PEM)");
    sub->add_option("--passphrase-fd", settings.passphrase_fd,
                    "Read the key's passphrase from this descriptor");
    sub->add_option("--ticket", settings.ticket, "Ticket or RMA number, for the record");
    sub->add_option("--asset", settings.asset_tag,
                    "Asset tag of the drive, for the record (one drive only)");
    sub->add_option("--operator", settings.operator_name, "Who erases, for the record");
    sub->add_option("--organisation", settings.organisation, "Whose drive it is, for the record");
    sub->add_option("--location", settings.location, "Where it is done, for the record");
    sub->callback([&parser, flags] {
        parser.command = "erase";
        parser.refused = [flags](Output& output, const Error& error) {
            tell_untouched(output, flags->devices, error);
        };
        parser.chosen = [flags](Context& context) {
            if (flags->devices.size() > 1 && !context.settings.asset_tag.empty()) {
                const Error error{.code = ErrorCode::usage,
                                  .message = "--asset names one drive, the call has " +
                                             std::to_string(flags->devices.size()),
                                  .sys_errno = 0,
                                  .hint = "erase them one at a time"};
                context.output.error(error);
                tell_untouched(context.output, flags->devices, error);
                return ExitStatus::usage;
            }
            return run_erase(context, *flags);
        };
    });
}

}  // namespace quietus::cli
