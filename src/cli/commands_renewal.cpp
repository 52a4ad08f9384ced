// certificate renew, export, import: evidence that outlives its authorities, and other formats of
// it.

#include "app/other_formats.h"
#include "app/time_stamps.h"
#include "base/bytes.h"
#include "cli/commands.h"
#include "cli/evidence_flags.h"

namespace quietus::cli {

namespace {

struct RenewalFlags {
    std::string cert, file, output, format;
    app::TrustFlags trust;
};
using Flags = std::shared_ptr<RenewalFlags>;

void tell(Context& context, const app::Renewal& renewal, const std::string& sentence) {
    context.output.finding("renewal",
                           {{"folder", printable_text(renewal.folder)},
                            {"list", renewal.list},
                            {"time_stamp", renewal.stamp}},
                           sentence);
}

ExitStatus run_renew(Context& context, const Flags& flags) {
    const auto renewal =
        app::renew_certificate(flags->cert, flags->trust, context.settings, context.clock);
    if (!renewal) return fail(context, renewal.error());
    tell(context, *renewal,
         "renewed: " + renewal->list + " and " + renewal->stamp + " in " +
             printable_text(renewal->folder));
    return ExitStatus::ok;
}

ExitStatus run_export(Context& context, const Flags& flags) {
    if (flags->format == "dsse") {
        const auto written = app::export_dsse(flags->cert, flags->trust, context.settings,
                                              context.clock, flags->output);
        if (!written) return fail(context, written.error());
        context.output.finding("export", {{"file", printable_text(flags->output)}},
                               "written: " + printable_text(flags->output));
        return ExitStatus::ok;
    }
    if (flags->format != "time-stamp-request")
        return fail(context,
                    {.code = ErrorCode::usage,
                     .message = "no format is called '" + printable_text(flags->format) + "'",
                     .sys_errno = 0,
                     .hint = "--format time-stamp-request or dsse"});
    const auto renewal = app::export_renewal_request(flags->cert, flags->trust, context.settings,
                                                     context.clock, flags->output);
    if (!renewal) return fail(context, renewal.error());
    tell(context, *renewal,
         "written: " + printable_text(flags->output) +
             ". Have it stamped, then: quietus certificate import " + printable_text(flags->cert) +
             " --time-stamp REPLY");
    return ExitStatus::ok;
}

ExitStatus run_import(Context& context, const Flags& flags) {
    const auto renewal = app::import_renewal(flags->cert, flags->trust, context.settings,
                                             context.clock, flags->file);
    if (!renewal) return fail(context, renewal.error());
    tell(context, *renewal,
         "imported as " + renewal->list + " and " + renewal->stamp + " in " +
             printable_text(renewal->folder));
    return ExitStatus::ok;
}

Flags flags_for(CLI::App& sub) {
    auto flags = std::make_shared<RenewalFlags>();
    sub.add_option("CERT", flags->cert, "Folder, id or serial number")->required();
    add_trust(sub, flags->trust);
    return flags;
}

}  // namespace

void add_renewal(Parser& parser, CLI::App& certificate) {
    CLI::App* renew = certificate.add_subcommand(
        "renew", "Have an authority stamp the whole folder, before an earlier stamp expires");
    const Flags of_renew = flags_for(*renew);
    add_tsa(*renew, parser.settings);
    renew->callback([&parser, of_renew] {
        parser.command = "certificate renew";
        parser.chosen = [of_renew](Context& context) { return run_renew(context, of_renew); };
    });

    CLI::App* out = certificate.add_subcommand(
        "export", "Write a time stamp request to carry to an authority, or the record as DSSE");
    const Flags of_export = flags_for(*out);
    out->add_option("--format", of_export->format, "time-stamp-request or dsse")->required();
    out->add_option("--output", of_export->output, "File to write; must not be there")->required();
    add_key(*out, parser.settings);
    out->callback([&parser, of_export] {
        parser.command = "certificate export";
        parser.chosen = [of_export](Context& context) { return run_export(context, of_export); };
    });

    CLI::App* in =
        certificate.add_subcommand("import", "Take an authority's reply to an exported request");
    const Flags of_import = flags_for(*in);
    in->add_option("--time-stamp", of_import->file, "The reply (DER)")->required();
    in->callback([&parser, of_import] {
        parser.command = "certificate import";
        parser.chosen = [of_import](Context& context) { return run_import(context, of_import); };
    });
}

}  // namespace quietus::cli
