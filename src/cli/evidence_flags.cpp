#include "cli/evidence_flags.h"

#include "app/erase.h"

namespace quietus::cli {

void add_confirm(CLI::App& sub, std::vector<std::string>& confirmations) {
    sub.add_option("--confirm", confirmations,
                   "Serial number of a drive of this call (PATH:SIZE in bytes where it has no "
                   "unique one); once per drive")
        ->take_all()
        ->expected(1)
        ->allow_extra_args(false);
}

void add_trust(CLI::App& sub, app::TrustFlags& trust) {
    sub.add_option("--ca", trust.ca_file,
                   "Certificates you trust (PEM); default: this host's own key");
    sub.add_option("--fingerprint", trust.fingerprint,
                   "SHA-256 of the signer's certificate you trust (hex)");
    sub.add_option("--tsa-ca", trust.tsa_ca_file,
                   "Certificates whose time stamps you believe (PEM)");
    sub.add_option("--crl", trust.crl_file, "Revocation lists of the signer's issuers (PEM)");
}

void add_tsa(CLI::App& sub, app::Settings& settings) {
    sub.add_option("--tsa", settings.tsa.url, "Time stamp authority to ask (http or https)");
}

void add_private_key(CLI::App& sub, app::Settings& settings) {
    sub.add_option("--key", settings.key_file,
                   "Private key that signs: PEM file, pkcs11: URI, or TPM handle:0x81...");
    sub.add_option("--passphrase-fd", settings.passphrase_fd,
                   "Read the key's passphrase or PIN from this descriptor");
}

void add_key(CLI::App& sub, app::Settings& settings) {
    add_private_key(sub, settings);
    sub.add_option("--cert", settings.certificate_file,
                   "Its certificate, followed by its issuers (PEM)");
}

void add_evidence(CLI::App& sub, app::Settings& settings) {
    sub.add_option("--out", settings.out,
                   "Folder for the evidence (default: <state-dir>/certificates)");
    add_key(sub, settings);
    add_tsa(sub, settings);
    sub.add_option("--operator", settings.operator_name, "Who erases, for the record");
    sub.add_option("--operator-title", settings.operator_title, "Their position");
    sub.add_option("--operator-contact", settings.operator_contact, "How to reach them");
}

void add_reports(CLI::App& sub, app::ReportFiles& files) {
    sub.add_option("--summary", files.summary,
                   "Write the whole run as one JSON document to this file");
    sub.add_option("--metrics", files.metrics,
                   "Keep node_exporter metrics in this file (NAME.prom)");
}

void add_parallel(CLI::App& sub, std::optional<unsigned>& parallel) {
    sub.add_option("--parallel", parallel,
                   "Drives written at a time; the others wait, taken (default: all)");
}

Result<void> check_parallel(const std::optional<unsigned>& parallel) {
    if (!parallel || (*parallel >= 1 && *parallel <= app::kParallelMax)) return {};
    return failure(ErrorCode::usage, "--parallel takes 1 to " + std::to_string(app::kParallelMax));
}

void tell_untouched(Output& output, const std::vector<std::string>& names, const Error& error) {
    for (const std::string& name : names) {
        app::DriveResult result;
        result.path = name;
        result.status = exit_status_of(error);
        result.cause = error.message;
        result.next_action = error.hint;
        output.result(result);
    }
}

}  // namespace quietus::cli
