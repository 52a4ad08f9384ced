#include "support/memory_host.h"

#include <cerrno>

namespace quietus::test {

namespace {

// SPC-6 (clause unconfirmed), unit serial number page: page code 80h in byte 1, length in bytes 2
// and 3.
std::string vpd_page_80(const std::string& serial) {
    std::string page{'\0', '\x80', '\0', static_cast<char>(serial.size())};
    return page + serial;
}

std::string number_text(DeviceNumber number) {
    return to_string(number) + "\n";
}

}  // namespace

MemoryHost::MemoryHost() {
    base_.links["/proc/1/ns/pid"] = "pid:[4026531836]";
    base_.links["/proc/1/ns/mnt"] = "mnt:[1]";
    base_.links["/proc/1/root"] = "/";
    base_.files["/proc/1/mountinfo"] = "1 1 0:2 / / rw - rootfs none rw\n";
    base_.files["/proc/sys/kernel/hostname"] = "testhost\n";
    base_.files["/proc/sys/kernel/osrelease"] = "6.1.0-test\n";
    base_.empty_folders.insert("/sys/class/block");
}

MemoryDrive& MemoryHost::add(MemoryDriveOptions options) {
    ++edits_;
    return drives_.emplace_back(std::move(options));
}

void MemoryHost::edit(const std::function<void(Machine&)>& change) {
    change(base_);
    ++edits_;
}

void MemoryHost::mount(const MemoryDrive& drive, std::size_t partition, const std::string& point) {
    DeviceNumber number = drive.options().number;
    number.minor += static_cast<std::uint32_t>(partition);
    edit([&](Machine& machine) {
        machine.files["/proc/1/mountinfo"] +=
            "30 1 " + to_string(number) + " / " + point + " rw - ext4 /dev/x rw\n";
    });
}

void MemoryHost::add_drive_to(Machine& machine, const MemoryDrive& drive) const {
    const MemoryDriveOptions& options = drive.options();
    const std::string host = std::to_string(options.number.minor + 1);
    const std::string device = "../../devices/pci0/ata" + host + "/host" + host + "/target" + host +
                               ":0:0/" + host + ":0:0:0/block/" + options.name;
    const std::string folder = "/sys/class/block/" + options.name;
    auto& files = machine.files;
    machine.links[folder] =
        options.nvme ? "../../devices/pci0/0000:00:04.0/nvme/nvme0/" + options.name : device;
    files[folder + "/dev"] = number_text(options.number);
    files[folder + "/size"] = std::to_string(options.size / 512) + "\n";
    files[folder + "/ro"] = options.read_only ? "1\n" : "0\n";
    files[folder + "/removable"] = "0\n";
    files[folder + "/diskseq"] = std::to_string(100 + options.number.minor) + "\n";
    files[folder + "/queue/rotational"] = options.nvme ? "0\n" : "1\n";
    files[folder + "/queue/logical_block_size"] = std::to_string(options.logical_sector) + "\n";
    files[folder + "/queue/physical_block_size"] = std::to_string(options.physical_sector) + "\n";
    if (options.nvme) {
        const nvme::Personality& drive_is = options.nvme->personality;
        files[folder + "/nsid"] = "1\n";
        files[folder + "/device/model"] = drive_is.model.substr(0, 40) + "\n";
        files[folder + "/device/serial"] = drive_is.serial.substr(0, 20) + "\n";
        files[folder + "/device/firmware_rev"] = drive_is.firmware.substr(0, 8) + "\n";
        return;
    }
    files[folder + "/device/vendor"] = "ATA     \n";
    files[folder + "/device/model"] = options.model + "\n";
    files[folder + "/device/rev"] = "FW01\n";
    if (!options.serial.empty()) files[folder + "/device/vpd_pg80"] = vpd_page_80(options.serial);
    for (std::size_t i = 0; i < options.partitions.size(); ++i) {
        if (!drive.has_partition(i)) continue;
        const std::string part = "/sys/class/block/" + drive.partition_name(i);
        const DeviceNumber number{options.number.major,
                                  options.number.minor + static_cast<std::uint32_t>(i) + 1};
        machine.links[part] = device + "/" + drive.partition_name(i);
        files[part + "/dev"] = number_text(number);
        files[part + "/partition"] = std::to_string(i + 1) + "\n";
        files[part + "/start"] = std::to_string(options.partitions[i].start / 512) + "\n";
        files[part + "/size"] = std::to_string(options.partitions[i].size / 512) + "\n";
    }
}

ReplayHost& MemoryHost::now() const {
    std::uint64_t state = edits_;
    for (const MemoryDrive& drive : drives_) state += drive.changes();
    if (!replay_ || replay_is_of_ != state) {
        Machine machine = base_;
        for (const MemoryDrive& drive : drives_) add_drive_to(machine, drive);
        replay_ = std::make_unique<ReplayHost>(std::move(machine));
        replay_is_of_ = state;
    }
    return *replay_;
}

MemoryDrive* MemoryHost::drive_of(const std::string& node) {
    for (MemoryDrive& drive : drives_) {
        if (drive.node() == node) return &drive;
    }
    return nullptr;
}

Result<std::string> MemoryHost::read_file(const std::string& path) const {
    return now().read_file(path);
}
Result<std::vector<std::string>> MemoryHost::list_directory(const std::string& path) const {
    return now().list_directory(path);
}
Result<std::string> MemoryHost::read_link(const std::string& path) const {
    return now().read_link(path);
}
Result<FileFacts> MemoryHost::file_facts(const std::string& path, bool follow) const {
    return now().file_facts(path, follow);
}
Result<std::string> MemoryHost::real_path(const std::string& path) const {
    return now().real_path(path);
}

Result<std::unique_ptr<ReadHandle>> MemoryHost::open_query(const std::string& node) {
    if (MemoryDrive* drive = drive_of(node)) return drive->open_query();
    return now().open_query(node);
}

Result<std::vector<FoundSignature>> MemoryHost::probe_signatures(const std::string& node) {
    MemoryDrive* drive = drive_of(node);
    if (drive == nullptr) return now().probe_signatures(node);
    drive->note(Did::probe);
    return drive->shows_signatures() ? drive->options().signatures : std::vector<FoundSignature>{};
}

Result<std::optional<LoopBacking>> MemoryHost::loop_backing(const std::string& node) {
    return now().loop_backing(node);
}

Result<std::unique_ptr<WriteHandle>> MemoryHost::open_writable(const WritePermit& permit,
                                                               int /*wait_ms*/) {
    MemoryDrive* drive = drive_of(permit.target().path);
    if (drive == nullptr) return sys_failure("open " + permit.target().path, ENOENT);
    return drive->open_writable(permit);
}

}  // namespace quietus::test
