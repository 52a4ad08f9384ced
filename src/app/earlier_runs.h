#pragma once
// What the journals of this host tell of earlier runs on a drive.

#include <map>
#include <string>
#include <vector>

#include "app/state_dir.h"
#include "record/erase_record.h"

namespace quietus::app {

/// The journals of the state folder by drive. Made once for a call, however many drives it has:
/// each journal's first line is read then, and the rest of it only for a drive that is asked about.
/// Empty where the state folder cannot be read.
class EarlierRuns {
  public:
    explicit EarlierRuns(const StateDir& state);

    /// Those on the drive, oldest first; runs that wrote nothing are left out.
    std::vector<EraseRecord> of(const DeviceIdentity& drive) const;

  private:
    std::multimap<std::string, std::string> journals_;  ///< Paths, by what names their drive.
};

/// The runs as a record keeps them.
std::vector<Attempt> attempts_of(const std::vector<EraseRecord>& runs);

/// Did one of the runs, of this boot, leave its drive hung, with requests in flight? Then nobody
/// gets it exclusively until they are back, and that is no reason to refuse it for good.
bool was_left_hung(const std::vector<EraseRecord>& runs, const std::string& boot_id);

}  // namespace quietus::app
