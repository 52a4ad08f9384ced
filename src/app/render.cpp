#include "app/render.h"

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>

#include "app/evidence_store.h"
#include "app/state_dir.h"
#include "base/bytes.h"
#include "base/file.h"
#include "certs/envelope.h"
#include "certs/render/pdf_check.h"
#include "certs/render/render.h"

namespace quietus::app {

namespace {

constexpr mode_t kDocumentMode = 0644;

Result<void> check_count(const RenderRequest& request) {
    const std::size_t count = request.folders.size();
    if (count == 0)
        return failure(ErrorCode::usage, "no evidence folder is named", "give one or more DIRs");
    if (count > 1 && request.format != RenderFormat::batch)
        return failure(ErrorCode::usage, "more than one evidence folder",
                       "one document for all of them: --format batch");
    return {};
}

std::filesystem::path resolved(const std::string& path) {
    std::error_code fault;
    const auto canonical = std::filesystem::weakly_canonical(path, fault);
    return fault ? std::filesystem::path{path} : canonical;
}

tl::unexpected<Error> there_already(const std::string& output) {
    return failure(ErrorCode::usage, output + ": is there already",
                   "name a new file: documents are not overwritten");
}

Result<void> check_output(const RenderRequest& request) {
    if (request.output.empty()) return {};
    if (::faccessat(AT_FDCWD, request.output.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0)
        return there_already(request.output);
    const auto parent = resolved(parent_directory(request.output));
    for (const std::string& cert : request.folders) {
        if (resolved(QUIETUS_TRY(find_evidence(request.settings, cert))) == parent)
            return failure(ErrorCode::usage,
                           request.output + ": an evidence folder holds only what its record lists",
                           "write the document somewhere else");
    }
    return {};
}

// One document of evidence, and what was stated about it.
struct Checked {
    certs::Report report;
    certs::RenderInput input;  ///< Only where the report says authentic.
    std::vector<std::string> not_counted;
};

Result<Checked> check(const RenderRequest& request, const std::string& cert, const Clock& clock) {
    ShownCertificate shown =
        QUIETUS_TRY(show_certificate(cert, request.trust, request.settings, clock));
    Checked checked;
    checked.report = std::move(shown.report);
    checked.not_counted = std::move(shown.not_counted);
    if (!checked.report.authentic) return checked;
    checked.input.record = checked.report.record;
    // Authentic records are canonical, so these are the stored bytes.
    checked.input.record_bytes = canonical_json(checked.report.record);
    checked.input.standing = std::move(shown.standing);
    const auto people = shown.files.find(certs::kPeopleName);
    if (people != shown.files.end()) checked.input.people = QUIETUS_TRY(parse_json(people->second));
    return checked;
}

Result<void> sign_and_check(const RenderRequest& request,
                            const std::vector<certs::RenderInput>& inputs, UtcTime now,
                            Rendered& rendered) {
    const StateDir state{request.settings.state_dir};
    if (request.settings.key_file.empty()) QUIETUS_TRY(state.prepare());
    const LoadedKey loaded = QUIETUS_TRY(load_or_make_key(state, request.settings, now));
    rendered.made_key = loaded.made;
    rendered.signer = loaded.key.fingerprint_sha256();
    if (request.format == RenderFormat::batch)
        rendered.document = QUIETUS_TRY(certs::render_batch(inputs, &loaded.key, now));
    else if (request.format == RenderFormat::label)
        rendered.document = QUIETUS_TRY(certs::render_label(inputs.front(), &loaded.key, now));
    else
        rendered.document = QUIETUS_TRY(certs::render_pdf(inputs.front(), &loaded.key, now));
    // As with a record: what is handed out has been verified.
    const certs::Trust ourselves{.roots_pem = {}, .fingerprint = rendered.signer};
    auto checked =
        certs::verify_pdf(rendered.document, certs::attachments_for(inputs), ourselves, now);
    if (!checked)
        return failure(ErrorCode::internal,
                       "what was rendered does not verify: " + checked.error().message);
    return {};
}

Result<void> write_output(const std::string& output, const std::string& document) {
    if (output.empty()) return {};
    auto written = create_file_durably(output, document, kDocumentMode);
    if (!written && written.error().sys_errno == EEXIST) return there_already(output);
    return written;
}

}  // namespace

Result<RenderFormat> parse_render_format(const std::string& word) {
    if (word == "pdf") return RenderFormat::pdf;
    if (word == "html") return RenderFormat::html;
    if (word == "batch") return RenderFormat::batch;
    if (word == "label") return RenderFormat::label;
    return failure(ErrorCode::usage, "--format takes pdf, html, batch or label");
}

bool is_pdf(RenderFormat format) {
    return format != RenderFormat::html;
}

Result<Rendered> render_certificates(const RenderRequest& request, const Clock& clock) {
    QUIETUS_TRY(check_count(request));
    QUIETUS_TRY(check_output(request));
    Rendered rendered;
    std::vector<certs::RenderInput> inputs;
    for (const std::string& cert : request.folders) {
        Checked checked = QUIETUS_TRY(check(request, cert, clock));
        rendered.not_counted.insert(rendered.not_counted.end(), checked.not_counted.begin(),
                                    checked.not_counted.end());
        if (!checked.report.authentic) {
            rendered.refused_folder = cert;
            rendered.refused = std::move(checked.report);
            return rendered;
        }
        inputs.push_back(std::move(checked.input));
    }
    if (is_pdf(request.format))
        QUIETUS_TRY(sign_and_check(request, inputs, clock.now(), rendered));
    else
        rendered.document = QUIETUS_TRY(certs::render_html(inputs.front()));
    QUIETUS_TRY(write_output(request.output, rendered.document));
    return rendered;
}

}  // namespace quietus::app
