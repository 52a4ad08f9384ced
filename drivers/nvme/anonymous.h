#pragma once
// Recorded answers that name no drive.

#include <string>
#include <vector>

#include "host/nvme_answer.h"

namespace quietus::drivers::nvme {

/// Replaces by as many 'X' what tells this drive from others of its kind: serial number, subsystem
/// name (it often holds the serial number) and FGUID of Identify Controller, NGUID and EUI64 of
/// Identify Namespace, and `serial` wherever else it stands. Vendor-specific bytes become zeros.
/// What decoders read beside the serial number stays as it was.
void replace_serials(std::vector<NvmeAnswer>& answers, const std::string& serial);

/// The same of text: blanks stay, anything else is 'X'.
std::string placeholder_of(std::string text);

}  // namespace quietus::drivers::nvme
