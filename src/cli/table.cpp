#include "cli/table.h"

#include <algorithm>

namespace quietus::cli {

std::string table_text(const std::vector<TableRow>& rows) {
    if (rows.empty()) return {};
    std::vector<std::size_t> width(rows.front().size());
    for (const TableRow& row : rows) {
        for (std::size_t i = 0; i < width.size(); ++i) width[i] = std::max(width[i], row[i].size());
    }
    std::string text;
    for (const TableRow& row : rows) {
        if (!text.empty()) text += "\n";
        for (std::size_t i = 0; i < width.size(); ++i)
            text += row[i] +
                    (i + 1 == row.size() ? "" : std::string(width[i] - row[i].size() + 2, ' '));
    }
    return text;
}

}  // namespace quietus::cli
