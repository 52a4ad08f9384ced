#pragma once
// What app tells whoever shows it: text, JSON lines, a test. Calls come from one thread, in order.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "app/progress.h"
#include "base/exit_status.h"
#include "base/json.h"
#include "plan/consent.h"
#include "plan/plan.h"
#include "record/erase_record.h"

namespace quietus::app {

/// How it ended for one drive; exactly one per drive of the call.
struct DriveResult {
    std::string path;
    std::string model, serial;       ///< printable
    std::optional<Verdict> verdict;  ///< none where nothing was attempted
    MediaState media_state{MediaState::untouched};
    ExitStatus status{ExitStatus::internal};
    std::string cause;        ///< Empty where erased.
    std::string next_action;  ///< What a person should do now; may be empty.
    std::string id;           ///< Of the erase; empty where none was begun.
    std::string folder;       ///< Evidence, where it is complete.
    std::uint64_t size{0};    ///< Of the drive, in bytes; 0 where it was not looked at.
    /// What this call measured; nothing where it wrote nothing.
    std::optional<UtcTime> started, ended;
    std::uint64_t bytes_written{0}, write_ms{0};  ///< All passes together.
    std::uint64_t bytes_read{0}, read_ms{0};      ///< All read-backs together.
};

class Observer {
  public:
    Observer() = default;
    Observer(const Observer&) = delete;
    Observer& operator=(const Observer&) = delete;
    virtual ~Observer() = default;

    virtual void device(const DeviceSnapshot& snapshot) = 0;
    virtual void plan(const Plan& plan) = 0;
    virtual void objections(const std::vector<Objection>& objections) = 0;
    /// "taking", "overwrite 1/1", "read-back", "signing", "registered": a line each.
    virtual void phase(const std::string& path, const std::string& text) = 0;
    virtual void progress(const Progress& progress) = 0;
    virtual void warning(const std::string& text) = 0;
    virtual void note(const std::string& text) = 0;
    virtual void verification(const std::string& path, const Verification& verification) = 0;
    virtual void certificate(const std::string& path, const std::string& folder,
                             const std::string& signer_fingerprint) = 0;
    /// Signed, and neither the spool nor anything else could keep it: whoever listens must. File
    /// names and contents.
    virtual void unsaved_evidence(const std::string& path,
                                  const std::map<std::string, std::string>& files) = 0;
    virtual void result(const DriveResult& result) = 0;
};

/// {name: base64 of the content}, for those who show it.
Json unsaved_evidence_json(const std::map<std::string, std::string>& files);

}  // namespace quietus::app
