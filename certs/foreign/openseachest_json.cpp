// JSON of openSeaChest tools. The shape is unconfirmed: names are looked for anywhere, in any
// spelling, and nothing is taken for success but the words "Success" or "Passed".

#include "base/bytes.h"
#include "base/json.h"
#include "certs/foreign/foreign.h"

namespace quietus::certs {

namespace {

// "Serial Number", "serialNumber" and "serial_number" are one name.
std::string folded(std::string_view name) {
    std::string plain;
    for (const char c : name) {
        if (c == ' ' || c == '_' || c == '-') continue;
        plain += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return plain;
}

// The first string of that name anywhere within; parse_json bounds the depth.
std::string find_text(const Json& json, std::string_view name) {  // NOLINT(misc-no-recursion)
    if (json.is_object()) {
        for (const auto& [key, value] : json.items()) {
            const auto* text = value.get_ptr<const std::string*>();
            if (text != nullptr && folded(key) == name) return printable_text(*text);
        }
    }
    if (!json.is_structured()) return {};
    for (const Json& inner : json) {
        if (std::string found = find_text(inner, name); !found.empty()) return found;
    }
    return {};
}

std::string first_of(const Json& json, std::initializer_list<std::string_view> names) {
    for (const std::string_view name : names) {
        if (std::string found = find_text(json, name); !found.empty()) return found;
    }
    return {};
}

}  // namespace

Result<std::vector<ForeignClaim>> read_openseachest_json(std::string_view report) {
    const Json json = QUIETUS_TRY_CONTEXT(parse_json(report), "openSeaChest report");
    ForeignClaim claim;
    claim.tool = first_of(json, {"toolname", "tool", "utility"});
    if (claim.tool.empty()) claim.tool = "openSeaChest";
    claim.tool_version = first_of(json, {"toolversion", "version", "utilityversion"});
    claim.serial = first_of(json, {"serialnumber", "serial"});
    claim.model = first_of(json, {"modelnumber", "model"});
    claim.method = first_of(json, {"operation", "erasemethod", "method"});
    claim.result = first_of(json, {"result", "status", "exitstatus"});
    claim.claims_success = claim.result == "Success" || claim.result == "Passed";
    claim.started = first_of(json, {"starttime", "started"});
    claim.ended = first_of(json, {"endtime", "completed"});
    if (claim.serial.empty())
        return failure(ErrorCode::bad_evidence, "openSeaChest report: it names no serial number");
    return std::vector<ForeignClaim>{std::move(claim)};
}

}  // namespace quietus::certs
