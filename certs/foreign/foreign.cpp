#include "certs/foreign/foreign.h"

#include "base/bytes.h"

namespace quietus::certs {

const std::vector<std::string>& foreign_formats() {
    static const std::vector<std::string> kFormats{"nwipe", "blancco", "openseachest"};
    return kFormats;
}

Result<std::vector<ForeignClaim>> read_foreign(std::string_view format, std::string_view report) {
    if (report.size() > kForeignReportMax)
        return failure(ErrorCode::bad_evidence, "the report is too long to be one");
    if (format == "nwipe") return read_nwipe_log(report);
    if (format == "blancco") return read_blancco_xml(report);
    if (format == "openseachest") return read_openseachest_json(report);
    return failure(ErrorCode::usage, "no format is called '" + printable_text(format) + "'",
                   "--format nwipe, blancco or openseachest");
}

}  // namespace quietus::certs
