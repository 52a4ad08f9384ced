// validate, attest: what people state about a drive.

#include "app/stating.h"
#include "base/bytes.h"
#include "cli/commands.h"
#include "cli/evidence_flags.h"

namespace quietus::cli {

namespace {

// Every statement has these; a command takes what its kind needs besides.
struct StatementFlags {
    app::StatementRequest request;
    certs::Person person;
    certs::Person other;                           ///< Witness; may be nameless.
    bool yes{false}, no{false}, escalates{false};  ///< What was decided; exactly one.
    std::string next{"none"};
    std::string report, format;  ///< Of another program, to be imported.
};

Error say_which(const std::string& flags) {
    return {.code = ErrorCode::usage,
            .message = "nothing says what is stated",
            .sys_errno = 0,
            .hint = "give one of " + flags};
}

void add_person(CLI::App& sub, certs::Person& person) {
    sub.add_option("--name", person.name, "Who states this")->required();
    sub.add_option("--title", person.title, "Their position");
    sub.add_option("--contact", person.contact, "How to reach them");
    sub.add_option("--location", person.location, "Where they are");
}

void add_signing(CLI::App& sub, Parser& parser) {
    app::Settings& settings = parser.settings;
    sub.add_option("--out", settings.out,
                   "Folder for the evidence (default: <state-dir>/certificates)");
    sub.add_option("--organisation", settings.order.organisation, "Who answers for the statement");
    add_key(sub, settings);
    add_tsa(sub, settings);
}

void add_label(CLI::App& sub, certs::StatedDrive& drive) {
    drive.from_label = true;
    sub.add_option("--serial", drive.serial, "Serial number on the label");
    sub.add_option("--model", drive.model, "Model on the label");
    sub.add_option("--wwn", drive.wwn, "World wide name on the label");
    sub.add_option("--asset", drive.asset_tag, "Asset tag of the drive");
}

ExitStatus run_statement(Context& context, StatementFlags flags) {
    const auto fail = [&](const Error& error) {
        context.output.error(error);
        return exit_status_of(error);
    };
    flags.request.people = {flags.person};
    if (!flags.other.name.empty()) flags.request.people.push_back(flags.other);
    const bool about_a_record = !flags.request.about.empty();
    if (!about_a_record && flags.request.label.serial.empty())
        return fail({.code = ErrorCode::usage,
                     .message = "nothing says which drive is meant",
                     .sys_errno = 0,
                     .hint = "name a CERT, or give --serial from the label"});
    if (about_a_record && !flags.request.label.serial.empty())
        return fail({.code = ErrorCode::usage,
                     .message = "both a CERT and a --serial name the drive",
                     .sys_errno = 0,
                     .hint = "the record names the drive: leave --serial out"});
    const auto stated =
        flags.report.empty()
            ? app::make_statement(context.host, context.settings, context.clock, flags.request)
            : app::import_report(context.host, context.settings, context.clock,
                                 {.format = flags.format,
                                  .report_file = flags.report,
                                  .statement = flags.request});
    if (!stated) return fail(stated.error());
    if (!stated->why_not_registered.empty())
        context.output.warning("not in a register: " + stated->why_not_registered);
    context.output.finding("statement",
                           {{"id", stated->id},
                            {"record_type", stated->type},
                            {"folder", printable_text(stated->folder)},
                            {"states", stated->sentence},
                            {"signer_sha256", stated->fingerprint},
                            {"registered", stated->why_not_registered.empty()}},
                           stated->type + ": " + stated->sentence + "\nsigned by SHA-256 " +
                               stated->fingerprint +
                               "\nevidence: " + printable_text(stated->folder));
    return ExitStatus::ok;
}

using Flags = std::shared_ptr<StatementFlags>;

Flags flags_for(CLI::App& sub, Parser& parser, certs::StatementBody body, const char* role) {
    auto flags = std::make_shared<StatementFlags>();
    flags->request.body = std::move(body);
    flags->person.role = role;
    add_person(sub, flags->person);
    add_signing(sub, parser);
    add_trust(sub, flags->request.trust);
    return flags;
}

template <class Body>
Body& body_of(const Flags& flags) {
    return std::get<Body>(flags->request.body);
}

void choose(Parser& parser, CLI::App& sub, const std::string& name, const Flags& flags) {
    sub.callback([&parser, flags, name] {
        parser.command = name;
        parser.chosen = [flags](Context& context) { return run_statement(context, *flags); };
    });
}

void add_pictures(CLI::App& sub, const Flags& flags) {
    sub.add_option("--photo", flags->request.pictures,
                   "A photograph or film whose digest is stated; may be given again")
        ->take_all()
        ->expected(1)
        ->allow_extra_args(false);
}

void add_verification(CLI::App& attest, Parser& parser) {
    CLI::App* sub = attest.add_subcommand("verification", "Another tool has read the drive back");
    const Flags flags = flags_for(*sub, parser, certs::SecondVerification{}, "verifier");
    auto& body = body_of<certs::SecondVerification>(flags);
    sub->add_option("CERT", flags->request.about, "Folder, id or serial number of the record")
        ->required();
    sub->add_option("--tool", body.tool, "The tool that read the drive")->required();
    sub->add_option("--tool-version", body.version, "Its version");
    sub->add_option("--covered-bytes", body.covered_bytes, "Bytes it read")->required();
    sub->add_option("--expected", body.expected, "What it looked for");
    sub->add_option("--lot", body.lot, "The lot the drive was drawn in");
    sub->add_option("--report", flags->request.attachments, "Its report; goes into the evidence");
    CLI::Option* pass = sub->add_flag("--pass", flags->yes, "It found nothing else");
    sub->add_flag("--fail", flags->no, "It found something else")->excludes(pass);
    sub->callback([&parser, flags] {
        parser.command = "attest verification";
        parser.chosen = [flags](Context& context) {
            if (!flags->yes && !flags->no) {
                context.output.error(say_which("--pass, --fail"));
                return ExitStatus::usage;
            }
            body_of<certs::SecondVerification>(flags).passed = flags->yes;
            return run_statement(context, *flags);
        };
    });
}

void add_custody(CLI::App& attest, Parser& parser) {
    CLI::App* sub = attest.add_subcommand("custody", "The drive was handed over");
    const Flags flags = flags_for(*sub, parser, certs::Custody{}, "sender");
    auto& body = body_of<certs::Custody>(flags);
    sub->add_option("CERT", flags->request.about,
                    "Folder, id or serial number of the record; else --serial");
    add_label(*sub, flags->request.label);
    sub->add_option("--from", body.from, "Who gave it away")->required();
    sub->add_option("--to", body.to, "Who received it")->required();
    sub->add_option("--at", body.at, "When (RFC 3339 in UTC; default: now)");
    sub->add_option("--place", body.place, "Where");
    sub->add_option("--seal", body.seal, "Number of the seal");
    sub->add_option("--container", body.container, "Bin or box it is in");
    sub->add_option("--scan", body.scan, "How it was counted, as barcode");
    sub->callback([&parser, flags] {
        parser.command = "attest custody";
        parser.chosen = [flags](Context& context) {
            auto& said = body_of<certs::Custody>(flags);
            if (said.at.empty()) said.at = to_rfc3339(context.clock.now());
            return run_statement(context, *flags);
        };
    });
}

void add_destroyed(CLI::App& attest, Parser& parser) {
    CLI::App* sub = attest.add_subcommand("destroyed", "The drive was destroyed");
    const Flags flags = flags_for(*sub, parser, certs::Destruction{}, "operator");
    auto& body = body_of<certs::Destruction>(flags);
    flags->other.role = "witness";
    sub->add_option("CERT", flags->request.about,
                    "Folder, id or serial number of the record; else --serial");
    add_label(*sub, flags->request.label);
    sub->add_option("--technique", body.technique,
                    "disintegrate, incinerate, melt, pulverize or shred")
        ->required();
    sub->add_option("--equipment", body.equipment, "Make and model of the machine")->required();
    sub->add_option("--equipment-serial", body.equipment_serial, "Its serial number");
    sub->add_option("--particle-size", body.particle_size, "Largest particle left, as '2 mm'");
    sub->add_option("--facility", body.facility, "Where it was done")->required();
    sub->add_option("--witness", flags->other.name, "Who saw it");
    add_pictures(*sub, flags);
    choose(parser, *sub, "attest destroyed", flags);
}

void add_unresponsive(CLI::App& attest, Parser& parser) {
    CLI::App* sub = attest.add_subcommand(
        "unresponsive", "The drive does not answer any more, so nothing can be erased");
    const Flags flags = flags_for(*sub, parser, certs::Unresponsive{}, "operator");
    auto& body = body_of<certs::Unresponsive>(flags);
    sub->add_option("CERT", flags->request.about,
                    "Folder, id or serial number of an earlier record; else --serial");
    add_label(*sub, flags->request.label);
    sub->add_option("--symptom", body.symptom, "What the drive does")->required();
    sub->add_option("--tried", body.tried, "What was tried to make it answer");
    add_pictures(*sub, flags);
    choose(parser, *sub, "attest unresponsive", flags);
}

ExitStatus run_validate(Context& context, const Flags& flags) {
    auto& said = body_of<certs::Validation>(flags);
    if (!flags->yes && !flags->no && !flags->escalates) {
        context.output.error(say_which("--accept, --reject, --escalate"));
        return ExitStatus::usage;
    }
    said.decision = flags->yes  ? certs::Decision::accept
                    : flags->no ? certs::Decision::reject
                                : certs::Decision::escalate;
    const auto step = certs::parse_next_step(flags->next);
    if (!step) {
        context.output.error(step.error());
        return exit_status_of(step.error());
    }
    said.next = *step;
    return run_statement(context, *flags);
}

void add_report(CLI::App& attest, Parser& parser) {
    CLI::App* sub = attest.add_subcommand(
        "report", "Another erasure program reported something about the drive");
    const Flags flags = flags_for(*sub, parser, certs::ThirdParty{}, "operator");
    sub->add_option("CERT", flags->request.about,
                    "Folder, id or serial number of a record; else --serial");
    add_label(*sub, flags->request.label);
    sub->add_option("--report", flags->report, "Its report; goes into the evidence")->required();
    sub->add_option("--format", flags->format, "nwipe, blancco or openseachest")->required();
    choose(parser, *sub, "attest report", flags);
}

}  // namespace

void add_validate(Parser& parser) {
    CLI::App* sub = parser.app.add_subcommand(
        "validate", "Sign a validator's decision about a record of an erasure");
    sub->group(kFurtherCommands);
    const Flags flags = flags_for(*sub, parser, certs::Validation{}, "validator");
    auto& body = body_of<certs::Validation>(flags);
    sub->add_option("CERT", flags->request.about, "Folder, id or serial number of the record")
        ->required();
    sub->add_option("--reason", body.reason, "Why it is decided so")->required();
    sub->add_option("--residual-risk", body.residual_risk, "What risk is left");
    sub->add_option("--next-step", flags->next,
                    "What should happen now: none, repeat, stronger-technique or destroy");
    CLI::Option* accept = sub->add_flag("--accept", flags->yes, "The erasure is good enough");
    CLI::Option* reject = sub->add_flag("--reject", flags->no, "It is not")->excludes(accept);
    sub->add_flag("--escalate", flags->escalates, "Somebody else must decide")
        ->excludes(accept)
        ->excludes(reject);
    sub->callback([&parser, flags] {
        parser.command = "validate";
        parser.chosen = [flags](Context& context) { return run_validate(context, flags); };
    });
}

void add_attest(Parser& parser) {
    CLI::App* sub = parser.app.add_subcommand(
        "attest",
        "Sign what a person states about a drive: verification, custody, destroyed, "
        "unresponsive, report");
    sub->group(kFurtherCommands);
    sub->require_subcommand(1);
    add_verification(*sub, parser);
    add_custody(*sub, parser);
    add_destroyed(*sub, parser);
    add_unresponsive(*sub, parser);
    add_report(*sub, parser);
    for (CLI::App* kind : sub->get_subcommands([](const CLI::App*) { return true; }))
        kind->group("Subcommands");
}

}  // namespace quietus::cli
