// certificate render: evidence as documents for people.

#include <unistd.h>

#include "app/render.h"
#include "base/bytes.h"
#include "base/file.h"
#include "cli/commands.h"
#include "cli/evidence_flags.h"

namespace quietus::cli {

namespace {

struct RenderFlags {
    std::vector<std::string> folders;
    std::string format{"pdf"}, output;
    app::TrustFlags trust;
};

Result<app::RenderRequest> request_from(const Context& context, const RenderFlags& flags) {
    app::RenderRequest request;
    request.folders = flags.folders;
    request.format = QUIETUS_TRY(app::parse_render_format(flags.format));
    request.output = flags.output;
    request.trust = flags.trust;
    request.settings = context.settings;
    if (!flags.output.empty()) return request;
    if (context.json)
        return failure(ErrorCode::usage, "with --json the document needs a file of its own",
                       "--output FILE");
    if (app::is_pdf(request.format) && isatty(STDOUT_FILENO) == 1)
        return failure(ErrorCode::usage, "a PDF is not for a terminal", "--output FILE");
    return request;
}

ExitStatus run_render(Context& context, const RenderFlags& flags) {
    const auto request = request_from(context, flags);
    if (!request) return fail(context, request.error());
    const auto rendered = app::render_certificates(*request, context.clock);
    if (!rendered) return fail(context, rendered.error());
    for (const std::string& why : rendered->not_counted)
        context.output.warning("not counted: " + why);
    if (rendered->refused) {
        context.output.error(
            {.code = ErrorCode::not_authentic,
             .message =
                 rendered->refused_folder + ": not authentic, so nothing was rendered: " +
                 (rendered->refused->findings.empty() ? "no finding"
                                                      : rendered->refused->findings.back().what),
             .sys_errno = 0,
             .hint = "quietus certificate verify " + rendered->refused_folder});
        return ExitStatus::no;
    }
    if (rendered->made_key)
        context.output.note(
            "made this host's own signing key (self-signed, not independent), fingerprint " +
            rendered->signer);
    if (flags.output.empty()) {
        const auto written = write_all(STDOUT_FILENO, rendered->document, "standard output");
        return written ? ExitStatus::ok : fail(context, written.error());
    }
    Json fields{{"file", printable_text(flags.output)},
                {"format", flags.format},
                {"sha256", sha256_hex(rendered->document)},
                {"records", json_integer(flags.folders.size())}};
    fields["signer"] = rendered->signer.empty() ? Json() : Json(rendered->signer);
    context.output.finding(
        "rendering", fields,
        "wrote " + printable_text(flags.output) +
            (rendered->signer.empty() ? " (HTML is not signed: the record beside it is)"
                                      : ", signed by " + rendered->signer));
    return ExitStatus::ok;
}

}  // namespace

void add_render(Parser& parser, CLI::App& certificate) {
    CLI::App* sub = certificate.add_subcommand(
        "render", "Make a signed PDF, a web page, a batch document or a label of evidence");
    auto flags = std::make_shared<RenderFlags>();
    sub->add_option("CERT", flags->folders,
                    "Evidence folders, ids or serial numbers; more than one only for a batch")
        ->required();
    sub->add_option("--format", flags->format, "pdf (default), html, batch or label");
    sub->add_option("--output", flags->output,
                    "New file to write (default: standard output, unless it is a terminal)");
    add_trust(*sub, flags->trust);
    add_key(*sub, parser.settings);
    sub->callback([&parser, flags] {
        parser.command = "certificate render";
        parser.chosen = [flags](Context& context) { return run_render(context, *flags); };
    });
}

}  // namespace quietus::cli
