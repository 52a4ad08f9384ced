#include "discovery/build_reader.h"

#include <array>

#include "base/bytes.h"
#include "discovery/ata_identity.h"
#include "discovery/identity_reader.h"
#include "discovery/sysfs.h"

namespace quietus::discovery {

namespace {

constexpr const char* kAtaPage = "sysfs:device/vpd_pg89";
constexpr const char* kCharacteristicsPage = "sysfs:device/vpd_pgb1";
constexpr const char* kOnlyTheDrive =
    "only the drive itself could tell, and this version does not ask";

// The same codes in ATA (ACS-4, IDENTIFY DEVICE word 168) and SCSI (SBC-4, page B1h; clauses
// unconfirmed); 0 and what is not listed say nothing.
std::string form_factor_text(unsigned code) {
    constexpr std::array<const char*, 10> kNames{
        "",      "5.25 inch", "3.5 inch", "2.5 inch", "1.8 inch", "less than 1.8 inch",
        "mSATA", "M.2",       "MicroSSD", "CFast"};
    return code < kNames.size() ? kNames.at(code) : "";
}

// 0: not said. 1: nothing turns. 0401h to FFFEh: turns a minute.
std::string rotation_text(unsigned code) {
    if (code == 1) return "does not rotate";
    return code >= 0x401 && code <= 0xFFFE ? std::to_string(code) + " rpm" : "";
}

// IDENTIFY DEVICE word 128 (ACS-4, "Security status"; clause unconfirmed).
std::string security_text(unsigned word) {
    constexpr unsigned kSupported = 1, kEnabled = 2, kLocked = 4, kFrozen = 8;
    if ((word & kSupported) == 0) return "ATA security not supported";
    std::string text = (word & kEnabled) != 0 ? "password set" : "no password set";
    text += (word & kLocked) != 0 ? ", locked" : ", not locked";
    return "ATA security: " + text + ((word & kFrozen) != 0 ? ", frozen" : ", not frozen");
}

SourcedString said(const std::string& text, const std::string& source, const char* otherwise) {
    return text.empty() ? SourcedString::none(otherwise) : SourcedString::of({text}, source);
}

SourcedString from_attribute(const Host& host, const std::string& folder, const std::string& name,
                             const std::string& before, const std::string& after,
                             const char* otherwise) {
    const auto text = attribute(host, folder + "/" + name);
    const bool blank = !text || printable_ascii(*text).empty() || text->starts_with("<unknown>");
    return said(blank ? "" : before + *text + after, "sysfs:" + name, otherwise);
}

std::string folder_of(const BlockNode& disk) {
    return sysfs_folder(disk.name);
}

// A SCSI vendor is the drive's own word; "ATA" stands there for drives that have none.
SourcedString manufacturer_of(const Host& host, const BlockNode& disk, Transport transport) {
    const std::string folder = folder_of(disk);
    if (transport == Transport::nvme)
        return from_attribute(host, folder, "device/device/vendor", "PCI vendor ", "",
                              "sysfs shows no PCI vendor of the controller");
    if (transport == Transport::mmc)
        return from_attribute(host, folder, "device/manfid", "MMC manufacturer ", "",
                              "sysfs shows no manufacturer of the card");
    if (!disk.name.starts_with("sd")) return SourcedString::none("sysfs shows none");
    const auto vendor = attribute(host, folder + "/device/vendor");
    if (vendor && vendor->starts_with("ATA"))
        return SourcedString::none(
            "an ATA drive does not report one; where it is known it is part of the model");
    return from_attribute(host, folder, "device/vendor", "", "", "sysfs shows no vendor");
}

// "ata3" in the drive's path is port 3, whose link is link3.
std::string ata_port_of(const BlockNode& disk) {
    for (const std::string& part : split(disk.device_path, '/')) {
        if (part.starts_with("ata") && parse_number(part.substr(3))) return part.substr(3);
    }
    return {};
}

SourcedString pcie_link(const Host& host, const std::string& folder) {
    const auto width = attribute(host, folder + "/device/device/current_link_width");
    return from_attribute(host, folder, "device/device/current_link_speed", "",
                          width ? " x" + *width : "", "sysfs shows no PCIe link of the controller");
}

SourcedString link_of(const Host& host, const BlockNode& disk, Transport transport) {
    if (transport == Transport::sata)
        return from_attribute(host, "/sys/class/ata_link/link" + ata_port_of(disk), "sata_spd",
                              "SATA ", "", "sysfs shows no speed of the port");
    if (transport == Transport::nvme) return pcie_link(host, folder_of(disk));
    if (transport == Transport::usb)
        return from_attribute(host, usb_device_of(disk), "speed", "USB ", " Mbit/s",
                              "sysfs shows no speed of the USB device");
    return SourcedString::none("this version does not read the link of " + to_string(transport) +
                               " drives");
}

// drivers/misc/enclosure.c links a drive to its slot under the slot's own name.
SourcedString bay_of(const Host& host, const BlockNode& disk) {
    constexpr std::string_view kPrefix = "enclosure_device:";
    for (const std::string& name : names_in(host, folder_of(disk) + "/device")) {
        if (name.starts_with(kPrefix) && name.size() > kPrefix.size())
            return SourcedString::of({name.substr(kPrefix.size())},
                                     "sysfs:device/enclosure_device");
    }
    return SourcedString::none("no enclosure names its slot");
}

// What the page with the drive's answer to IDENTIFY DEVICE holds, else page B1h.
void read_pages(const Host& host, const std::string& folder, Build& build) {
    constexpr const char* kNotSaid = "the drive does not say";
    const auto page89 = binary_attribute(host, folder + "/device/vpd_pg89");
    if (const auto ata = page89 ? ata_build_from_vpd(*page89) : std::nullopt) {
        build.form_factor = said(form_factor_text(ata->form_factor), kAtaPage, kNotSaid);
        build.rotation_rate = said(rotation_text(ata->rotation), kAtaPage, kNotSaid);
        build.locking = said(security_text(ata->security),
                             std::string{kAtaPage} + ", as the kernel last asked", kNotSaid);
        return;
    }
    const auto pageb1 = binary_attribute(host, folder + "/device/vpd_pgb1");
    const auto scsi = pageb1 ? scsi_build_from_vpd(*pageb1) : std::nullopt;
    if (!scsi) return;
    build.form_factor = said(form_factor_text(scsi->form_factor), kCharacteristicsPage, kNotSaid);
    build.rotation_rate = said(rotation_text(scsi->rotation), kCharacteristicsPage, kNotSaid);
}

Build unavailable_build(const std::string& why) {
    const SourcedString none = SourcedString::none(why);
    return {.manufacturer = none,
            .form_factor = none,
            .rotation_rate = none,
            .link = none,
            .bay = none,
            .protection = none,
            .locking = none};
}

}  // namespace

Build read_build(const Host& host, const BlockNode& disk, Transport transport) {
    const std::string folder = folder_of(disk);
    // A disk behind virtio-scsi answers as SCSI disks do.
    if (is_virtual(transport) && !disk.name.starts_with("sd"))
        return unavailable_build(to_string(transport) + " devices have none of their own");
    Build build = unavailable_build(kOnlyTheDrive);
    build.rotation_rate = SourcedString::none(
        "the kernel says only whether something turns (queue/rotational), not how fast");
    build.manufacturer = manufacturer_of(host, disk, transport);
    build.link = link_of(host, disk, transport);
    build.bay = bay_of(host, disk);
    build.protection = from_attribute(host, folder, "integrity/format", "", "",
                                      "the kernel shows no integrity profile");
    read_pages(host, folder, build);
    return build;
}

}  // namespace quietus::discovery
