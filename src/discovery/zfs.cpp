#include "discovery/zfs.h"

#include <algorithm>

#include "base/bytes.h"
#include "discovery/sysfs.h"

namespace quietus::discovery {

namespace {

constexpr const char* kPoolFolder = "/proc/spl/kstat/zfs";

}  // namespace

std::vector<std::string> imported_pools(const Host& host) {
    std::vector<std::string> pools;
    for (const std::string& name : names_in(host, kPoolFolder)) {
        if (attribute(host, std::string{kPoolFolder} + "/" + name + "/state"))
            pools.push_back(name);
    }
    return pools;
}

void add_pool_uses(const std::vector<std::string>& pools, Usage& usage) {
    if (pools.empty()) return;
    for (const Signature& signature : usage.signatures) {
        if (signature.type != "zfs_member") continue;
        // libblkid's LABEL of a zfs_member is the pool's name, made printable as ours is here.
        const auto pool = std::find_if(pools.begin(), pools.end(), [&](const std::string& name) {
            return printable_text(name) == signature.label;
        });
        if (pool != pools.end()) {
            usage.uses.push_back({.kind = UseKind::holder,
                                  .where = signature.where,
                                  .what = "member of the imported ZFS pool " + signature.label,
                                  .remedy = "zpool export " + shell_word(*pool)});
        } else if (signature.label.empty()) {
            usage.not_seen.push_back("which ZFS pool " + signature.where +
                                     " belongs to, while pools are imported");
        }
    }
}

}  // namespace quietus::discovery
