#include <cstdio>

#include "base/bytes.h"
#include "cli/output.h"

namespace quietus::cli {

namespace {

constexpr std::chrono::nanoseconds kPlainInterval = std::chrono::seconds{30};

class TextOutput final : public Output {
  public:
    TextOutput(const Clock& clock, bool terminal) : clock_{clock}, terminal_{terminal} {}

    void device(const DeviceSnapshot& /*snapshot*/) override {}
    void plan(const Plan& /*plan*/) override {}
    void objections(const std::vector<Objection>& objections) override {
        clear_lines();
        for (const Objection& objection : objections) print_objection(objection);
    }
    void phase(const std::string& path, const std::string& text) override {
        say(printable_text(path) + ": " + printable_text(text));
    }
    void progress(const app::Progress& progress) override {
        if (terminal_) return redraw(progress);
        auto& last = last_plain_[progress.path];
        if (last.count() == 0) last = clock_.monotonic();
        if (clock_.monotonic() - last < kPlainInterval) return;
        last = clock_.monotonic();
        print_advice(app::progress_text(progress));
    }
    void warning(const std::string& text) override {
        say("quietus: warning: " + printable_text(text));
    }
    void note(const std::string& text) override { say("quietus: note: " + printable_text(text)); }
    void verification(const std::string& path, const Verification& v) override {
        if (v.mode == VerifyMode::none)
            return say(printable_text(path) + ": nothing was read back");
        say(printable_text(path) + ": read back " + std::to_string(v.covered_bytes) + " of " +
            std::to_string(v.total_bytes) + " bytes: " + to_string(v.outcome) +
            (v.mismatched.empty() ? ""
                                  : ", " + std::to_string(v.mismatched.total()) + " bytes differ"));
    }
    void certificate(const std::string& path, const std::string& folder,
                     const std::string& fingerprint) override {
        say(printable_text(path) + ": evidence in " + printable_text(folder) + ", signed by " +
            fingerprint);
    }
    void unsaved_evidence(const std::string& path,
                          const std::map<std::string, std::string>& files) override {
        say(printable_text(path) +
            ": its evidence is signed and could be stored nowhere; it is printed: keep it");
        print_line(canonical_json({{"device", printable_text(path)},
                                   {"files_base64", app::unsaved_evidence_json(files)}}));
    }
    void result(const app::DriveResult& result) override {
        clear_lines();
        const std::string verdict = result.verdict ? to_string(*result.verdict)
                                    : result.media_state == MediaState::untouched ? "not touched"
                                                                                  : "unknown";
        print_line(printable_text(result.path) + ": " + verdict +
                   (result.cause.empty() ? "" : ": " + printable_text(result.cause)) + " (exit " +
                   std::to_string(to_int(result.status)) + ")" +
                   (result.folder.empty() ? "" : "  " + printable_text(result.folder)));
        if (result.status != ExitStatus::ok && result.media_state != MediaState::untouched &&
            !result.next_action.empty())
            print_advice("quietus: hint: " + printable_text(result.next_action));
    }
    void error(const Error& error) override {
        clear_lines();
        print_error(error);
    }
    void finding(const std::string& /*type*/, const Json& /*fields*/,
                 const std::string& text) override {
        clear_lines();
        if (!text.empty()) print_line(text);
    }
    int summary(ExitStatus status) override { return to_int(status); }

  private:
    void say(const std::string& text) {
        clear_lines();
        print_advice(text);
    }

    // One line per drive, drawn over the ones before (ECMA-48 CUU and EL).
    void redraw(const app::Progress& progress) {
        lines_[progress.path] = app::progress_text(progress);
        std::string text = drawn_ == 0 ? "" : "\x1b[" + std::to_string(drawn_) + "A";
        for (const auto& [path, line] : lines_) text += "\x1b[2K" + line + "\n";
        drawn_ = lines_.size();
        static_cast<void>(std::fputs(text.c_str(), stderr));
    }
    void clear_lines() {
        if (drawn_ == 0) return;
        static_cast<void>(std::fprintf(stderr, "\x1b[%zuA\x1b[J", drawn_));
        drawn_ = 0;
        lines_.clear();
    }

    const Clock& clock_;
    bool terminal_;
    std::size_t drawn_{0};
    std::map<std::string, std::string> lines_;
    std::map<std::string, std::chrono::nanoseconds> last_plain_;
};

}  // namespace

std::unique_ptr<Output> make_text_output(const Clock& clock, bool terminal) {
    return std::make_unique<TextOutput>(clock, terminal);
}

}  // namespace quietus::cli
