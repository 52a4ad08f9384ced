#pragma once
// From the machine to DeviceSnapshots.

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "device/snapshot.h"
#include "host/host.h"
#include "host/nvme_answer.h"

namespace quietus::discovery {

/// Every whole disk, from sysfs and /proc alone: opens no device, so a dying drive cannot hang it.
/// Usage holds what can be seen that way; the rest stands in usage.not_seen.
Result<std::vector<DeviceSnapshot>> list_drives(const Host& host);

/// Resolves what a person typed to a device node, without opening it. Missing, a directory, a
/// socket, a character device, a symlink loop: `usage`. A regular file: `refused` with losetup as
/// the remedy. Returns the canonical node path and its number.
struct NamedDevice {
    std::string path;
    DeviceNumber number;
};
/// "serial:S" and "wwn:W" are looked for among the whole disks that sysfs shows: none, several (all
/// named), and a serial number that is no drive's own are `bad_evidence`.
Result<NamedDevice> resolve_device(const Host& host, const std::string& typed);
/// The same for many, with one look at sysfs. Results in the order of `typed`.
std::vector<Result<NamedDevice>> resolve_devices(const Host& host,
                                                 const std::vector<std::string>& typed);
inline constexpr std::string_view kBySerial = "serial:";
inline constexpr std::string_view kByWwn = "wwn:";

class MachineView;
struct InspectOptions {
    /// Ours, whose descriptors, and those of their children, do not count as use.
    std::vector<int> ignore_processes;
    /// What the whole machine shows, where somebody has just looked; else it is looked at here.
    const MachineView* view{nullptr};
    bool probe_signatures{true};
    /// How long to look again where open descriptors are the only use there is: udev, blkid(8),
    /// losetup(8) and other runs of quietus open every loop device or disk for a moment. What is
    /// still open in the last look counts.
    std::chrono::milliseconds patience{0};
    /// The same where every use there is, is a lock.
    std::chrono::milliseconds lock_patience{0};
    /// Where every answer of the drive's controller goes, as it came; those of the last look only.
    std::vector<NvmeAnswer>* answers{nullptr};
};
/// Longer than those look for; short enough for a person who waits.
inline constexpr std::chrono::milliseconds kBriefOpenPatience{500};
/// flock may be somebody's for a moment (udev probing): wait so long, then 75. cli.md fixes it.
inline constexpr std::chrono::milliseconds kLockPatience{5000};
/// The machine around the drives at one moment: block devices, mounts, loops, who has what open.
/// Looking for many drives at once costs as much as for one. Asks every loop device what is under
/// it, so it may hang where one does: call in a worker process.
Result<std::shared_ptr<const MachineView>> look_at_machine(
    Host& host, const std::vector<int>& ignore_processes);

/// Everything about one drive or partition, opening it read-only: may hang on a dying drive, so
/// callers run it in a worker process with a deadline.
Result<DeviceSnapshot> inspect_drive(Host& host, const NamedDevice& device,
                                     const InspectOptions& options);

/// Kernel names of the whole disks that hold `path` (or its nearest existing parent): the one its
/// filesystem is on and every one below that, through dm, md, loop, btrfs and overlay ({"dm-0",
/// "sda"}). Empty for tmpfs, network and other filesystems without a disk.
Result<std::vector<std::string>> disks_under(const Host& host, const MachineView& view,
                                             const std::string& path);

}  // namespace quietus::discovery
