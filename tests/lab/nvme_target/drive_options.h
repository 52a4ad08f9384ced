#pragma once
// The options that say which drive it is; nvme-target and nvme-trap have them in common.

#include <string>
#include <string_view>

#include "support/nvme_model.h"

namespace quietus::nvme_target {

inline constexpr std::string_view kDriveHelp =
    "  --personality NAME   which drive it is (default honest)\n"
    "  --knob KNOB=VALUE    turns one of its knobs; may be given more than once\n"
    "  --image FILE         a namespace on that file; hidden: no controller shows it; free: not\n"
    "                       allocated. SECTOR is 512 or 4096\n"
    "  --controllers N      1 or 2\n"
    "  --state FILE         what the drive remembers; continued where it is there\n";

enum class Taken { taken, not_ours, wrong };

/// `wrong`: `why` says why.
Taken take_drive_option(test::nvme::ModelOptions& drive, const std::string& name,
                        const std::string& value, std::string& why);

/// The clock of a drive that lives as long as its program.
void give_real_clock(test::nvme::ModelOptions& drive);

}  // namespace quietus::nvme_target
