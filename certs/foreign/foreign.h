#pragma once
// Reports of other erasure programs, read as claims and nothing more: what they say of each drive.
// Formats as seen in the programs' own output (nwipe 0.33) or in public readers of it (Blancco);
// openSeaChest's JSON is unconfirmed.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace quietus::certs {

/// A report is never longer; a longer one is refused unread.
inline constexpr std::size_t kForeignReportMax = 16 * std::size_t{1024} * 1024;

/// What a report says of one drive. Every text is printable; an empty one was not said.
struct ForeignClaim {
    std::string tool, tool_version;
    std::string serial, model;
    std::string method;          ///< In the report's own words.
    std::string result;          ///< In the report's own words: "Erased", "Successful", …
    bool claims_success{false};  ///< What those words mean, where we know them; else no.
    std::string started, ended;
    std::vector<std::string> remarks;  ///< Errors and exceptions that the report itself names.
};

/// "nwipe", "blancco", "openseachest".
const std::vector<std::string>& foreign_formats();

/// Every drive of the report, at least one; `bad_evidence` where it is not of that format, `usage`
/// for a format nobody knows.
Result<std::vector<ForeignClaim>> read_foreign(std::string_view format, std::string_view report);

Result<std::vector<ForeignClaim>> read_nwipe_log(std::string_view report);
Result<std::vector<ForeignClaim>> read_blancco_xml(std::string_view report);
Result<std::vector<ForeignClaim>> read_openseachest_json(std::string_view report);

}  // namespace quietus::certs
