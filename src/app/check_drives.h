#pragma once
// `quietus list --check`: are the drives that the register knows still as their certificate left
// them? Reading only, in workers with a deadline.

#include <optional>
#include <string>
#include <vector>

#include "app/list.h"
#include "app/settings.h"
#include "host/host.h"

namespace quietus::app {

enum class Intact { yes, written_since, not_known };
std::string to_string(Intact intact);  // "still intact", "written since", "not known"

struct DriveCheck {
    Intact intact{Intact::not_known};
    std::string why;  ///< Why it is not known; else empty.
};

/// One for each drive of the list; nothing for those the register does not know. Compares 64
/// positions with what the newest certificate published, after holding the certificate to the
/// register. A drive that does not answer in time is not known. `refused` without root.
Result<std::vector<std::optional<DriveCheck>>> check_drives(Host& host, const Settings& settings,
                                                            const std::vector<ListedDrive>& drives);

}  // namespace quietus::app
