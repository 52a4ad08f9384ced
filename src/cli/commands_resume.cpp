// resume: carry on what broke off.

#include "app/resume.h"
#include "cli/commands.h"
#include "cli/evidence_flags.h"
#include "cli/goal_flags.h"
#include "cli/limit_flags.h"

namespace quietus::cli {

namespace {

struct ResumeFlags {
    std::vector<std::string> named;
    bool all{false};
    bool skip_refused{false};
    std::optional<unsigned> parallel;
    LimitFlags limits;
    std::vector<std::string> confirm, accept;
};

Result<app::ResumeRequest> request_from(const ResumeFlags& flags, const app::Settings& settings) {
    if (flags.named.empty() == !flags.all)
        return failure(ErrorCode::usage, "nothing is named, or more than --all",
                       "give DEVICEs or journals, or --all alone");
    QUIETUS_TRY(check_parallel(flags.parallel));
    const app::SaidLimits limits = QUIETUS_TRY(flags.limits.said());
    app::ResumeRequest request{.named = flags.named,
                               .all = flags.all,
                               .skip_refused = flags.skip_refused,
                               .parallel = flags.parallel,
                               .limits = limits,
                               .consent = {},
                               .settings = settings};
    request.consent.confirmations = flags.confirm;
    request.consent.accepted = {flags.accept.begin(), flags.accept.end()};
    return request;
}

ExitStatus run_resume(Context& context, const ResumeFlags& flags) {
    const auto request = request_from(flags, context.settings);
    auto signals = app::Signals::start();
    if (!request || !signals) {
        const Error& error = !request ? request.error() : signals.error();
        context.output.error(error);
        tell_untouched(context.output, flags.named, error);
        return exit_status_of(error);
    }
    return app::resume_drives(*request, {.host = context.host,
                                         .clock = context.clock,
                                         .observer = context.output,
                                         .signals = *signals});
}

}  // namespace

void add_resume(Parser& parser) {
    CLI::App* sub = parser.app.add_subcommand(
        "resume", "Carry on erasures that broke off, and complete evidence that is owed");
    sub->group(kFurtherCommands);
    auto flags = std::make_shared<ResumeFlags>();
    sub->add_option("DEVICE", flags->named,
                    "Drives, or journals (<state-dir>/journal/ID.jsonl, also of another host)");
    sub->add_flag("--all", flags->all, "Everything that broke off on this host");
    sub->add_flag("--skip-refused", flags->skip_refused,
                  "Leave out drives that are refused instead of refusing all");
    add_confirm(*sub, flags->confirm);
    add_accept(*sub, flags->accept);
    add_evidence(*sub, parser.settings);
    add_parallel(*sub, flags->parallel);
    flags->limits.add_to(*sub);
    add_reports(*sub, parser.files);
    sub->callback([&parser, flags] {
        parser.command = "resume";
        parser.refused = [flags](Output& output, const Error& error) {
            tell_untouched(output, flags->named, error);
        };
        parser.chosen = [flags](Context& context) { return run_resume(context, *flags); };
    });
}

}  // namespace quietus::cli
