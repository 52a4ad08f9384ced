#include "host/blkid_probe.h"

#include <algorithm>
#include <cerrno>
#include <memory>

#include <blkid/blkid.h>
#include <linux/fs.h>
#include <sys/ioctl.h>

#include "base/bytes.h"

namespace quietus {

namespace {

// More signatures than this on one device is a device made to keep us busy.
constexpr std::size_t kSignaturesMax = 64;

struct FreeProbe {
    void operator()(blkid_probe probe) const noexcept { blkid_free_probe(probe); }
};
using Probe = std::unique_ptr<std::remove_pointer_t<blkid_probe>, FreeProbe>;

std::string value_of(blkid_probe probe, const char* name) {
    const char* data{};
    std::size_t length{};
    if (blkid_probe_lookup_value(probe, name, &data, &length) != 0 || data == nullptr) return {};
    // The length counts the terminating zero of text values.
    const std::string raw{data, length};
    return printable_text(raw.substr(0, raw.find('\0')));
}

void collect(blkid_probe probe, std::vector<FoundSignature>& found) {
    if (std::string type = value_of(probe, "TYPE"); !type.empty()) {
        found.push_back({std::move(type), value_of(probe, "USAGE"), value_of(probe, "LABEL")});
    }
    if (std::string type = value_of(probe, "PTTYPE"); !type.empty()) {
        found.push_back({std::move(type), "partition-table", {}});
    }
}

// What can be read: a piece of a sector at the end cannot, and libblkid would fail on it. 0 means
// "all" to libblkid.
blkid_loff_t whole_sectors(int fd) {
    std::uint64_t size{};
    int sector{};
    if (ioctl(fd, BLKGETSIZE64, &size) != 0 || ioctl(fd, BLKSSZGET, &sector) != 0 || sector <= 0)
        return 0;
    return static_cast<blkid_loff_t>(size - size % static_cast<std::uint64_t>(sector));
}

Result<void> set_up(blkid_probe probe, int fd, const std::string& node) {
    if (blkid_probe_set_device(probe, fd, 0, whole_sectors(fd)) != 0)
        return sys_failure("probe " + printable_text(node), errno);
    blkid_probe_enable_superblocks(probe, 1);
    // A superblock with a bad checksum is still somebody's data.
    blkid_probe_set_superblocks_flags(
        probe, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_USAGE | BLKID_SUBLKS_LABEL | BLKID_SUBLKS_BADCSUM);
    blkid_probe_enable_partitions(probe, 1);
    return {};
}

}  // namespace

Result<std::vector<FoundSignature>> blkid_signatures(int fd, const std::string& node) {
    const Probe probe{blkid_new_probe()};
    if (!probe) return failure(ErrorCode::internal, "libblkid: out of memory");
    QUIETUS_TRY(set_up(probe.get(), fd, node));
    std::vector<FoundSignature> found;
    // blkid_do_probe gives one result a call, all of them in the end, as wipefs(8) uses it; 1 is
    // the end. The "safe" probe would report nothing where two superblocks disagree.
    for (std::size_t i = 0; i < kSignaturesMax; ++i) {
        errno = 0;
        const int more = blkid_do_probe(probe.get());
        if (more == 1) return found;
        if (more != 0)
            return sys_failure("probe " + printable_text(node), errno != 0 ? errno : EIO);
        collect(probe.get(), found);
    }
    return found;
}

}  // namespace quietus
