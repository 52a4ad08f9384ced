// erase: the one command that destroys.

#include <cerrno>
#include <poll.h>
#include <unistd.h>

#include "app/declared.h"
#include "app/erase.h"
#include "base/bytes.h"
#include "cli/commands.h"
#include "cli/evidence_flags.h"
#include "cli/goal_flags.h"
#include "cli/limit_flags.h"
#include "plan/plan_text.h"

namespace quietus::cli {

namespace {

struct EraseFlags {
    std::vector<std::string> devices;
    std::string manifest_file;
    bool skip_refused{false};
    std::optional<unsigned> parallel;
    LimitFlags limits;
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

// What holds of one drive cannot be said for a call of many.
Result<void> check_names_one_drive(const std::string& flag, const std::string& text,
                                   const std::string& column, const EraseFlags& flags) {
    if (text.empty()) return {};
    if (!flags.manifest_file.empty())
        return failure(ErrorCode::usage, flag + " is for one drive, the manifest names many",
                       "put it into the column " + column);
    if (flags.devices.size() > 1)
        return failure(
            ErrorCode::usage,
            flag + " names one drive, the call has " + std::to_string(flags.devices.size()),
            "erase them one at a time, or give --manifest");
    return {};
}

// What is wrong with the flags themselves.
Result<void> check_flags(const EraseFlags& flags, const app::Settings& settings) {
    QUIETUS_TRY(check_drives(flags.devices, flags.manifest_file));
    QUIETUS_TRY(check_parallel(flags.parallel));
    if (const auto fine = app::check_answers(settings.order); !fine)
        return failure(ErrorCode::usage, fine.error().message, fine.error().hint);
    QUIETUS_TRY(app::check_hold(settings.order));
    QUIETUS_TRY(check_names_one_drive("--asset", settings.order.asset_tag, "asset", flags));
    return check_names_one_drive("--label-serial", settings.order.label_serial, "label_serial",
                                 flags);
}

Result<app::EraseRequest> request_from(const EraseFlags& flags, const app::Settings& settings) {
    QUIETUS_TRY(check_flags(flags, settings));
    const RunLimits limits = QUIETUS_TRY(app::limits_of(QUIETUS_TRY(flags.limits.said())));
    const Goal goal = QUIETUS_TRY(flags.goal.goal());
    app::EraseRequest request{.devices = flags.devices,
                              .manifest_file = flags.manifest_file,
                              .skip_refused = flags.skip_refused,
                              .parallel = flags.parallel,
                              .limits = limits,
                              .goal = goal,
                              .consent = {},
                              .settings = settings,
                              .ask = {}};
    request.consent.confirmations = flags.confirm;
    request.consent.plan_token = flags.plan_token;
    request.consent.accepted = {flags.accept.begin(), flags.accept.end()};
    return request;
}

ExitStatus run_erase(Context& context, const EraseFlags& flags) {
    auto request = request_from(flags, context.settings);
    auto signals = app::Signals::start();
    if (!request || !signals) {
        const Error& error = !request ? request.error() : signals.error();
        context.output.error(error);
        tell_untouched(context.output, flags.devices, error);
        return exit_status_of(error);
    }
    const bool said_nothing = flags.confirm.empty() && flags.plan_token.empty();
    if (said_nothing && !context.json && isatty(STDIN_FILENO) == 1) {
        request->ask = [&signals](const Plan& plan, const std::string& expected) {
            return ask(*signals, plan, expected);
        };
    }
    return app::erase_drives(*request, {.host = context.host,
                                        .clock = context.clock,
                                        .observer = context.output,
                                        .signals = *signals});
}

// What people say of the drive, the job, and who asked for it; all for the record.
void add_declared(CLI::App& sub, OrderFacts& order) {
    sub.add_option("--asset", order.asset_tag,
                   "Asset tag of the drive, for the record (one drive only)");
    sub.add_option("--label-serial", order.label_serial,
                   "Serial number as printed on its label (one drive only)");
    sub.add_option("--ticket", order.ticket, "Ticket or RMA number, for the record");
    sub.add_option("--customer", order.customer, "Whose data it is");
    sub.add_option("--contract", order.contract, "Under which contract with the customer");
    sub.add_option("--classification", order.classification, "Confidentiality of the data");
    sub.add_option("--condition", order.condition,
                   "Of the drives when they came in, as operational or damaged");
    sub.add_option("--failure-reason", order.failure_reason,
                   "Why the drives came out of service, as a symptom code");
    sub.add_option("--media-source", order.media_source,
                   "The machine or person the drives come from");
    sub.add_option("--destination", order.destination, "Where the drives go then");
    sub.add_option("--vendor-statement", order.vendor_statement,
                   "Reference of what the vendor says of sanitizing them");
    sub.add_option("--retention", order.retention, "Retention class of the data");
    sub.add_option("--legal-hold", order.legal_hold,
                   "Are the data under a legal hold: no, unknown, or yes, which refuses the erase");
    sub.add_option("--backed-up", order.backed_up, "Are the data backed up: yes, no or unknown");
    sub.add_option("--backup-location", order.backup_location, "And where");
    sub.add_option("--requested-by", order.requester, "Who asked for the erase");
    sub.add_option("--approved-by", order.approver, "Who approved it");
    sub.add_option("--approval", order.approval, "Reference of the approval");
    sub.add_option("--organisation", order.organisation, "Whose drive it is, for the record");
    sub.add_option("--location", order.location, "Where it is done, for the record");
}

}  // namespace

void add_erase(Parser& parser) {
    CLI::App* sub = parser.app.add_subcommand(
        "erase", "Erase drives, read them back, sign and register the proof");
    auto flags = std::make_shared<EraseFlags>();
    app::Settings& settings = parser.settings;
    add_drives(*sub, flags->devices, flags->manifest_file, flags->skip_refused);
    flags->goal.add_to(*sub);
    add_confirm(*sub, flags->confirm);
    sub->add_option("--confirm-plan", flags->plan_token,
                    "Token that plan printed for exactly these drives and steps");
    add_accept(*sub, flags->accept);
    add_evidence(*sub, settings);
    add_declared(*sub, settings.order);
    add_parallel(*sub, flags->parallel);
    flags->limits.add_to(*sub);
    add_reports(*sub, parser.files);
    sub->callback([&parser, flags] {
        parser.command = "erase";
        parser.refused = [flags](Output& output, const Error& error) {
            tell_untouched(output, flags->devices, error);
        };
        parser.chosen = [flags](Context& context) { return run_erase(context, *flags); };
    });
}

}  // namespace quietus::cli
