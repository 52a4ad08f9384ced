// The output that also keeps --summary and --metrics.

#include "cli/output.h"

namespace quietus::cli {

namespace {

// Collectors read once a minute or so; a file that is replaced more often helps nobody.
constexpr std::chrono::nanoseconds kMetricsInterval = std::chrono::seconds{15};

class ReportingOutput final : public Output {
  public:
    ReportingOutput(const Clock& clock, const std::string& command, app::ReportFiles files)
        : clock_{clock}, files_{std::move(files)}, report_{clock, command} {}

    Result<void> begin() {
        QUIETUS_TRY(app::write_summary(files_, report_));
        return app::write_metrics(files_, report_);
    }
    void tell(std::unique_ptr<Output> inner) { inner_ = std::move(inner); }

    void device(const DeviceSnapshot& snapshot) override {
        report_.device(snapshot);
        inner_->device(snapshot);
    }
    void plan(const Plan& plan) override { inner_->plan(plan); }
    void objections(const std::vector<Objection>& objections) override {
        report_.objections(objections);
        inner_->objections(objections);
    }
    void phase(const std::string& path, const std::string& text) override {
        inner_->phase(path, text);
    }
    void progress(const app::Progress& progress) override {
        report_.progress(progress);
        inner_->progress(progress);
        if (clock_.monotonic() - last_metrics_ < kMetricsInterval) return;
        last_metrics_ = clock_.monotonic();
        keep(app::write_metrics(files_, report_));
    }
    void warning(const std::string& text) override {
        report_.warning(text);
        inner_->warning(text);
    }
    void note(const std::string& text) override { inner_->note(text); }
    void verification(const std::string& path, const Verification& seen) override {
        inner_->verification(path, seen);
    }
    void certificate(const std::string& path, const std::string& folder,
                     const std::string& fingerprint) override {
        inner_->certificate(path, folder, fingerprint);
    }
    void unsaved_evidence(const std::string& path,
                          const std::map<std::string, std::string>& files) override {
        inner_->unsaved_evidence(path, files);
    }
    void result(const app::DriveResult& result) override {
        report_.result(result);
        inner_->result(result);
        keep(app::write_metrics(files_, report_));
    }
    void error(const Error& error) override {
        report_.error(error);
        inner_->error(error);
    }
    void finding(const std::string& type, const Json& fields, const std::string& text) override {
        inner_->finding(type, fields, text);
    }
    // The exit status tells of drives and evidence; a report that could not be written is left as
    // it was, with an exit of null, which means unknown.
    int summary(ExitStatus status) override {
        report_.end(status);
        keep(app::write_summary(files_, report_));
        keep(app::write_metrics(files_, report_));
        return inner_->summary(status);
    }

  private:
    // Said once: a full disk does not become news by the second.
    void keep(const Result<void>& written) {
        if (written || complained_) return;
        complained_ = true;
        inner_->warning(written.error().message);
    }

    const Clock& clock_;
    app::ReportFiles files_;
    app::RunReport report_;
    std::unique_ptr<Output> inner_;
    std::chrono::nanoseconds last_metrics_{0};
    bool complained_{false};
};

}  // namespace

Result<std::unique_ptr<Output>> make_reporting_output(const Clock& clock,
                                                      const std::string& command,
                                                      app::ReportFiles files,
                                                      std::unique_ptr<Output>& inner) {
    auto output = std::make_unique<ReportingOutput>(clock, command, std::move(files));
    QUIETUS_TRY(output->begin());
    output->tell(std::move(inner));
    return output;
}

}  // namespace quietus::cli
