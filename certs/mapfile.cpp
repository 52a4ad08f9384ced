#include "certs/mapfile.h"

#include <algorithm>

#include "base/bytes.h"

namespace quietus::certs {

namespace {

std::string hex_number(std::uint64_t number) {
    std::array<std::byte, 8> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = static_cast<std::byte>(number >> (56 - 8 * i) & 0xFFU);
    return "0x" + to_hex(bytes);
}

std::string line_of(Range range, char status) {
    return hex_number(range.first) + "  " + hex_number(range.count) + "  " + status + "\n";
}

}  // namespace

std::string badmap_of(const EraseRecord& record) {
    RangeSet bad = record.unwritten;
    bad.add(record.verification.mismatched);
    bad.add(record.verification.unreadable);
    if (bad.empty()) return {};
    const std::uint64_t size =
        std::max(record.plan.target.geometry.size.bytes, bad.ranges().back().end());
    std::string text =
        "# Mapfile. Created by " + printable_ascii(record.tool.name + " " + record.tool.version) +
        ": '-' is not erased or not shown to be\n# current_pos  current_status  current_pass\n" +
        hex_number(0) + "  +  1\n#      pos        size  status\n";
    std::uint64_t at = 0;
    for (const Range& range : bad.ranges()) {
        if (range.first > at) text += line_of({at, range.first - at}, '+');
        text += line_of(range, '-');
        at = range.end();
    }
    if (at < size) text += line_of({at, size - at}, '+');
    return text;
}

}  // namespace quietus::certs
