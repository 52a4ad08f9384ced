#include "app/result_fields.h"
#include "app/run_status.h"
#include "base/bytes.h"
#include "cli/output.h"
#include "device/json.h"
#include "plan/json.h"
#include "record/json.h"

namespace quietus::cli {

namespace {

class JsonOutput final : public Output {
  public:
    explicit JsonOutput(const Clock& clock) : clock_{clock} {}

    void device(const DeviceSnapshot& snapshot) override {
        print_event(clock_, "device",
                    {{"device", printable_text(snapshot.path)}, {"snapshot", to_json(snapshot)}});
    }
    void plan(const Plan& plan) override {
        print_event(clock_, "plan",
                    {{"device", printable_text(plan.target.path)}, {"plan", to_json(plan)}});
    }
    void objections(const std::vector<Objection>& objections) override {
        for (const Objection& objection : objections)
            print_event(clock_, "objection", app::objection_fields(objection));
    }
    void phase(const std::string& path, const std::string& text) override {
        print_event(clock_, "phase",
                    {{"device", printable_text(path)}, {"phase", printable_text(text)}});
    }
    void progress(const app::Progress& progress) override {
        Json fields = app::to_json(progress);
        fields["device"] = fields["path"];
        fields.erase("path");
        print_event(clock_, "progress", fields);
    }
    void warning(const std::string& text) override {
        print_event(clock_, "warning", {{"text", printable_text(text)}});
    }
    void note(const std::string& text) override {
        print_event(clock_, "note", {{"text", printable_text(text)}});
    }
    void verification(const std::string& path, const Verification& v) override {
        print_event(clock_, "verification",
                    {{"device", printable_text(path)},
                     {"class", to_string(v.mode)},
                     {"outcome", to_string(v.outcome)},
                     {"covered_bytes", json_integer(v.covered_bytes)},
                     {"total_bytes", json_integer(v.total_bytes)},
                     {"mismatched_bytes", json_integer(v.mismatched.total())},
                     {"unreadable_bytes", json_integer(v.unreadable.total())}});
    }
    void certificate(const std::string& path, const std::string& folder,
                     const std::string& fingerprint) override {
        print_event(clock_, "certificate",
                    {{"device", printable_text(path)},
                     {"evidence", printable_text(folder)},
                     {"signer_sha256", fingerprint}});
    }
    void unsaved_evidence(const std::string& path,
                          const std::map<std::string, std::string>& files) override {
        print_event(clock_, "evidence",
                    {{"device", printable_text(path)},
                     {"files_base64", app::unsaved_evidence_json(files)}});
    }
    void result(const app::DriveResult& result) override {
        print_event(clock_, "result", app::result_fields(result));
    }
    void error(const Error& error) override {
        print_event(clock_, "error", app::error_fields(error));
    }
    void finding(const std::string& type, const Json& fields,
                 const std::string& /*text*/) override {
        print_event(clock_, type, fields);
    }
    int summary(ExitStatus status) override {
        print_event(clock_, "summary", {{"exit", to_int(status)}});
        return to_int(status);
    }

  private:
    const Clock& clock_;
};

}  // namespace

std::unique_ptr<Output> make_json_output(const Clock& clock, const std::string& command) {
    print_event(clock, "hello", {{"command", command}});
    return std::make_unique<JsonOutput>(clock);
}

}  // namespace quietus::cli
