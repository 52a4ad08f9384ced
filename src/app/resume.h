#pragma once
// `quietus resume`: carries on what broke off, and completes the evidence of what has ended.

#include <string>
#include <vector>

#include "app/erase.h"

namespace quietus::app {

struct ResumeRequest {
    /// Drives (of each the newest run that broke off) and journals, of this host or of another.
    std::vector<std::string> named;
    bool all{false};  ///< Every run of this host that broke off.
    bool skip_refused{false};
    std::optional<unsigned> parallel;
    RunLimits limits;
    Consent consent;
    Settings settings;
};

/// The exit status of the call: as of `erase`, for the drives carried on and for those whose
/// evidence was completed. 65 where a named drive or journal has nothing to carry on, or where
/// the drive of a journal is not here.
ExitStatus resume_drives(const ResumeRequest& request, Services services);

}  // namespace quietus::app
