#pragma once
// The record's larger parts, one function each; record.cpp puts them together.

#include <string>
#include <vector>

#include "base/json.h"
#include "record/erase_record.h"

namespace quietus::certs {

Json drive_part(const EraseRecord& record);
/// Is the serial number on the label, as it was given, the one the drive reports?
bool label_agrees(const EraseRecord& record);
Json hidden_areas_part(const EraseRecord& record);
Json host_part(const HostFacts& host, const std::string& location);
/// `approved_standard` is the organisation's own; empty where it has approved none.
Json sanitization_part(const EraseRecord& record, const std::string& approved_standard);
Json verification_part(const EraseRecord& record);

/// What the record does not prove, in sentences for page one of every rendering.
std::vector<std::string> limits_of(const EraseRecord& record, const std::string& durability,
                                   bool self_signed, bool stamped);

}  // namespace quietus::certs
