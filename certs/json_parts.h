#pragma once
// How the record spells values: printable strings, and {"unavailable": why} for what could not be
// had.

#include <string>

#include "base/json.h"
#include "base/range_set.h"

namespace quietus::certs {

inline Json unavailable(const std::string& why) {
    return Json{{"unavailable", why}};
}

/// Printable, or unavailable where empty.
Json text_or(const std::string& text, const std::string& why_empty);

/// What a person may say by this flag, or as a column of a manifest.
Json declared(const std::string& text, const std::string& flag);

/// Byte ranges as [first_lba, count] in logical sectors; a sector touched in part counts whole.
Json sector_ranges(const RangeSet& bytes, std::uint32_t logical_sector);

}  // namespace quietus::certs
