#include "app/manifest.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

#include "app/declared.h"
#include "base/bytes.h"
#include "base/csv.h"
#include "base/file.h"
#include "discovery/discovery.h"

namespace quietus::app {

namespace {

struct Column {
    std::string_view name;
    std::string ManifestRow::*field;
};
constexpr std::array<Column, 3> kIdentityColumns{
    {{"serial", &ManifestRow::serial}, {"wwn", &ManifestRow::wwn}, {"path", &ManifestRow::path}}};
struct DeclaredColumn {
    std::string_view name;
    std::string OrderFacts::*field;
};
constexpr std::array<DeclaredColumn, 19> kDeclaredColumns{
    {{"asset", &OrderFacts::asset_tag},
     {"label_serial", &OrderFacts::label_serial},
     {"ticket", &OrderFacts::ticket},
     {"customer", &OrderFacts::customer},
     {"contract", &OrderFacts::contract},
     {"classification", &OrderFacts::classification},
     {"destination", &OrderFacts::destination},
     {"location", &OrderFacts::location},
     {"condition", &OrderFacts::condition},
     {"failure_reason", &OrderFacts::failure_reason},
     {"source", &OrderFacts::media_source},
     {"vendor_statement", &OrderFacts::vendor_statement},
     {"retention", &OrderFacts::retention},
     {"legal_hold", &OrderFacts::legal_hold},
     {"backed_up", &OrderFacts::backed_up},
     {"backup_location", &OrderFacts::backup_location},
     {"requested_by", &OrderFacts::requester},
     {"approved_by", &OrderFacts::approver},
     {"approval", &OrderFacts::approval}}};
constexpr std::string_view kSize = "size";
constexpr const char* kKnownColumns =
    "columns: serial, wwn, path, size, asset, label_serial, ticket, customer, contract, "
    "classification, destination, location, condition, failure_reason, source, vendor_statement, "
    "retention, legal_hold, backed_up, backup_location, requested_by, approved_by, approval";

tl::unexpected<Error> bad(std::size_t line, const std::string& what, const std::string& remedy) {
    return failure(ErrorCode::bad_evidence, "line " + std::to_string(line) + ": " + what, remedy);
}

// The row's text of that column; nothing where there is no such column.
std::string* field_of(ManifestRow& row, std::string_view name) {
    const auto called = [&](const auto& column) { return column.name == name; };
    const auto own = std::find_if(kIdentityColumns.begin(), kIdentityColumns.end(), called);
    if (own != kIdentityColumns.end()) return &(row.*own->field);
    const auto other = std::find_if(kDeclaredColumns.begin(), kDeclaredColumns.end(), called);
    return other == kDeclaredColumns.end() ? nullptr : &(row.said.*other->field);
}

Result<void> check_header(const CsvRecord& header) {
    ManifestRow row;
    for (auto at = header.fields.begin(); at != header.fields.end(); ++at) {
        if (*at != kSize && field_of(row, *at) == nullptr)
            return bad(header.line, "unknown column '" + *at + "'", kKnownColumns);
        if (std::find(header.fields.begin(), at, *at) != at)
            return bad(header.line, "column '" + *at + "' is there twice", "take one of them out");
    }
    return {};
}

Result<std::uint64_t> size_in(const std::string& field, std::size_t line) {
    std::uint64_t size{};
    const auto [end, fault] = std::from_chars(field.data(), field.data() + field.size(), size);
    if (fault != std::errc{} || end != field.data() + field.size() || size == 0)
        return bad(line, "'" + field + "' is no size in bytes",
                   "quietus plan prints it: PATH:SIZE");
    return size;
}

Result<ManifestRow> row_from(const CsvRecord& record, const CsvRecord& header) {
    ManifestRow row;
    row.line = record.line;
    for (std::size_t i = 0; i < record.fields.size(); ++i) {
        const std::string& value = record.fields[i];
        const std::string& name = header.fields[i];
        if (value.empty()) continue;
        if (value.size() > kManifestFieldMax)
            return bad(row.line,
                       name + " is longer than " + std::to_string(kManifestFieldMax) + " bytes",
                       "shorten it");
        if (value.front() == ' ' || value.back() == ' ')
            return bad(row.line, name + " begins or ends with a blank", "take the blank out");
        if (name == kSize)
            row.size = QUIETUS_TRY(size_in(value, row.line));
        else
            *field_of(row, name) = value;
    }
    if (const auto fine = check_answers(row.said); !fine)
        return bad(row.line, fine.error().message, fine.error().hint);
    if (row.serial.empty() && row.wwn.empty() && row.path.empty())
        return bad(row.line, "names no drive", "give it a serial, a wwn, or a path and a size");
    if (!row.path.empty() && !row.path.starts_with('/'))
        return bad(row.line, "the path is not absolute: " + row.path, "write /dev/…");
    if (!row.path.empty() && row.size == 0)
        return bad(row.line, "a path without a size names no drive",
                   "add the size in bytes: quietus plan prints PATH:SIZE");
    return row;
}

// Which line named it first; 0 where none did.
class Seen {
  public:
    std::size_t first_line_of(std::string_view column, const std::string& value, std::size_t line) {
        if (value.empty()) return 0;
        const auto [at, is_new] = lines_.emplace(std::string{column} + ":" + value, line);
        return is_new ? 0 : at->second;
    }

