#include "app/other_formats.h"

#include "app/state_dir.h"
#include "base/bytes.h"
#include "base/file.h"
#include "certs/dsse.h"

namespace quietus::app {

namespace {

constexpr mode_t kFileMode = 0644;

}  // namespace

Result<void> export_dsse(const std::string& cert, const TrustFlags& trust, const Settings& settings,
                         const Clock& clock, const std::string& file) {
    const certs::Report report = QUIETUS_TRY(verify_certificate(cert, trust, settings, clock));
    if (!report.authentic)
        return failure(ErrorCode::bad_evidence,
                       printable_text(cert) + " is not authentic: " + report.findings.back().what,
                       "only evidence that holds is exported");
    const StateDir state{settings.state_dir};
    const auto loaded = QUIETUS_TRY(load_or_make_key(state, settings, clock.now()));
    const std::string envelope =
        QUIETUS_TRY(certs::dsse_envelope(report, certs::stem_of(report), loaded.key));
    auto written = create_file_durably(file, envelope, kFileMode);
    if (!written)
        return failure(ErrorCode::usage, "--output: " + written.error().message,
                       "name a file that is not there yet");
    return {};
}

}  // namespace quietus::app
