#pragma once
// ZFS pools that are imported. The kernel shows their names but not their drives; the drives carry
// the name.

#include <string>
#include <vector>

#include "host/host.h"

namespace quietus::discovery {

/// /proc/spl/kstat/zfs/POOL/state (OpenZFS, module/zfs/spa_stats.c).
std::vector<std::string> imported_pools(const Host& host);

/// Adds a holder for each zfs_member signature of an imported pool, and a gap where one cannot be
/// told.
void add_pool_uses(const std::vector<std::string>& pools, Usage& usage);

}  // namespace quietus::discovery
