#include "device/snapshot.h"

namespace quietus {

std::string to_string(Transport transport) {
    switch (transport) {
        case Transport::sata:
            return "sata";
        case Transport::sas:
            return "sas";
        case Transport::scsi:
            return "scsi";
        case Transport::nvme:
            return "nvme";
        case Transport::usb:
            return "usb";
        case Transport::virtio:
            return "virtio";
        case Transport::mmc:
            return "mmc";
        case Transport::loop:
            return "loop";
        case Transport::zram:
            return "zram";
        case Transport::md:
            return "md";
        case Transport::dm:
            return "dm";
        case Transport::nbd:
            return "nbd";
        case Transport::unknown:
            return "unknown";
    }
    return "unknown";
}

std::string to_string(Medium medium) {
    switch (medium) {
        case Medium::rotational:
            return "hdd";
        case Medium::solid_state:
            return "ssd";
        case Medium::virtual_device:
            return "virtual";
        case Medium::unknown:
            return "unknown";
    }
    return "unknown";
}

std::string to_string(ZoneModel model) {
    switch (model) {
        case ZoneModel::none:
            return "none";
        case ZoneModel::host_aware:
            return "host-aware";
        case ZoneModel::host_managed:
            return "host-managed";
    }
    return "none";
}

bool is_virtual(Transport transport) {
    switch (transport) {
        case Transport::virtio:
        case Transport::loop:
        case Transport::zram:
        case Transport::md:
        case Transport::dm:
        case Transport::nbd:
            return true;
        case Transport::sata:
        case Transport::sas:
        case Transport::scsi:
        case Transport::nvme:
        case Transport::usb:
        case Transport::mmc:
        case Transport::unknown:
            return false;
    }
    return false;
}

std::string to_string(UseKind kind) {
    switch (kind) {
        case UseKind::mount:
            return "mount";
        case UseKind::swap:
            return "swap";
        case UseKind::holder:
            return "holder";
        case UseKind::loop_over_disk:
            return "loop-over-disk";
        case UseKind::loop_over_file:
            return "loop-over-file";
        case UseKind::btrfs_member:
            return "btrfs-member";
        case UseKind::open_descriptor:
            return "open-descriptor";
        case UseKind::locked:
            return "locked";
        case UseKind::mapped:
            return "mapped";
        case UseKind::other_path:
            return "other-path";
        case UseKind::exclusive:
            return "exclusive";
        case UseKind::system_disk:
            return "system-disk";
    }
    return "mount";
}

}  // namespace quietus
