#pragma once
// One drive as it was seen at one moment: values only, no I/O.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/units.h"
#include "device/identity.h"
#include "device/nvme.h"

namespace quietus {

enum class Transport { sata, sas, scsi, nvme, usb, virtio, mmc, loop, zram, md, dm, nbd, unknown };
enum class Medium { rotational, solid_state, virtual_device, unknown };
enum class ZoneModel { none, host_aware, host_managed };

std::string to_string(Transport transport);
std::string to_string(Medium medium);
std::string to_string(ZoneModel model);

/// A device whose bytes live in something else on a host: what is written through it reaches a
/// file, memory or other drives, never a medium of its own.
bool is_virtual(Transport transport);

struct Geometry {
    ByteCount size;  ///< As the kernel reports it; may end in a part of a logical sector.
    std::uint32_t logical_sector{512};
    std::uint32_t physical_sector{512};
    ZoneModel zones{ZoneModel::none};
    std::uint64_t max_transfer{0};  ///< Bytes in one request the driver takes; 0 where unknown.

    /// Bytes past the last whole logical sector: no command can address them.
    ByteCount unaddressable() const { return {size.bytes % logical_sector}; }
    ByteCount addressable() const { return {size.bytes - size.bytes % logical_sector}; }
    friend bool operator==(const Geometry&, const Geometry&) = default;
};

struct Partition {
    std::string name;  ///< Kernel name: "sda1".
    DeviceNumber number;
    int index{0};  ///< sysfs "partition".
    ByteOffset start;
    ByteCount size;
    friend bool operator==(const Partition&, const Partition&) = default;
};

/// Why a drive is not free. One list for discovery, guards and output.
enum class UseKind {
    mount,  ///< A filesystem on it is mounted, in any mount namespace we can see.
    swap,
    holder,           ///< sysfs holders/: dm, md, bcache on top.
    loop_over_disk,   ///< A loop device whose backing is the disk or a partition of it.
    loop_over_file,   ///< A loop device whose backing file lives on a filesystem of this disk.
    btrfs_member,     ///< A member of a mounted btrfs (mountinfo shows an anonymous device).
    open_descriptor,  ///< A process holds the disk or a partition open.
    locked,           ///< A process holds it open with flock: another run of quietus, udev, …
    mapped,           ///< A process maps it.
    other_path,       ///< Another node of the same drive (equal WWN or NGUID) is in use.
    exclusive,        ///< O_EXCL found a holder that nothing above shows.
    system_disk,      ///< /, /boot, /usr and the like lead here, through dm, md and loop.
};
std::string to_string(UseKind kind);

struct Use {
    UseKind kind{UseKind::mount};
    std::string where;   ///< Which node: "sda1" or "sda".
    std::string what;    ///< Ready to print: "mounted at /srv", "open by process 412 (qemu)".
    std::string remedy;  ///< "umount /srv"; may be empty.
    friend bool operator==(const Use&, const Use&) = default;
};

/// What libblkid finds written on the disk or a partition of it.
struct Signature {
    std::string where;  ///< "sda1" or "sda".
    std::string type;   ///< libblkid TYPE ("ext4", "crypto_LUKS", "LVM2_member", "zfs_member") or
                        ///< partition table type ("gpt").
    std::string
        usage;  ///< libblkid USAGE ("filesystem", "raid", "crypto", "other") or "partition-table".
    std::string label;  ///< Printable; may be empty.
    friend bool operator==(const Signature&, const Signature&) = default;
};

struct Usage {
    std::vector<Use> uses;
    std::vector<Signature> signatures;
    /// What could not be looked at, and why ("open descriptors of other users' processes: not
    /// root"). A guard that needs to know treats a gap as a reason to refuse.
    std::vector<std::string> not_seen;
    /// Processes whose open descriptors are hidden even from us (another PID namespace, a confined
    /// pid 1): a gap that O_EXCL narrows but does not close, so a person may vouch for it.
    std::vector<std::string> unseen_processes;
    /// Signatures that could not be read because the drive could not read their places: a drive
    /// that fails is no reason to leave its data on it, so a person may vouch for it too.
    std::vector<std::string> unread_signatures;
    friend bool operator==(const Usage&, const Usage&) = default;
};

/// A place on the drive that host commands do not reach, known or suspected.
struct HiddenArea {
    std::string kind;  ///< "reallocated", "over-provisioning", "hpa", "dco", "backing-store", …
    std::string why;   ///< Why it is not reached.
    friend bool operator==(const HiddenArea&, const HiddenArea&) = default;
};

/// How the drive is built and attached, as far as the kernel tells without asking the drive.
/// Nothing is decided by it; a record says it.
struct Build {
    SourcedString manufacturer;   ///< As the drive's interface states it, never guessed of a model.
    SourcedString form_factor;    ///< "3.5 inch"
    SourcedString rotation_rate;  ///< "7200 rpm", "does not rotate"
    SourcedString link;           ///< "SATA 6.0 Gbps", "PCIe 8.0 GT/s x4", "USB 5000 Mbit/s"
    SourcedString bay;            ///< The enclosure's name of the slot.
    SourcedString
        protection;         ///< Format of the protection information, "none" where there is none.
    SourcedString locking;  ///< ATA security: "not enabled, not locked, frozen".
    friend bool operator==(const Build&, const Build&) = default;
};

struct DeviceSnapshot {
    std::string path;  ///< The node as asked for, symlinks resolved: "/dev/sda".
    std::string name;  ///< Kernel name: "sda".
    DeviceNumber number;
    bool is_partition{false};
    std::string
        whole_disk;  ///< Kernel name of the disk a partition belongs to; else equal to name.
    Transport transport{Transport::unknown};
    Medium medium{Medium::unknown};
    DeviceIdentity identity;
    Geometry geometry;
    Build build;
    bool removable{false};
    bool read_only{false};  ///< sysfs "ro" or BLKROGET; a read-only loop lets open(O_RDWR) succeed.
    std::vector<Partition> partitions;
    Usage usage;
    std::vector<HiddenArea> hidden_areas;
    /// What the drive's controller says, where it was asked (NVMe).
    std::optional<NvmeFacts> nvme{};
    /// Names of the drivers that can erase it (drivers/registry.h): "overwrite", …
    std::vector<std::string> drivers;
    /// Where each further fact came from, or why it is missing: {"firmware", "sysfs:device/rev"}.
    std::vector<std::pair<std::string, std::string>> sources;

    friend bool operator==(const DeviceSnapshot&, const DeviceSnapshot&) = default;
};

}  // namespace quietus
