#include "plan/beyond_overwrite.h"

#include <algorithm>

namespace quietus {

namespace {

std::string backing_store_of(Transport transport) {
    switch (transport) {
        case Transport::loop:
            return "the file or disk under the loop device: its file system may keep old blocks, "
                   "snapshots or a journal";
        case Transport::zram:
            return "the memory pages under the compressed RAM disk";
        case Transport::virtio:
            return "the storage under the virtual disk: only the hypervisor can reach it";
        case Transport::nbd:
            return "the storage of the network block server";
        case Transport::md:
            return "the member drives of the array: spares, metadata, old copies of blocks";
        case Transport::dm:
            return "the drives under the mapping: metadata, snapshots, unmapped extents";
        case Transport::sata:
        case Transport::sas:
        case Transport::scsi:
        case Transport::nvme:
        case Transport::usb:
        case Transport::mmc:
        case Transport::unknown:
            break;
    }
    return "the storage under the virtual device";
}

HiddenArea area_of_medium(Medium medium) {
    switch (medium) {
        case Medium::rotational:
            return {"reallocated",
                    "sectors the drive has replaced by spares keep their old bytes; "
                    "host commands reach only the spares"};
        case Medium::solid_state:
            return {"over-provisioning",
                    "flash outside the addressable capacity, and blocks retired "
                    "or not yet erased, hold copies no host command addresses"};
        case Medium::virtual_device:
        case Medium::unknown:
            break;
    }
    return {"reallocated",
            "spare, retired or over-provisioned places of the medium, whose kind is "
            "not known, are not addressed by host commands"};
}

void add_areas_of_transport(Transport transport, std::vector<HiddenArea>& areas) {
    switch (transport) {
        case Transport::sata:
        case Transport::sas:
        case Transport::scsi:
            areas.push_back({"hpa-dco",
                             "a host protected area or device configuration overlay, if the drive "
                             "is ATA and has one set, is outside the capacity the kernel reports; "
                             "this version does not look for one"});
            return;
        case Transport::usb:
            areas.push_back({"usb-bridge",
                             "the bridge decides which part of the drive behind it is "
                             "shown, and may hide capacity, caches or a second medium"});
            return;
        case Transport::nvme:
            areas.push_back({"nvme-namespaces",
                             "other namespaces and unallocated capacity of the same "
                             "drive are not part of this device"});
            return;
        case Transport::mmc:
            areas.push_back({"mmc-partitions",
                             "boot and replay-protected areas of the card are not "
                             "part of this device"});
            return;
        case Transport::unknown:
            areas.push_back({"unknown-transport",
                             "how the drive is attached is not known, so neither "
                             "is what the path to it hides"});
            return;
        case Transport::virtio:
        case Transport::loop:
        case Transport::zram:
        case Transport::md:
        case Transport::dm:
        case Transport::nbd:
            return;
    }
}

}  // namespace

std::vector<HiddenArea> areas_beyond_overwrite(const DeviceSnapshot& target) {
    if (is_virtual(target.transport)) {
        return {{"backing-store", backing_store_of(target.transport)}};
    }
    std::vector<HiddenArea> areas{area_of_medium(target.medium)};
    add_areas_of_transport(target.transport, areas);
    return areas;
}

std::vector<HiddenArea> areas_beyond_sanitize(const DeviceSnapshot& target) {
    std::vector<HiddenArea> areas;
    if (!target.nvme) return areas;
    if (target.nvme->boot_partitions)
        areas.push_back({"nvme-boot-partitions",
                         "the drive says that it has boot partitions; Sanitize leaves them"});
    if (target.nvme->replay_protected > 0)
        areas.push_back(
            {"nvme-rpmb", "the drive has " + std::to_string(target.nvme->replay_protected) +
                              " replay-protected memory blocks; Sanitize leaves them, and no host "
                              "may erase them"});
    return areas;
}

std::vector<HiddenArea> areas_not_reached(const DeviceSnapshot& target) {
    std::vector<HiddenArea> areas = target.hidden_areas;
    for (HiddenArea& area : areas_beyond_overwrite(target)) {
        const bool known =
            std::any_of(target.hidden_areas.begin(), target.hidden_areas.end(),
                        [&](const HiddenArea& seen) { return seen.kind == area.kind; });
        if (!known) areas.push_back(std::move(area));
    }
    return areas;
}

std::vector<std::string> caches_beyond_control(const DeviceSnapshot& target) {
    switch (target.transport) {
        case Transport::loop:
            return {"the host's page cache of the loop device's backing file"};
        case Transport::zram:
            return {"the RAM disk itself: it has no medium behind it"};
        case Transport::virtio:
            return {"the hypervisor's cache of the virtual disk, of unknown kind"};
        case Transport::nbd:
            return {"the cache of the network block server, of unknown kind"};
        case Transport::md:
        case Transport::dm:
            return {"the caches of the drives under the virtual device"};
        case Transport::usb:
            return {"the cache of the USB bridge, if it has one",
                    "the drive's own cache: it is flushed, but reads may still come from it"};
        case Transport::sata:
        case Transport::sas:
        case Transport::scsi:
        case Transport::nvme:
        case Transport::mmc:
        case Transport::unknown:
            break;
    }
    return {"the drive's own cache: it is flushed, but reads may still come from it"};
}

}  // namespace quietus
