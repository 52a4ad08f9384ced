// verify, certificate, register: looking at evidence.

#include "app/certificate.h"
#include "app/register_command.h"
#include "app/verify_drive.h"
#include "base/bytes.h"
#include "cli/commands.h"
#include "cli/evidence_flags.h"
#include "record/json.h"

namespace quietus::cli {

namespace {

std::string answer_text(const app::VerifyAnswer& answer) {
    std::string text = printable_text(answer.path) + ": read " +
                       std::to_string(answer.covered_bytes) + " of " +
                       std::to_string(answer.total_bytes) + " bytes (" + answer.read_mode +
                       "), expected " + answer.expected + ": ";
    if (answer.all_match())
        text += "all of it matches";
    else if (!answer.mismatched.empty())
        text += std::to_string(answer.mismatched.total()) + " bytes differ, the first at byte " +
                std::to_string(answer.mismatched.ranges().front().first);
    else
        text += "no difference in what was read, but not all was read";
    if (!answer.cause.empty()) text += "\nended early: " + answer.cause;
    if (answer.unaddressable_bytes != 0)
        text += "\nnot read: the last " + std::to_string(answer.unaddressable_bytes) +
                " bytes, less than a logical sector";
    for (const std::string& remark : answer.remarks) text += "\nremark: " + remark;
    return text;
}

ExitStatus run_verify(Context& context, const app::VerifyRequest& flags) {
    auto signals = app::Signals::start();
    if (!signals) return fail(context, signals.error());
    app::VerifyRequest request = flags;
    request.settings = context.settings;
    const auto answer =
        app::verify_drive(context.host, context.clock, context.output, *signals, request);
    if (!answer) return fail(context, answer.error());
    context.output.finding("verification",
                           {{"device", printable_text(answer->path)},
                            {"expected", answer->expected},
                            {"covered_bytes", json_integer(answer->covered_bytes)},
                            {"total_bytes", json_integer(answer->total_bytes)},
                            {"unaddressable_bytes", json_integer(answer->unaddressable_bytes)},
                            {"mismatched", to_json(answer->mismatched)},
                            {"read_mode", answer->read_mode},
                            {"cause", answer->cause},
                            {"remarks", answer->remarks},
                            {"matches", answer->all_match()}},
                           answer_text(*answer));
    return answer->all_match() ? ExitStatus::ok : ExitStatus::no;
}

struct CertificateFlags {
    std::string folder;
    app::TrustFlags trust;
    bool authenticity_only{false};
    std::string pdf;
};

// An event has a type and schema of its own: the record's type keeps another name, as in `register
// search`.
Json report_fields(const certs::Report& report) {
    Json fields = certs::report_json(report);
    if (report.authentic) fields["record_type"] = report.type;
    return fields;
}

ExitStatus run_certificate_verify(Context& context, const CertificateFlags& flags) {
    const auto report = app::verify_certificate(flags.folder, flags.trust, context.settings,
                                                context.clock, flags.pdf);
    if (!report) return fail(context, report.error());
    context.output.finding("verification", report_fields(*report), certs::report_text(*report));
    if (flags.authenticity_only) return report->authentic ? ExitStatus::ok : ExitStatus::no;
    return report->status();
}

std::string standing_text(const app::ShownCertificate& shown) {
    std::string text = shown.standing.title + "\n";
    for (const std::string& missing : shown.standing.missing)
        text += "  not yet a certificate: " + missing + "\n";
    for (const certs::SignedStatement& statement : shown.standing.statements)
        text += "  " + statement.issued + "  " + statement.type + ": " + statement.sentence +
                " (signed by " + statement.signer + ")\n";
    for (const std::string& folder : shown.not_counted) text += "  not counted: " + folder + "\n";
    return text;
}

Json statements_json(const certs::Standing& standing) {
    Json list = Json::array();
    for (const certs::SignedStatement& statement : standing.statements) {
        list.push_back({{"record_type", statement.type},
                        {"id", statement.id},
                        {"issued", statement.issued},
                        {"signer", statement.signer},
                        {"signer_sha256", statement.fingerprint},
                        {"states", statement.sentence}});
    }
    return list;
}

// The record of an authentic folder, one member a line; whatever is not authentic is not shown as
// if it were.
ExitStatus run_certificate_show(Context& context, const CertificateFlags& flags) {
    const auto shown =
        app::show_certificate(flags.folder, flags.trust, context.settings, context.clock);
    if (!shown) return fail(context, shown.error());
    const certs::Report& report = shown->report;
    if (!report.authentic) {
        context.output.finding("verification", report_fields(report), certs::report_text(report));
        return ExitStatus::no;
    }
    context.output.finding("record",
                           {{"record", report.record},
                            {"title", shown->standing.title},
                            {"missing", shown->standing.missing},
                            {"statements", statements_json(shown->standing)},
                            {"not_counted", shown->not_counted}},
                           standing_text(*shown) + report.record.dump(2));
    return ExitStatus::ok;
}

void add_certificate_flags(CLI::App& sub, CertificateFlags& flags) {
    sub.add_option("CERT", flags.folder,
                   "Evidence folder, or the id or serial number of a record under --out")
        ->required();
    add_trust(sub, flags.trust);
}

ExitStatus run_register_init(Context& context) {
    const auto facts = app::init_register(context.settings);
    if (!facts) return fail(context, facts.error());
    context.output.finding("register",
                           {{"origin", facts->origin},
                            {"public_key", facts->public_key_base64},
                            {"made", facts->made}},
                           std::string{facts->made ? "made" : "already there:"} + " register " +
                               facts->origin +
                               "\npublic key (Ed25519, base64): " + facts->public_key_base64);
    return ExitStatus::ok;
}

ExitStatus run_register_search(Context& context, const std::string& text) {
    const auto entries = app::search_register(context.settings, text);
    if (!entries) return fail(context, entries.error());
    for (const auto& entry : *entries) {
        const auto& f = entry.facts;
        context.output.finding("entry",
                               {{"index", json_integer(entry.index)},
                                {"id", f.id},
                                {"record_type", f.type},
                                {"verdict", f.verdict},
                                {"serial", f.serial},
                                {"wwn", f.wwn},
                                {"model", f.model},
                                {"issued", f.issued},
                                {"record_sha256", f.record_sha256}},
                               std::to_string(entry.index) + "  " + f.issued + "  " + f.verdict +
                                   "  " + (f.serial.empty() ? "(no serial)" : f.serial) + "  " +
                                   f.model + "  " + f.id);
    }
    if (entries->empty()) context.output.finding("register", {{"found", 0}}, "nothing found");
    return entries->empty() ? ExitStatus::no : ExitStatus::ok;
}

ExitStatus run_register_check(Context& context) {
    const auto state = app::check_register(context.settings);
    if (!state) return fail(context, state.error());
    context.output.finding("register",
                           {{"size", json_integer(state->size)}, {"root", state->root_base64}},
                           "every entry fits: " + std::to_string(state->size) + " entries, root " +
                               state->root_base64);
    return ExitStatus::ok;
}

}  // namespace

void add_verify(Parser& parser) {
    CLI::App* sub = parser.app.add_subcommand(
        "verify", "Read a drive back against its certificate or a pattern; never writes");
    auto flags = std::make_shared<app::VerifyRequest>();
    sub->add_option("DEVICE", flags->device, "Block device")->required();
    sub->add_option("--certificate", flags->certificate_folder,
                    "Evidence folder whose published pattern is expected");
    sub->add_option("--technique,--method", flags->technique, "zero, ones or pattern:HEX");
    add_trust(*sub, flags->trust);
    sub->callback([&parser, flags] {
        parser.command = "verify";
        parser.chosen = [flags](Context& context) { return run_verify(context, *flags); };
    });
}

void add_certificate(Parser& parser) {
    CLI::App* sub =
        parser.app.add_subcommand("certificate", "Show, verify, sign and renew evidence folders");
    sub->require_subcommand(1);
    CLI::App* verify = sub->add_subcommand(
        "verify", "Is this evidence authentic, and what does it prove? (no root, no device)");
    auto flags = std::make_shared<CertificateFlags>();
    add_certificate_flags(*verify, *flags);
    verify->add_option("--pdf", flags->pdf, "A PDF that must be a rendering of it, too");
    verify->add_flag("--authenticity-only", flags->authenticity_only,
                     "Ask only about the signature, not about the verdict");
    verify->callback([&parser, flags] {
        parser.command = "certificate verify";
        parser.chosen = [flags](Context& context) {
            return run_certificate_verify(context, *flags);
        };
    });
    CLI::App* show =
        sub->add_subcommand("show", "Print the record of an authentic evidence folder");
    auto show_flags = std::make_shared<CertificateFlags>();
    add_certificate_flags(*show, *show_flags);
    show->callback([&parser, show_flags] {
        parser.command = "certificate show";
        parser.chosen = [show_flags](Context& context) {
            return run_certificate_show(context, *show_flags);
        };
    });
    add_render(parser, *sub);
    add_renewal(parser, *sub);
    add_certificate_sign(*sub, parser);
}

void add_register(Parser& parser) {
    CLI::App* sub = parser.app.add_subcommand(
        "register", "The append-only register of this host: init, search, check");
    sub->group(kFurtherCommands);
    sub->require_subcommand(1);
    // Without a group of their own they would be hidden with their parent.
    const std::string shown = "Subcommands";
    sub->add_subcommand("init", "Make the register and its key")->group(shown)->callback([&parser] {
        parser.command = "register init";
        parser.chosen = run_register_init;
    });
    CLI::App* search =
        sub->add_subcommand("search", "Find entries by part of a serial, WWN, model or id");
    search->group(shown);
    auto text = std::make_shared<std::string>();
    search->add_option("TEXT", *text, "What to look for; everything where it is left out");
    search->callback([&parser, text] {
        parser.command = "register search";
        parser.chosen = [text](Context& context) { return run_register_search(context, *text); };
    });
    sub->add_subcommand("check", "Recompute the whole register")->group(shown)->callback([&parser] {
        parser.command = "register check";
        parser.chosen = run_register_check;
    });
}

}  // namespace quietus::cli
