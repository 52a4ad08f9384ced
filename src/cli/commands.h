#pragma once
// One function per command. Each adds its subcommand to the parser and says what to do when it was
// chosen.

#include <functional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "app/run_report.h"
#include "app/settings.h"
#include "base/utc_time.h"
#include "cli/output.h"

namespace quietus {
class Host;
}

namespace quietus::cli {

/// What every command gets once argv has been understood.
struct Context {
    Host& host;
    const Clock& clock;
    Output& output;
    app::Settings settings;
    bool json{false};
    bool no_color{false};  ///< Nothing is drawn over.
};

/// Says what went wrong; the status to end with.
inline ExitStatus fail(Context& context, const Error& error) {
    context.output.error(error);
    return exit_status_of(error);
}

using Action = std::function<ExitStatus(Context&)>;

/// The parser's state while argv is read; `chosen` is set by the subcommand that was named.
struct Parser {
    CLI::App app{"quietus: erases drives that fail or leave service, and proves it", "quietus"};
    app::Settings settings;
    app::ReportFiles files;
    bool json{false};
    bool no_color{false};
    std::string log_level{"info"};
    std::string command;
    Action chosen;
    /// Tells what became of each drive of the call where it ends before `chosen`; unset where the
    /// command names none.
    std::function<void(Output&, const Error&)> refused;
};

void add_list(Parser& parser);
void add_inspect(Parser& parser);
void add_methods(Parser& parser);
void add_plan(Parser& parser);
void add_erase(Parser& parser);
void add_resume(Parser& parser);
void add_status(Parser& parser);
void add_stop(Parser& parser);
void add_verify(Parser& parser);
void add_certificate(Parser& parser);
/// certificate renew, export and import.
void add_renewal(Parser& parser, CLI::App& certificate);
/// `certificate render`, under the subcommand that add_certificate makes.
void add_render(Parser& parser, CLI::App& certificate);
void add_register(Parser& parser);
void add_validate(Parser& parser);
void add_attest(Parser& parser);
void add_second_lot(Parser& parser);
/// `certificate sign`, under `certificate`.
void add_certificate_sign(CLI::App& certificate, Parser& parser);
void add_key_command(Parser& parser);
void add_help(Parser& parser);

/// Commands outside the everyday six are in this group, which plain --help leaves out.
inline constexpr const char* kFurtherCommands = "";

}  // namespace quietus::cli
