#pragma once
// Comma-separated values as RFC 4180 has them, read strictly: what is not clearly a table is
// refused with its line.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace quietus {

struct CsvRecord {
    std::size_t line{0};  ///< Where it begins, from 1.
    std::vector<std::string> fields;
    friend bool operator==(const CsvRecord&, const CsvRecord&) = default;
};

/// The records of `text`, the header too. RFC 4180 §2: fields in double quotes may hold commas
/// and doubled quotes; every record has as many fields as the first. Beyond it: a UTF-8 byte order
/// mark at the start is dropped, lines may end in LF alone, and empty lines are passed over. Short
/// of it: a field holds no line break, as it is not printable. A quote inside an unquoted field,
/// anything between a closing quote and the comma, a CR without LF, a quote that is never closed,
/// and what is not printable UTF-8 are bad_evidence, with the line.
Result<std::vector<CsvRecord>> parse_csv(std::string_view text);

/// One record as parse_csv reads it back, with CRLF.
std::string csv_line(const std::vector<std::string>& fields);

}  // namespace quietus
