#pragma once
// --manifest: a table that names drives by identity and says whose they are. It is no consent.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "device/snapshot.h"
#include "host/host.h"
#include "record/erase_record.h"

namespace quietus::app {

/// One drive of a manifest: at least a serial number, a WWN, or a path with its size.
struct ManifestRow {
    std::size_t line{0};  ///< Where it begins in the file, from 1.
    std::string serial, wwn, path;
    std::uint64_t size{0};  ///< Bytes; 0 where the row gives none. Always there beside a path.
    OrderFacts said;        ///< What else the row says.

    /// What resolve_device takes: the serial number before the WWN before the path.
    std::string device() const;
    friend bool operator==(const ManifestRow&, const ManifestRow&) = default;
};

struct Manifest {
    std::string sha256;  ///< Of the file's bytes, in hex.
    std::vector<ManifestRow> rows;
};

/// A manifest is written by people or exported from a table; larger is neither.
inline constexpr std::size_t kManifestSizeMax = 16 * 1024 * 1024;
/// Longer than any serial number, tag or path that names a drive.
inline constexpr std::size_t kManifestFieldMax = 1024;

/// docs/formats/manifest.md. Whatever is unknown, doubled, missing or unclear is `bad_evidence`
/// with line and remedy.
Result<Manifest> parse_manifest(std::string_view text);
/// A file that cannot be read is `usage`.
Result<Manifest> read_manifest(const std::string& file);

/// All that the row says of the drive's identity must be so; else `bad_evidence` with what differs.
Result<void> compare_with_row(const Host& host, const DeviceSnapshot& drive,
                              const ManifestRow& row);
/// The one row that names the drive; `bad_evidence` where none or several do, or where the one does
/// not agree in everything.
Result<const ManifestRow*> row_of(const Host& host, const Manifest& manifest,
                                  const DeviceSnapshot& drive);

}  // namespace quietus::app
