#include "discovery/identity_reader.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "discovery/ata_identity.h"
#include "discovery/sysfs.h"

namespace quietus::discovery {

namespace {

bool says_something(const std::string& text) {
    return text.find_first_not_of(" \t\n") != std::string::npos &&
           text.find_first_not_of('\0') != std::string::npos;
}

// "virtio3" for "virtio" and a number.
bool has_numbered_part(const std::string& path, std::string_view prefix) {
    for (const std::string& part : split(path, '/')) {
        if (part.size() > prefix.size() && part.starts_with(prefix) &&
            parse_number(part.substr(prefix.size())))
            return true;
    }
    return false;
}

SourcedString from_attribute(const Host& host, const std::string& folder, const std::string& name) {
    auto text = attribute(host, folder + "/" + name);
    if (!text) return SourcedString::none("sysfs has no readable " + name);
    if (!says_something(*text)) return SourcedString::none("sysfs:" + name + " is blank");
    return SourcedString::of({std::move(*text)}, "sysfs:" + name);
}

SourcedString first_of(const Host& host, const std::string& folder,
                       std::initializer_list<const char*> names) {
    SourcedString found = SourcedString::none("sysfs shows none");
    for (const char* name : names) {
        found = from_attribute(host, folder, name);
        if (found.has_value()) break;
    }
    return found;
}

// Where the drive itself gives none, the USB device between it and us may have one.
SourcedString usb_serial(const Host& host, const BlockNode& disk) {
    const std::string device = usb_device_of(disk);
    const auto serial = device.empty() ? std::nullopt : attribute(host, device + "/serial");
    if (!serial || !says_something(*serial))
        return SourcedString::none("neither the drive nor its USB bridge gives one");
    return SourcedString::of({*serial}, "sysfs:usb serial");
}

void read_scsi(const Host& host, const BlockNode& disk, Transport transport,
               DeviceIdentity& identity) {
    const std::string folder = sysfs_folder(disk.name);
    const auto vendor = attribute(host, folder + "/device/vendor");
    const bool is_ata = vendor && vendor->starts_with("ATA");
    identity.model = from_attribute(host, folder, "device/model");
    identity.firmware = from_attribute(host, folder, "device/rev");
    identity.wwn = from_attribute(host, folder, "device/wwid");
    const auto page80 = binary_attribute(host, folder + "/device/vpd_pg80");
    auto serial = page80 ? serial_from_vpd(*page80) : std::nullopt;
    identity.serial = serial ? SourcedString::of({std::move(*serial)}, "sysfs:device/vpd_pg80")
                      : transport == Transport::usb
                          ? usb_serial(host, disk)
                          : SourcedString::none("sysfs has no readable device/vpd_pg80");
    if (!is_ata) {
        if (vendor && says_something(*vendor) && identity.model.value) {
            const auto last = vendor->find_last_not_of(' ');
            identity.model.value->raw =
                vendor->substr(0, last + 1) + " " + identity.model.value->raw;
            identity.model.source = "sysfs:device/vendor device/model";
        }
        return;
    }
    const auto page89 = binary_attribute(host, folder + "/device/vpd_pg89");
    if (const auto ata = page89 ? ata_identity_from_vpd(*page89) : std::nullopt) {
        identity.model = SourcedString::of({ata->model}, "sysfs:device/vpd_pg89");
        identity.firmware = SourcedString::of({ata->firmware}, "sysfs:device/vpd_pg89");
        if (!identity.serial.has_value())
            identity.serial = SourcedString::of({ata->serial}, "sysfs:device/vpd_pg89");
    }
}

void read_nvme(const Host& host, const std::string& folder, DeviceIdentity& identity) {
    identity.model = from_attribute(host, folder, "device/model");
    identity.serial = from_attribute(host, folder, "device/serial");
    identity.firmware = from_attribute(host, folder, "device/firmware_rev");
    // wwid is the best of UUID, NGUID and EUI-64, else made of vendor, serial, model and namespace
    // (drivers/nvme/host/sysfs.c, wwid_show).
    identity.wwn = first_of(host, folder, {"wwid", "uuid", "nguid", "eui"});
}

void read_mmc(const Host& host, const std::string& folder, DeviceIdentity& identity) {
    identity.model = from_attribute(host, folder, "device/name");
    identity.serial = from_attribute(host, folder, "device/serial");
    identity.firmware = from_attribute(host, folder, "device/fwrev");
    identity.wwn =
        from_attribute(host, folder, "device/cid");  // the card identification register, whole
}

void read_stacked(const Host& host, const std::string& folder, Transport transport,
                  DeviceIdentity& identity) {
    const std::string why = to_string(transport) + " devices have none of their own";
    identity.model = identity.serial = identity.firmware = identity.wwn = SourcedString::none(why);
    if (transport == Transport::dm) identity.wwn = from_attribute(host, folder, "dm/uuid");
    if (transport == Transport::md) identity.wwn = from_attribute(host, folder, "md/uuid");
}

}  // namespace

Transport transport_of(const BlockNode& disk) {
    constexpr std::array<std::pair<std::string_view, Transport>, 7> kNames{
        {{"loop", Transport::loop},
         {"zram", Transport::zram},
         {"md", Transport::md},
         {"dm-", Transport::dm},
         {"nbd", Transport::nbd},
         {"nvme", Transport::nvme},
         {"mmcblk", Transport::mmc}}};
    for (const auto& [prefix, transport] : kNames) {
        if (disk.name.starts_with(prefix)) return transport;
    }
    const std::string& path = disk.device_path;
    if (has_numbered_part(path, "usb")) return Transport::usb;
    // virtio-blk, and SCSI disks behind virtio-scsi: the far end is a hypervisor either way.
    if (has_numbered_part(path, "virtio")) return Transport::virtio;
    if (has_numbered_part(path, "ata")) return Transport::sata;
    if (path.find("/end_device-") != std::string::npos) return Transport::sas;
    if (has_numbered_part(path, "host")) return Transport::scsi;
    return Transport::unknown;
}

// A USB device is called by its ports: "2-1.4".
std::string usb_device_of(const BlockNode& disk) {
    std::string path;
    std::string device;
    for (const std::string& part : split(disk.device_path, '/')) {
        if (part.empty()) continue;
        path += "/" + part;
        const bool port = part.find_first_not_of("0123456789-.") == std::string::npos &&
                          part.find('-') != std::string::npos;
        if (port) device = path;
    }
    return device;
}

DeviceIdentity read_identity(const Host& host, const BlockNode& disk, Transport transport) {
    const std::string folder = sysfs_folder(disk.name);
    DeviceIdentity identity;
    identity.size = {disk.size};
    identity.disk_sequence = number_attribute(host, folder + "/diskseq");
    const bool scsi_disk = disk.name.starts_with("sd");
    if (transport == Transport::nvme) {
        read_nvme(host, folder, identity);
    } else if (transport == Transport::mmc) {
        read_mmc(host, folder, identity);
    } else if (scsi_disk) {
        read_scsi(host, disk, transport, identity);
    } else if (transport == Transport::virtio) {
        read_stacked(host, folder, transport, identity);
        identity.serial = from_attribute(host, folder, "serial");
    } else if (is_virtual(transport)) {
        read_stacked(host, folder, transport, identity);
    } else {
        identity.model = from_attribute(host, folder, "device/model");
        identity.serial = first_of(host, folder, {"device/serial", "serial"});
        identity.firmware = first_of(host, folder, {"device/firmware_rev", "device/rev"});
        identity.wwn = first_of(host, folder, {"wwid", "device/wwid"});
    }
    return identity;
}

}  // namespace quietus::discovery