  private:
    std::map<std::string, std::size_t> lines_;
};

Result<void> check_named_once(Seen& seen, const ManifestRow& row) {
    for (const auto& [name, field] : kIdentityColumns) {
        const std::string& value = row.*field;
        const std::size_t before = seen.first_line_of(name, value, row.line);
        if (before != 0)
            return bad(
                row.line,
                std::string{name} + " " + value + " is already on line " + std::to_string(before),
                "one line for each drive");
    }
    return {};
}

bool is_node_of(const Host& host, const DeviceSnapshot& drive, const std::string& path) {
    return path == drive.path || host.real_path(path).value_or("") == drive.path;
}

// By the first of serial, WWN and path that the row has.
bool names(const Host& host, const ManifestRow& row, const DeviceSnapshot& drive) {
    if (!row.serial.empty()) return is_serial_of(drive.identity, row.serial);
    if (!row.wwn.empty()) return is_wwn_of(drive.identity, row.wwn);
    return is_node_of(host, drive, row.path);
}

}  // namespace

std::string ManifestRow::device() const {
    if (!serial.empty()) return std::string{discovery::kBySerial} + serial;
    return wwn.empty() ? path : std::string{discovery::kByWwn} + wwn;
}

Result<Manifest> parse_manifest(std::string_view text) {
    const auto records = QUIETUS_TRY(parse_csv(text));
    if (records.empty())
        return bad(1, "there is no header", "begin with a line of column names, as serial,asset");
    QUIETUS_TRY(check_header(records.front()));
    if (records.size() == 1) return bad(records.front().line, "names no drive", "add a line");
    Manifest manifest{.sha256 = sha256_hex(text), .rows = {}};
    Seen seen;
    for (auto record = records.begin() + 1; record != records.end(); ++record) {
        manifest.rows.push_back(QUIETUS_TRY(row_from(*record, records.front())));
        QUIETUS_TRY(check_named_once(seen, manifest.rows.back()));
    }
    return manifest;
}

Result<Manifest> read_manifest(const std::string& file) {
    auto text = read_whole_file(file, kManifestSizeMax);
    if (!text && text.error().code == ErrorCode::io)
        return failure(ErrorCode::usage, text.error().message, "give --manifest a readable file");
    return QUIETUS_TRY_CONTEXT(parse_manifest(QUIETUS_TRY(std::move(text))), printable_text(file));
}

Result<void> compare_with_row(const Host& host, const DeviceSnapshot& drive,
                              const ManifestRow& row) {
    const auto differs = [&](const std::string& what, const std::string& here,
                             const std::string& there) {
        return failure(ErrorCode::bad_evidence,
                       printable_text(drive.path) +
                           ": the drive found is not the drive named: its " + what + " is " +
                           (here.empty() ? "not known" : here) + ", line " +
                           std::to_string(row.line) + " of the manifest says " + there,
                       "quietus inspect shows the drive; correct the manifest or the bay");
    };
    const DeviceIdentity& found = drive.identity;
    if (!row.serial.empty() && !is_serial_of(found, row.serial))
        return differs("serial number", printable(found.serial), row.serial);
    if (!row.wwn.empty() && !is_wwn_of(found, row.wwn))
        return differs("WWN", printable(found.wwn), row.wwn);
    if (!row.path.empty() && !is_node_of(host, drive, row.path))
        return differs("path", printable_text(drive.path), row.path);
    if (row.size != 0 && row.size != drive.geometry.size.bytes)
        return differs("size", std::to_string(drive.geometry.size.bytes), std::to_string(row.size));
    QUIETUS_TRY_CONTEXT(check_hold(row.said), printable_text(drive.path) + ": line " +
                                                  std::to_string(row.line) + " of the manifest");
    return {};
}

Result<const ManifestRow*> row_of(const Host& host, const Manifest& manifest,
                                  const DeviceSnapshot& drive) {
    const ManifestRow* found = nullptr;
    for (const ManifestRow& row : manifest.rows) {
        if (!names(host, row, drive)) continue;
        if (found != nullptr)
            return failure(ErrorCode::bad_evidence,
                           printable_text(drive.path) + ": named twice by the manifest: lines " +
                               std::to_string(found->line) + " and " + std::to_string(row.line),
                           "one line for each drive");
        found = &row;
    }
    if (found == nullptr)
        return failure(ErrorCode::bad_evidence,
                       printable_text(drive.path) +
                           ": the drive found is not the drive named: no line of the manifest is "
                           "its",
                       "add it to the manifest, or leave it out of the call");
    QUIETUS_TRY(compare_with_row(host, drive, *found));
    return found;
}

}  // namespace quietus::app
