#include "app/certificate.h"

#include "app/evidence_store.h"
#include "app/state_dir.h"
#include "base/bytes.h"
#include "base/file.h"
#include "certs/folder_io.h"
#include "certs/render/pdf_check.h"

namespace quietus::app {

Result<certs::Trust> trust_from(const TrustFlags& flags, const Settings& settings) {
    certs::Trust trust = QUIETUS_TRY(certs::read_trust(flags));
    if (flags.ca_file.empty() && flags.fingerprint.empty())
        trust.roots_pem = QUIETUS_TRY(local_certificate_pem(StateDir{settings.state_dir}));
    if (trust.roots_pem.empty() && !trust.fingerprint)
        return failure(ErrorCode::usage, "nothing to trust: this host has no key of its own",
                       "give --ca FILE or --fingerprint SHA256 of a signer you know");
    return trust;
}

Result<certs::Report> verify_certificate(const std::string& cert, const TrustFlags& flags,
                                         const Settings& settings, const Clock& clock,
                                         const std::string& pdf_file) {
    const certs::Trust trust = QUIETUS_TRY(trust_from(flags, settings));
    const std::string folder = QUIETUS_TRY(find_evidence(settings, cert));
    certs::Report report =
        certs::verify_folder(QUIETUS_TRY(certs::read_folder(folder)), trust, clock.now());
    if (pdf_file.empty()) return report;
    const auto pdf = read_whole_file(pdf_file, certs::kPdfSizeMax);
    if (!pdf) return failure(ErrorCode::usage, "--pdf: " + pdf.error().message);
    certs::check_rendering(report, *pdf, trust, clock.now());
    return report;
}

Result<ShownCertificate> show_certificate(const std::string& cert, const TrustFlags& flags,
                                          const Settings& settings, const Clock& clock) {
    const certs::Trust trust = QUIETUS_TRY(trust_from(flags, settings));
    const std::string folder = QUIETUS_TRY(find_evidence(settings, cert));
    ShownCertificate shown;
    shown.files = QUIETUS_TRY(certs::read_folder(folder));
    shown.report = certs::verify_folder(shown.files, trust, clock.now());
    if (!shown.report.authentic) return shown;
    std::vector<certs::Report> statements;
    for (const std::string& path : statements_about(settings, folder, shown.report.record_sha256)) {
        const auto files = certs::read_folder(path);
        certs::Report report = files ? certs::verify_folder(*files, trust, clock.now())
                                     : certs::not_a_folder(files.error().message);
        if (report.authentic)
            statements.push_back(std::move(report));
        else
            shown.not_counted.push_back(printable_text(path) + ": " + report.findings.back().what);
    }
    shown.standing = certs::standing_of(shown.report, statements, settings.title_policy);
    return shown;
}

}  // namespace quietus::app
