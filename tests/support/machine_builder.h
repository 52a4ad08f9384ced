#pragma once
// Drives for tests, said in a line: a_drive("sda").serial("S1").mounted_at("/srv").build().
// What is not said is an ordinary, free SATA disk of 1 GiB that only the overwrite driver can
// erase.

#include <algorithm>
#include <string>
#include <utility>

#include "device/snapshot.h"

namespace quietus::test {

/// An NVMe controller that offers every Sanitize and has one namespace.
inline NvmeFacts a_controller(const std::string& serial) {
    NvmeFacts facts;
    facts.serial = {serial};
    facts.model = {"TESTDISK 1000"};
    facts.own_namespace = 1;
    facts.sanitize = {.crypto = true, .block = true, .overwrite = true};
    facts.controllers = {1};
    facts.namespaces = {{.id = 1, .attached = true, .blocks = 2048, .block_size = 512}};
    facts.allocated_told = true;
    facts.sanitize_log = NvmeSanitizeLog{};
    return facts;
}

class DriveBuilder {
  public:
    explicit DriveBuilder(std::string name) {
        drive_.name = name;
        drive_.whole_disk = name;
        drive_.path = "/dev/" + name;
        drive_.number = {8, minor_of(name)};
        drive_.transport = Transport::sata;
        drive_.medium = Medium::rotational;
        drive_.drivers = {"overwrite"};
        model("TESTDISK 1000");
        serial("SERIAL-" + name);
        drive_.identity.wwn = SourcedString::of({"0x5000c500" + name}, "sysfs:device/wwid");
        drive_.identity.firmware = SourcedString::of({"FW01"}, "sysfs:device/rev");
        drive_.identity.disk_sequence = 100 + drive_.number.minor;
        size(kGiB);
    }

