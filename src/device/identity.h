#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/units.h"
#include "device/device_string.h"

namespace quietus {

/// Linux device number.
struct DeviceNumber {
    std::uint32_t major{0};
    std::uint32_t minor{0};
    friend auto operator<=>(const DeviceNumber&, const DeviceNumber&) = default;
};
std::string to_string(DeviceNumber number);  // "7:3"

/// What a loop device shows of the file or disk under it (LOOP_GET_STATUS64; never its text path,
/// which depends on the mount namespace it was made in).
struct LoopBacking {
    DeviceNumber file_system;  ///< lo_device: where the backing file lives.
    std::optional<DeviceNumber>
        disk;  ///< lo_rdevice: set where the backing "file" is a block device.
    std::uint64_t inode{0};
    std::uint64_t offset{0};
    friend bool operator==(const LoopBacking&, const LoopBacking&) = default;
};

/// Which piece of hardware, whatever it is called today. A path (/dev/sdb) is a hint; this is what
/// plans, permits and certificates speak of.
struct DeviceIdentity {
    SourcedString model;
    SourcedString serial;
    SourcedString wwn;  ///< WWN (ATA, SCSI), EUI-64, NGUID or UUID (NVMe), as the kernel prints it.
    SourcedString firmware;
    ByteCount size;
    /// Another disk of this host, which is not this one, shows the same serial: namespaces of one
    /// NVMe controller do.
    bool serial_shared{false};
    std::optional<LoopBacking> backing;  ///< Loop devices only.
    std::optional<std::uint64_t>
        disk_sequence;  ///< BLKGETDISKSEQ / sysfs diskseq: changes when the medium does.

    friend bool operator==(const DeviceIdentity&, const DeviceIdentity&) = default;
};

/// The same drive? Serial, WWN, model and size must agree; where there is neither serial nor WWN,
/// the backing and the disk sequence decide. Sources are not compared: they differ by privilege.
bool same_drive(const DeviceIdentity& a, const DeviceIdentity& b);

/// The same drive after it was away: unplugged, renamed, or behind another boot. Like same_drive(),
/// but the disk sequence is a new one then and says nothing.
bool is_returned_drive(const DeviceIdentity& before, const DeviceIdentity& now);

/// Do both show the same serial number or WWN, one that belongs to this drive and no other? What
/// was said of the one then holds for the other.
bool same_unique_name(const DeviceIdentity& before, const DeviceIdentity& now);

/// A serial number that can be typed to mean this drive and no other: present, printable, not
/// shared, and not a placeholder all drives of a kind share ("0000000000000000", "123456789ABC",
/// …).
bool has_unique_serial(const DeviceIdentity& identity);

/// Does `said` (of a person, a file, an order) name this drive's WWN? Case and the kernel's and
/// other tools' prefixes ("naa.", "eui.", "0x") do not count.
bool is_wwn_of(const DeviceIdentity& identity, std::string_view said);
/// The same for the serial number: exactly as printed.
bool is_serial_of(const DeviceIdentity& identity, std::string_view said);

/// "MODEL SERIAL", printable, for messages.
std::string to_string(const DeviceIdentity& identity);

}  // namespace quietus
