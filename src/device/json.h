#pragma once
// Snapshots as JSON: what a probe worker sends home, what `--json` prints and what the record
// embeds.

#include <string_view>

#include "base/json.h"
#include "device/snapshot.h"

namespace quietus {

/// Printable value under `key`, raw bytes as hex under `key_raw` where they differ, and
/// {"unavailable": why} where there is none.
void put_sourced(Json& object, const std::string& key, const SourcedString& text);

/// Lossless: from_json(to_json(x)) == x, also for strings that are not UTF-8.
Json to_json(const DeviceSnapshot& snapshot);
Result<DeviceSnapshot> snapshot_from_json(const Json& json);
Json to_json(const DeviceIdentity& identity);
Result<DeviceIdentity> identity_from_json(const Json& json);

}  // namespace quietus
