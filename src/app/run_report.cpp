#include "app/run_report.h"

#include <array>

#include <sys/stat.h>

#include "app/facts.h"
#include "app/result_fields.h"
#include "base/bytes.h"
#include "base/file.h"

namespace quietus::app {

namespace {

constexpr mode_t kReadable = 0644;  // collectors and pipelines are seldom root

constexpr std::array<const char*, 5> kVerdicts{"erased", "exceptions", "not-erased", "unknown",
                                               "none"};

std::string verdict_of(const DriveResult& result) {
    return result.verdict ? to_string(*result.verdict) : "none";
}

std::map<std::string, std::uint64_t> counts_of(const std::vector<DriveResult>& results) {
    std::map<std::string, std::uint64_t> counts;
    for (const char* verdict : kVerdicts) counts[verdict] = 0;
    for (const DriveResult& result : results) ++counts[verdict_of(result)];
    return counts;
}

std::string seconds_text(UtcTime time) {
    std::string milliseconds = std::to_string(time.ms % 1000);
    milliseconds.insert(0, 3 - milliseconds.size(), '0');
    return std::to_string(time.ms / 1000) + "." + milliseconds;
}

// The lines of one metric, with its head.
class Metric {
  public:
    Metric(std::string& text, std::string name, const std::string& help)
        : text_{text}, name_{std::move(name)} {
        text_ += "# HELP " + name_ + " " + help + "\n# TYPE " + name_ + " gauge\n";
    }
    void add(const std::string& value, const std::string& labels = {}) {
        text_ += name_ + (labels.empty() ? "" : "{" + labels + "}") + " " + value + "\n";
    }

