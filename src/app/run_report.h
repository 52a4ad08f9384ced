#pragma once
// One call of erase as a whole, collected as it happens: for --summary and --metrics.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/observer.h"
#include "base/json.h"
#include "base/utc_time.h"

namespace quietus::app {

/// Prometheus' text format quotes label values: backslash, quote and newline are escaped, and what
/// a drive says of itself is made printable first.
std::string metric_label(std::string_view text);

class RunReport {
  public:
    RunReport(const Clock& clock, std::string command);

    void progress(const Progress& progress) { running_[progress.path] = progress; }
    void device(const DeviceSnapshot& snapshot);
    void objections(const std::vector<Objection>& objections);
    void warning(const std::string& text);
    void error(const Error& error);
    void result(const DriveResult& result);
    void end(ExitStatus status);

    /// One line of canonical JSON (docs/formats/summary.md). "exit" and "ended" are null until
    /// end(): a document that was left so is of a call that was killed, and what became of its
    /// drives is unknown.
    std::string summary() const;
    /// node_exporter's textfile format (docs/formats/metrics.md).
    std::string metrics() const;

  private:
    std::string labels_of(const std::string& path) const;

    const Clock& clock_;
    std::string command_;
    UtcTime started_;
    std::optional<UtcTime> ended_;
    std::optional<ExitStatus> exit_;
    std::vector<DriveResult> results_;
    std::map<std::string, Progress> running_;     ///< By path.
    std::map<std::string, std::string> serials_;  ///< By path, printable.
    Json objections_ = Json::array();
    Json warnings_ = Json::array();
    Json errors_ = Json::array();
};

/// Where a report goes. Each is replaced as a whole, so that no reader sees half of one.
struct ReportFiles {
    std::string summary;  ///< May be empty, as the other.
    std::string metrics;
    bool any() const { return !summary.empty() || !metrics.empty(); }
};
/// Synced. `config` where it cannot be written, or where something else than a file is there.
Result<void> write_summary(const ReportFiles& files, const RunReport& report);
/// Not synced.
Result<void> write_metrics(const ReportFiles& files, const RunReport& report);

}  // namespace quietus::app
