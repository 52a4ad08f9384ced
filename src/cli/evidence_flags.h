#pragma once
// What erase and resume share: flags of consent, of where evidence goes and who signs it, of
// reports and of how many at a time; and what a call that could not begin says of its drives.

#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "app/certificate.h"
#include "app/run_report.h"
#include "app/settings.h"
#include "cli/output.h"

namespace quietus::cli {

void add_confirm(CLI::App& sub, std::vector<std::string>& confirmations);
/// --ca, --fingerprint, --tsa-ca, --crl: whom the reader of evidence trusts.
void add_trust(CLI::App& sub, app::TrustFlags& trust);
/// --tsa.
void add_tsa(CLI::App& sub, app::Settings& settings);
/// --key, --passphrase-fd.
void add_private_key(CLI::App& sub, app::Settings& settings);
/// The same and --cert.
void add_key(CLI::App& sub, app::Settings& settings);
/// --out, --key, --cert, --passphrase-fd, --operator, --operator-title, --operator-contact.
void add_evidence(CLI::App& sub, app::Settings& settings);
/// --summary, --metrics.
void add_reports(CLI::App& sub, app::ReportFiles& files);
/// --parallel, and whether it is within its bounds.
void add_parallel(CLI::App& sub, std::optional<unsigned>& parallel);
Result<void> check_parallel(const std::optional<unsigned>& parallel);

/// A result for each that the call names: the call failed before it looked at them.
void tell_untouched(Output& output, const std::vector<std::string>& names, const Error& error);

}  // namespace quietus::cli
