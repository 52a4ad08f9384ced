// A manifest that is taken is taken again, with the same drives, when its table is written out
// anew; and every row names a drive.

#include <cstdint>

#include "app/manifest.h"
#include "base/csv.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace quietus;
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const auto table = parse_csv(text);
    const auto manifest = app::parse_manifest(text);
    if (!table) {
        QUIETUS_CHECK(!manifest);
        return 0;
    }
    std::string again;
    for (const CsvRecord& record : *table) again += csv_line(record.fields);
    const auto table_again = parse_csv(again);
    QUIETUS_CHECK(table_again && table_again->size() == table->size());
    for (std::size_t i = 0; i < table->size(); ++i)
        QUIETUS_CHECK((*table)[i].fields == (*table_again)[i].fields);
    const auto manifest_again = app::parse_manifest(again);
    QUIETUS_CHECK(manifest.has_value() == manifest_again.has_value());
    if (!manifest) return 0;
    QUIETUS_CHECK(!manifest->rows.empty() && manifest->rows.size() == manifest_again->rows.size());
    for (std::size_t i = 0; i < manifest->rows.size(); ++i) {
        app::ManifestRow row = manifest->rows[i];
        row.line = manifest_again->rows[i].line;
        QUIETUS_CHECK(row == manifest_again->rows[i] && !row.device().empty());
    }
    return 0;
}
