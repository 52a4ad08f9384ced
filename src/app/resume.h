#pragma once
// `quietus resume`: carries on what broke off, and completes the evidence of what has ended.

#include <string>
#include <vector>

#include "app/erase.h"
#include "app/limits.h"

namespace quietus::app {

struct ResumeRequest {
    /// Drives (of each the newest run that broke off) and journals, of this host or of another.
    std::vector<std::string> named;
    bool all{false};  ///< Every run of this host that broke off.
    bool skip_refused{false};
    std::optional<unsigned> parallel;
    SaidLimits limits;  ///< What it leaves open is as it was in the run that is carried on.
    Consent consent;
    Settings settings;
};

/// The exit status of the call: as of `erase`, for the drives carried on and for those whose
/// evidence was completed. 65 where a named drive or journal has nothing to carry on, or where
/// the drive of a journal is not here.
ExitStatus resume_drives(const ResumeRequest& request, Services services);

}  // namespace quietus::app
