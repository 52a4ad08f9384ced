// list_drives: every whole disk, from sysfs and /proc alone.

#include <algorithm>

#include "base/bytes.h"
#include "discovery/describe.h"
#include "discovery/discovery.h"
#include "discovery/picture.h"
#include "discovery/twins.h"
#include "discovery/usage_parts.h"
#include "discovery/zfs.h"

namespace quietus::discovery {

namespace {

// What only an inspection, which opens the drive, can know.
void add_gaps(const Host& host, const Picture& picture, const std::vector<std::string>& pools,
              Usage& usage) {
    usage.not_seen = picture.not_seen();
    usage.not_seen.emplace_back(
        "signatures, open descriptors and what loop devices stand on: only an inspection looks");
    if (!pools.empty())
        usage.not_seen.emplace_back(
            "which drives the imported ZFS pools are on: only an inspection looks");
    if (!host.is_root()) usage.not_seen.emplace_back("what only root may see: not root");
}

}  // namespace

Result<std::vector<DeviceSnapshot>> list_drives(const Host& host) {
    const Picture picture = QUIETUS_TRY(Picture::without_opening(host));
    const std::vector<std::string> pools = imported_pools(host);
    std::vector<DeviceSnapshot> drives;
    Twins twins;
    for (const BlockNode* node : picture.graph().drives()) {
        DeviceSnapshot& drive = drives.emplace_back(describe(host, picture.graph(), *node));
        twins.add(Twins::key_of(drive.identity, drive.transport), node->name);
        drive.usage.uses = uses_of_disk(picture, *node);
        add_gaps(host, picture, pools, drive.usage);
    }
    for (DeviceSnapshot& drive : drives) {
        const std::vector<Use> own = drive.usage.uses;
        for (const std::string& twin :
             twins.of(Twins::key_of(drive.identity, drive.transport), drive.name)) {
            const auto uses = uses_of_disk(picture, *picture.graph().by_name(twin));
            append(drive.usage.uses, other_path_uses(picture.graph(), drive.name, twin, own, uses));
        }
    }
    return drives;
}

}  // namespace quietus::discovery
