// Every machine of tests/machines as people see it: golden text, and nothing recorded that is not
// read.

#include <chrono>
#include <filesystem>
#include <sstream>

#include <gtest/gtest.h>

#include "discovery/discovery.h"
#include "support/golden.h"
#include "support/replay_host.h"

namespace quietus::discovery {
namespace {

std::string shown(const SourcedString& text) {
    return text.has_value() ? printable(text) + " <" + text.source + ">"
                            : "- <" + text.unavailable + ">";
}

void render(std::ostream& out, const DeviceSnapshot& drive) {
    out << drive.path << "  " << to_string(drive.number) << "  " << to_string(drive.transport)
        << "  " << to_string(drive.medium) << "  " << drive.geometry.size.bytes << " bytes  "
        << drive.geometry.logical_sector << "/" << drive.geometry.physical_sector << "  zones "
        << to_string(drive.geometry.zones) << (drive.removable ? "  removable" : "")
        << (drive.read_only ? "  read-only" : "") << "\n";
    out << "    model    " << shown(drive.identity.model) << "\n    serial   "
        << shown(drive.identity.serial) << "\n    wwn      " << shown(drive.identity.wwn)
        << "\n    firmware " << shown(drive.identity.firmware) << "\n";
    for (const Partition& part : drive.partitions) {
        out << "    partition " << part.name << " " << part.start.bytes << "+" << part.size.bytes
            << "\n";
    }
}

void render(std::ostream& out, const Usage& usage) {
    for (const Use& use : usage.uses) {
        out << "    " << to_string(use.kind) << " " << use.where << ": " << use.what;
        out << (use.remedy.empty() ? "" : "  [" + use.remedy + "]") << "\n";
    }
    for (const Signature& found : usage.signatures) {
        out << "    signature " << found.where << ": " << found.type << " (" << found.usage << ") "
            << found.label << "\n";
    }
    for (const std::string& gap : usage.not_seen) out << "    not seen: " << gap << "\n";
    for (const std::string& gap : usage.unseen_processes) out << "    not seen: " << gap << "\n";
}

std::string listed(const Host& host) {
    std::ostringstream out;
    const auto drives = list_drives(host);
    if (!drives) return drives.error().message;
    for (const DeviceSnapshot& drive : *drives) {
        render(out, drive);
        render(out, drive.usage);
        for (const HiddenArea& area : drive.hidden_areas)
            out << "    hidden " << area.kind << ": " << area.why << "\n";
    }
    return out.str();
}

std::string inspected(Host& host) {
    std::ostringstream out;
    const auto drives = list_drives(host);
    if (!drives) return drives.error().message;
    for (const DeviceSnapshot& listed_drive : *drives) {
        const auto drive = inspect_drive(host, {listed_drive.path, listed_drive.number}, {});
        out << listed_drive.path << "\n";
        if (drive)
            render(out, drive->usage);
        else
            out << "    " << drive.error().message << "\n";
    }
    return out.str();
}

std::string name_of(const testing::TestParamInfo<const char*>& info) {
    std::string name = info.param;
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
}

class Machines : public testing::TestWithParam<const char*> {};

TEST_P(Machines, LookAsTheGoldenTextSays) {
    test::ReplayHost host{test::ReplayHost::machine(GetParam())};
    const std::string text = "== list\n" + listed(host);
    EXPECT_TRUE(host.opened().empty()) << "list opened " << host.opened().front();
    test::expect_golden("discovery/" + std::string{GetParam()} + ".txt",
                        text + "== inspect\n" + inspected(host));
}

TEST_P(Machines, HoldNothingThatIsNotRead) {
    test::ReplayHost host{test::ReplayHost::machine(GetParam())};
    inspected(host);
    EXPECT_EQ(host.unread(), std::vector<std::string>{});
}

INSTANTIATE_TEST_SUITE_P(All, Machines,
                         testing::Values("firecracker-vm", "laptop-nvme", "server-sas-md-multipath",
                                         "bay-60", "btrfs-two-disks", "zfs", "ceph-osd", "qemu-vm"),
                         name_of);

TEST(MachineFiles, TheSerialOfANamespaceIsSharedOnlyWhereThereAreOthers) {
    const auto shared = [](const std::string& machine, const std::string& node) {
        test::ReplayHost host{test::ReplayHost::machine(machine)};
        const auto drive = inspect_drive(host, resolve_device(host, node).value(), {});
        return drive.value().identity.serial_shared;
    };
    EXPECT_TRUE(shared("qemu-vm", "/dev/nvme0n1"));
    EXPECT_TRUE(shared("qemu-vm", "/dev/nvme0n2"));
    EXPECT_FALSE(shared("laptop-nvme", "/dev/nvme0n1"));
}

TEST(MachineFiles, AllFilesAreTested) {
    std::size_t files = 0;
    for (const auto& entry :
         std::filesystem::directory_iterator{QUIETUS_SOURCE_DIR "/tests/machines"}) {
        if (entry.path().extension() == ".json") ++files;
    }
    EXPECT_EQ(files, 9U) << "name the new machine in INSTANTIATE_TEST_SUITE_P";
}

TEST(MachineFiles, AThousandDisksListInWellUnderASecond) {
    const test::ReplayHost host{test::ReplayHost::machine("disks-1000")};
    const auto begin = std::chrono::steady_clock::now();
    const auto drives = list_drives(host);
    const auto took = std::chrono::steady_clock::now() - begin;
    ASSERT_TRUE(drives.has_value());
    EXPECT_EQ(drives->size(), 1001U);
    EXPECT_EQ(drives->back().name, "sdall");
    // Generous for sanitizer builds on a busy machine; quadratic work would take minutes.
    EXPECT_LT(std::chrono::duration_cast<std::chrono::milliseconds>(took).count(), 2000);
}

}  // namespace
}  // namespace quietus::discovery
