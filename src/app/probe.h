#pragma once
// Looking at drives without being held up by one that hangs.

#include <string>
#include <vector>

#include "base/result.h"
#include "discovery/discovery.h"
#include "guard/guard.h"

namespace quietus::app {

/// A drive that has not answered all questions after this is called hung (69).
inline constexpr int kProbeDeadlineMs = 20'000;

struct Place {
    std::string role;
    std::string path;
};

struct Probed {
    DeviceSnapshot snapshot;
    std::vector<guard::ProtectedPlace> places;  ///< The given places with the disks they lead to.
    /// What the drive's controller answered, serial numbers replaced; only where they are kept.
    std::vector<NvmeAnswer> answers;
};

enum class Answers { forget, keep };

/// Each named device looked at in a worker of its own, with the disks under `places`; the machine
/// around them is looked at once, in a worker too. Results in
/// the order of `devices`. `lock_patience` as InspectOptions has it.
std::vector<Result<Probed>> probe(Host& host, const std::vector<discovery::NamedDevice>& devices,
                                  const std::vector<Place>& places,
                                  std::chrono::milliseconds lock_patience = {},
                                  Answers answers = Answers::forget);

}  // namespace quietus::app
