#include "certs/json_parts.h"

#include "base/bytes.h"

namespace quietus::certs {

Json text_or(const std::string& text, const std::string& why_empty) {
    if (text.empty()) return unavailable(why_empty);
    return printable_text(text);
}

Json declared(const std::string& text, const std::string& flag) {
    return text_or(text, "not given (" + flag + ", --manifest)");
}

Json sector_ranges(const RangeSet& bytes, std::uint32_t logical_sector) {
    QUIETUS_CHECK(logical_sector > 0);
    RangeSet sectors;  // two ranges within one sector become one
    for (const Range& range : bytes.ranges()) {
        const std::uint64_t first = range.first / logical_sector;
        const std::uint64_t end =
            range.end() / logical_sector + (range.end() % logical_sector != 0 ? 1 : 0);
        sectors.add({first, end - first});
    }
    Json list = Json::array();
    for (const Range& range : sectors.ranges())
        list.push_back(Json::array({json_integer(range.first), json_integer(range.count)}));
    return list;
}

}  // namespace quietus::certs
