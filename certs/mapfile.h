#pragma once

#include <string>

#include "record/erase_record.h"

namespace quietus::certs {

/// GNU ddrescue mapfile of the bytes that were not written, not readable or read as something else
/// ('-'); all others are '+'. Empty where there are none. Positions are bytes.
std::string badmap_of(const EraseRecord& record);

}  // namespace quietus::certs
