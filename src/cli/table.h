#pragma once
// Text in columns, for people.

#include <string>
#include <vector>

namespace quietus::cli {

using TableRow = std::vector<std::string>;

/// Columns as wide as their widest cell; the last is open. Lines are joined by newlines, none at
/// the end. Every row has as many cells as the first.
std::string table_text(const std::vector<TableRow>& rows);

}  // namespace quietus::cli