  private:
    std::string& text_;
    std::string name_;
};

void single(std::string& text, const std::string& name, const std::string& help,
            const std::string& value) {
    Metric{text, name, help}.add(value);
}

std::string label(const std::string& name, const std::string& value) {
    return name + "=\"" + metric_label(value) + "\"";
}

// A name that leads to something else than a file would be replaced by one: a device node, say.
Result<void> check_place(const std::string& path, const std::string& option) {
    struct stat facts {};
    if (::lstat(path.c_str(), &facts) != 0 || S_ISREG(facts.st_mode)) return {};
    return failure(ErrorCode::config, option + " " + printable_text(path) + ": not a file",
                   "name a file, or one that is not there yet");
}

Result<void> as_config(Result<void> written, const std::string& option) {
    if (written) return written;
    Error error = std::move(written).error().with_context(option);
    error.code = ErrorCode::config;
    error.hint = "name a file in a folder that can be written";
    return tl::unexpected{std::move(error)};
}

}  // namespace

std::string metric_label(std::string_view text) {
    std::string escaped;
    for (const char c : printable_text(text)) {
        if (c == '\\' || c == '"') escaped += '\\';
        escaped += c;
    }
    return escaped;
}

RunReport::RunReport(const Clock& clock, std::string command)
    : clock_{clock}, command_{std::move(command)}, started_{clock.now()} {}

void RunReport::device(const DeviceSnapshot& snapshot) {
    serials_[snapshot.path] = printable(snapshot.identity.serial);
}
void RunReport::objections(const std::vector<Objection>& objections) {
    for (const Objection& one : objections) objections_.push_back(objection_fields(one));
}
void RunReport::warning(const std::string& text) {
    warnings_.push_back(printable_text(text));
}
void RunReport::error(const Error& error) {
    errors_.push_back(error_fields(error));
}
void RunReport::result(const DriveResult& result) {
    results_.push_back(result);
    running_.erase(result.path);
}
void RunReport::end(ExitStatus status) {
    exit_ = status;
    ended_ = clock_.now();
}

std::string RunReport::summary() const {
    Json drives = Json::array();
    std::uint64_t written = 0;
    std::uint64_t read = 0;
    for (const DriveResult& result : results_) {
        drives.push_back(result_fields(result));
        written += result.bytes_written;
        read += result.bytes_read;
    }
    Json json{{"schema", "quietus/summary/1"},
              {"command", command_},
              {"tool", version_text()},
              {"started", to_rfc3339(started_)},
              {"ended", ended_ ? Json(to_rfc3339(*ended_)) : Json(nullptr)},
              {"exit", exit_ ? Json(to_int(*exit_)) : Json(nullptr)},
              {"drives", drives},
              {"verdicts", counts_of(results_)},
              {"bytes_written", json_integer(written)},
              {"bytes_read", json_integer(read)},
              {"objections", objections_},
              {"errors", errors_},
              {"warnings", warnings_}};
    return canonical_json(json) + "\n";
}

std::string RunReport::metrics() const {
    std::string text;
    single(text, "quietus_run_started_timestamp_seconds", "When the last run began.",
           seconds_text(started_));
    single(text, "quietus_run_updated_timestamp_seconds", "When this file was written.",
           seconds_text(clock_.now()));
    single(text, "quietus_run_running", "1 while the run goes on, 0 once it has ended.",
           exit_ ? "0" : "1");
    if (exit_ && ended_) {
        single(text, "quietus_run_ended_timestamp_seconds", "When the last run ended.",
               seconds_text(*ended_));
        single(text, "quietus_run_exit_status", "Exit status of the last run.",
               std::to_string(to_int(*exit_)));
    }
    Metric drives{text, "quietus_run_drives", "Drives of the run that have ended, by verdict."};
    for (const auto& [verdict, count] : counts_of(results_))
        drives.add(std::to_string(count), label("verdict", verdict));
    std::uint64_t failures = 0;
    std::uint64_t written = 0;
    std::uint64_t read = 0;
    for (const DriveResult& result : results_) {
        failures += result.status == ExitStatus::ok ? 0 : 1;
        written += result.bytes_written;
        read += result.bytes_read;
    }
    for (const auto& [path, progress] : running_)
        (progress.writing ? written : read) += progress.done;
    single(text, "quietus_run_failures", "Drives of the run that ended with another status than 0.",
           std::to_string(failures));
    single(text, "quietus_run_written_bytes", "Bytes written by the run so far.",
           std::to_string(written));
    single(text, "quietus_run_read_bytes", "Bytes read back by the run so far.",
           std::to_string(read));
    Metric rates{text, "quietus_drive_rate_bytes_per_second", "Rate of the running step."};
    for (const auto& [path, progress] : running_)
        rates.add(std::to_string(progress.rate), labels_of(path));
    Metric done{text, "quietus_drive_step_done_ratio", "Share of the running step that is done."};
    for (const auto& [path, progress] : running_) {
        const std::uint64_t share = per_mille(progress.done, progress.total);
        std::string thousandths = std::to_string(share % 1000);
        thousandths.insert(0, 3 - thousandths.size(), '0');
        done.add(std::to_string(share / 1000) + "." + thousandths, labels_of(path));
    }
    Metric ends{text, "quietus_drive_exit_status", "How the drives that have ended did so."};
    for (const DriveResult& result : results_)
        ends.add(std::to_string(to_int(result.status)), label("device", result.path) + "," +
                                                            label("serial", result.serial) + "," +
                                                            label("verdict", verdict_of(result)));
    return text;
}

std::string RunReport::labels_of(const std::string& path) const {
    const auto serial = serials_.find(path);
    return label("device", path) + "," +
           label("serial", serial == serials_.end() ? "" : serial->second);
}

Result<void> write_summary(const ReportFiles& files, const RunReport& report) {
    if (files.summary.empty()) return {};
    QUIETUS_TRY(check_place(files.summary, "--summary"));
    return as_config(write_file_durably(files.summary, report.summary(), kReadable), "--summary");
}

Result<void> write_metrics(const ReportFiles& files, const RunReport& report) {
    if (files.metrics.empty()) return {};
    QUIETUS_TRY(check_place(files.metrics, "--metrics"));
    return as_config(replace_file(files.metrics, report.metrics(), kReadable), "--metrics");
}

}  // namespace quietus::app
