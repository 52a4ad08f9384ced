#pragma once
// Where words go: results to standard output, everything else to standard error; with --json only
// JSON lines to standard output. The one place that prints.

#include <map>
#include <memory>
#include <string>

#include "app/observer.h"
#include "app/run_report.h"
#include "base/exit_status.h"
#include "base/json.h"
#include "base/utc_time.h"

namespace quietus::cli {

/// One JSON line: {"schema":"quietus/event/1","type":…,"time":…} and `fields`.
void print_event(const Clock& clock, const std::string& type, Json fields);

/// "quietus: error: …" and "quietus: hint: …" on standard error.
void print_error(const Error& error);
void print_objection(const Objection& objection);
void print_line(const std::string& text);    ///< Standard output.
void print_advice(const std::string& text);  ///< Standard error.

/// Lines on standard output that are drawn over on a terminal (ECMA-48 CUU and ED), and printed
/// anew elsewhere.
class LiveLines {
  public:
    explicit LiveLines(bool redraw) : redraw_{redraw} {}
    void show(const std::string& text);

  private:
    bool redraw_;
    std::size_t drawn_{0};
};

/// How a command talks. Both kinds say every result once and the summary last.
class Output : public app::Observer {
  public:
    /// A command failed as a whole.
    virtual void error(const Error& error) = 0;
    /// What the command found: `text` for people, `fields` under `type` for programs.
    virtual void finding(const std::string& type, const Json& fields, const std::string& text) = 0;
    /// The last word. Returns the status as the process's exit.
    virtual int summary(ExitStatus status) = 0;
};

/// Tells `inner` everything, and keeps the report files up to date: at the beginning, the metrics
/// now and then, both at the end. `config` where they cannot be written now.
Result<std::unique_ptr<Output>> make_reporting_output(const Clock& clock,
                                                      const std::string& command,
                                                      app::ReportFiles files,
                                                      std::unique_ptr<Output>& inner);

std::unique_ptr<Output> make_text_output(const Clock& clock, bool terminal);
/// Says hello.
std::unique_ptr<Output> make_json_output(const Clock& clock, const std::string& command);

}  // namespace quietus::cli
