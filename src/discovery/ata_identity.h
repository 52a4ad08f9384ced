#pragma once
// What an ATA drive says of itself, as the SCSI layer passes it on whole. The SCSI model and
// revision of such a drive are cut to 16 and 4 characters.

#include <optional>
#include <string>
#include <string_view>

namespace quietus::discovery {

struct AtaIdentity {
    std::string serial;
    std::string firmware;
    std::string model;
};

/// From VPD page 89h, ATA Information (SAT-4 clause 12.4.2; sysfs device/vpd_pg89): bytes 60 to 571
/// hold the answer to IDENTIFY DEVICE. nullopt where the page is short or of another kind.
std::optional<AtaIdentity> ata_identity_from_vpd(std::string_view page);

/// Codes of how a drive is built, as ATA and SCSI share them; 0 where the drive does not say.
struct BuildCodes {
    unsigned form_factor{0};
    unsigned rotation{0};
    unsigned security{0};  ///< ATA alone: word 128 of IDENTIFY DEVICE.
    friend bool operator==(const BuildCodes&, const BuildCodes&) = default;
};
/// From VPD page 89h: words 168, 217 and 128 of IDENTIFY DEVICE.
std::optional<BuildCodes> ata_build_from_vpd(std::string_view page);
/// From VPD page B1h, Block Device Characteristics (SBC-4; clause unconfirmed).
std::optional<BuildCodes> scsi_build_from_vpd(std::string_view page);

/// From VPD page 80h, Unit Serial Number (SPC-5; clause unconfirmed). nullopt where it is none or
/// holds nothing.
std::optional<std::string> serial_from_vpd(std::string_view page);

}  // namespace quietus::discovery
