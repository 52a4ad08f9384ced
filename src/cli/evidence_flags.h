#pragma once
// Flags that erase and resume share: consent, where evidence goes and who signs it, reports.

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "app/run_report.h"
#include "app/settings.h"

namespace quietus::cli {

void add_confirm(CLI::App& sub, std::vector<std::string>& confirmations);
/// --key, --cert, --passphrase-fd.
void add_key(CLI::App& sub, app::Settings& settings);
/// --out, --key, --cert, --passphrase-fd, --operator, --operator-title, --operator-contact.
void add_evidence(CLI::App& sub, app::Settings& settings);
/// --summary, --metrics.
void add_reports(CLI::App& sub, app::ReportFiles& files);

}  // namespace quietus::cli