    DriveBuilder& path(std::string text) { return set(drive_.path, std::move(text)); }
    DriveBuilder& number(std::uint32_t major, std::uint32_t minor) {
        return set(drive_.number, DeviceNumber{major, minor});
    }
    DriveBuilder& model(std::string text) {
        return set(drive_.identity.model,
                   SourcedString::of({std::move(text)}, "sysfs:device/model"));
    }
    DriveBuilder& serial(std::string text) {
        return set(drive_.identity.serial,
                   SourcedString::of({std::move(text)}, "sysfs:device/vpd_pg80"));
    }
    DriveBuilder& no_serial() {
        return set(drive_.identity.serial, SourcedString::none("the kernel shows no serial"));
    }
    DriveBuilder& wwn(std::string text) {
        return set(drive_.identity.wwn, SourcedString::of({std::move(text)}, "sysfs:device/wwid"));
    }
    DriveBuilder& no_wwn() {
        return set(drive_.identity.wwn, SourcedString::none("the kernel shows no WWN"));
    }
    DriveBuilder& disk_sequence(std::uint64_t value) {
        return set(drive_.identity.disk_sequence, std::optional{value});
    }
    DriveBuilder& no_disk_sequence() {
        drive_.identity.disk_sequence.reset();
        return *this;
    }
    DriveBuilder& size(std::uint64_t bytes) {
        drive_.identity.size = {bytes};
        drive_.geometry.size = {bytes};
        return *this;
    }
    DriveBuilder& sectors(std::uint32_t logical, std::uint32_t physical) {
        drive_.geometry.logical_sector = logical;
        drive_.geometry.physical_sector = physical;
        return *this;
    }
    DriveBuilder& zones(ZoneModel model) { return set(drive_.geometry.zones, model); }
    DriveBuilder& attached_by(Transport transport, Medium medium) {
        drive_.transport = transport;
        drive_.medium = medium;
        return *this;
    }
    /// A loop device over the file with that inode: no model, serial or WWN, as the kernel shows
    /// them.
    DriveBuilder& loop_over_inode(std::uint64_t inode, std::uint64_t offset = 0) {
        attached_by(Transport::loop, Medium::virtual_device).no_serial().no_wwn();
        drive_.number.major = 7;
        drive_.identity.model = SourcedString::none("loop devices have no model");
        drive_.identity.firmware = SourcedString::none("loop devices have no firmware");
        drive_.identity.backing = LoopBacking{{254, 1}, std::nullopt, inode, offset};
        return *this;
    }
    /// An NVMe drive with this controller, of the same serial number.
    DriveBuilder& controller(NvmeFacts facts) {
        attached_by(Transport::nvme, Medium::solid_state);
        serial(facts.serial.raw);
        drive_.drivers = {"nvme", "overwrite"};
        drive_.nvme = std::move(facts);
        return *this;
    }
    DriveBuilder& removable() { return set(drive_.removable, true); }
    DriveBuilder& read_only() { return set(drive_.read_only, true); }
    DriveBuilder& no_driver() {
        drive_.drivers.clear();
        return *this;
    }
    DriveBuilder& is_partition_of(std::string disk) {
        drive_.is_partition = true;
        return set(drive_.whole_disk, std::move(disk));
    }
    DriveBuilder& partition(int index, std::uint64_t start = kMiB, std::uint64_t bytes = kMiB) {
        drive_.partitions.push_back(
            {.name = partition_name(index),
             .number = {drive_.number.major,
                        drive_.number.minor + static_cast<std::uint32_t>(index)},
             .index = index,
             .start = {start},
             .size = {bytes}});
        return *this;
    }
    DriveBuilder& used(UseKind kind, std::string where, std::string what, std::string remedy = {}) {
        drive_.usage.uses.push_back({kind, std::move(where), std::move(what), std::move(remedy)});
        return *this;
    }
    DriveBuilder& mounted_at(const std::string& folder) {
        return used(UseKind::mount, partition_name(1), "mounted at " + folder, "umount " + folder);
    }
    DriveBuilder& signature(std::string type, std::string usage, std::string label = {}) {
        drive_.usage.signatures.push_back(
            {drive_.name, std::move(type), std::move(usage), std::move(label)});
        return *this;
    }
    DriveBuilder& hidden_process(std::string gap) {
        drive_.usage.unseen_processes.push_back(std::move(gap));
        return *this;
    }
    DriveBuilder& unread_signature(std::string gap) {
        drive_.usage.unread_signatures.push_back(std::move(gap));
        return *this;
    }
    DriveBuilder& not_seen(std::string gap) {
        drive_.usage.not_seen.push_back(std::move(gap));
        return *this;
    }
    DriveBuilder& hidden_area(std::string kind, std::string why) {
        drive_.hidden_areas.push_back({std::move(kind), std::move(why)});
        return *this;
    }

    DeviceSnapshot build() const { return drive_; }
    // NOLINTNEXTLINE(google-explicit-constructor): lets a test write DeviceSnapshot d =
    // a_drive("sda");
    operator DeviceSnapshot() const { return drive_; }

  private:
    template <class T, class V>
    DriveBuilder& set(T& field, V value) {
        field = std::move(value);
        return *this;
    }
    // "sda" → 0, "sdb" → 16, as the kernel numbers them; other names by their last digit.
    static std::uint32_t minor_of(const std::string& name) {
        const char last = name.empty() ? 'a' : name.back();
        if (last >= '0' && last <= '9') return static_cast<std::uint32_t>(last - '0');
        return static_cast<std::uint32_t>(last - 'a') * 16;
    }
    std::string partition_name(int index) const {
        const bool digit = drive_.name.back() >= '0' && drive_.name.back() <= '9';
        return drive_.name + (digit ? "p" : "") + std::to_string(index);
    }

    DeviceSnapshot drive_;
};

inline DriveBuilder a_drive(std::string name) {
    return DriveBuilder{std::move(name)};
}

}  // namespace quietus::test
