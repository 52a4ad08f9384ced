// quietus-verify: is this evidence folder authentic, and what does it say? For auditors: no device,
// no network, no root, and nothing linked that could erase.

#include <cstdio>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "base/bytes.h"
#include "base/exit_status.h"
#include "base/file.h"
#include "certs/folder_io.h"
#include "certs/render/pdf_check.h"
#include "certs/trust_files.h"
#include "certs/verify.h"

namespace {

using namespace quietus;

struct Request {
    std::string folder, pdf_file;
    certs::TrustFiles trust;
    bool json{false};
    bool authenticity_only{false};
};

int complain(ExitStatus status, const std::string& what, const std::string& hint) {
    static_cast<void>(
        std::fprintf(stderr, "quietus-verify: error: %s\n", printable_text(what).c_str()));
    if (!hint.empty())
        static_cast<void>(
            std::fprintf(stderr, "quietus-verify: hint: %s\n", printable_text(hint).c_str()));
    return to_int(status);
}

Result<certs::Trust> trust_from(const Request& request) {
    if (request.trust.ca_file.empty() && request.trust.fingerprint.empty()) {
        return failure(
            ErrorCode::usage, "nothing says whom to trust",
            "give --ca FILE or --fingerprint SHA256 that you did not take from the folder");
    }
    return certs::read_trust(request.trust);
}

Result<certs::Report> examine(const Request& request) {
    const certs::Trust trust = QUIETUS_TRY(trust_from(request));
    const auto folder = certs::read_folder(request.folder);
    if (folder) {
        const UtcTime now = SystemClock{}.now();
        certs::Report report = certs::verify_folder(*folder, trust, now);
        if (request.pdf_file.empty()) return report;
        const auto pdf = read_whole_file(request.pdf_file, certs::kPdfSizeMax);
        if (!pdf)
            return failure(ErrorCode::usage, "--pdf: " + pdf.error().message, "name a PDF file");
        certs::check_rendering(report, *pdf, trust, now);
        return report;
    }
    if (folder.error().code == ErrorCode::not_authentic)
        return certs::not_a_folder(folder.error().message);
    return tl::unexpected{folder.error()};
}

int answer(const Request& request) {
    const auto report = examine(request);
    if (!report)
        return complain(exit_status_of(report.error()), report.error().message,
                        report.error().hint);
    const std::string text = request.json ? canonical_json(certs::report_json(*report)) + "\n"
                                          : certs::report_text(*report);
    // An answer that did not arrive is none.
    if (std::fputs(text.c_str(), stdout) < 0 || std::fflush(stdout) != 0)
        return complain(ExitStatus::host_io, "standard output cannot be written", {});
    if (request.authenticity_only)
        return to_int(report->authentic ? ExitStatus::ok : ExitStatus::no);
    return to_int(report->status());
}

// "certificate verify DIR", as quietus has it, and "DIR" are the same question.
std::vector<std::string> arguments(int count, char** values) {
    std::vector<std::string> words{values + std::min(count, 1), values + count};
    if (words.size() >= 2 && words[0] == "certificate" && words[1] == "verify")
        words.erase(words.begin(), words.begin() + 2);
    return {words.rbegin(), words.rend()};  // CLI11 takes them last first
}

}  // namespace

// What CLI11 throws outside parse() is an option declared wrongly: no run gets past it.
// NOLINTNEXTLINE(bugprone-exception-escape)
int main(int argc, char** argv) {
    Request request;
    CLI::App app{
        "Checks a quietus evidence folder against a CA or fingerprint of your own.\n"
        "Exit status: 0 certificate, 11 exception record, 10 failure record, 1 not authentic, 64 "
        "usage.",
        "quietus-verify [certificate verify]"};
    app.add_option("DIR", request.folder, "The evidence folder")->required();
    app.add_option("--ca", request.trust.ca_file, "PEM file of the certificates you trust");
    app.add_option("--fingerprint", request.trust.fingerprint,
                   "SHA-256 of the signer's certificate, in hex");
    app.add_option("--tsa-ca", request.trust.tsa_ca_file,
                   "PEM file of the certificates whose time stamps you believe");
    app.add_option("--crl", request.trust.crl_file, "PEM file of revocation lists");
    app.add_option("--pdf", request.pdf_file, "A PDF that must be a rendering of it, too");
    app.add_flag("--json", request.json, "Print the report as one line of JSON");
    app.add_flag("--authenticity-only", request.authenticity_only,
                 "0 for any authentic record, whatever it says");
    app.set_version_flag("--version", "quietus-verify " QUIETUS_VERSION);
    try {
        app.parse(arguments(argc, argv));
    } catch (const CLI::Success& asked) {  // --help, --version
        return app.exit(asked);
    } catch (const CLI::ParseError& fault) {  // CLI11's exceptions stop here
        return complain(ExitStatus::usage, fault.what(), "quietus-verify --help");
    }
    return answer(request);
}
