// inspect_drive: all that is known of one drive, the drive itself asked last.

#include <algorithm>
#include <cerrno>
#include <initializer_list>

#include "base/bytes.h"
#include "discovery/build_reader.h"
#include "discovery/describe.h"
#include "discovery/discovery.h"
#include "discovery/identity_reader.h"
#include "discovery/machine_view.h"
#include "discovery/sysfs.h"
#include "discovery/twins.h"
#include "discovery/usage_parts.h"
#include "discovery/zfs.h"
#include "drivers/nvme/identify.h"
#include "drivers/registry.h"

namespace quietus::discovery {

namespace {

std::vector<std::string> twins_of(const Host& host, const BlockGraph& graph,
                                  const DeviceSnapshot& drive) {
    const std::string key = Twins::key_of(drive.identity, drive.transport);
    if (key.empty()) return {};
    Twins twins;
    for (const BlockNode* node : graph.drives()) {
        const Transport transport = transport_of(*node);
        twins.add(Twins::key_of(read_identity(host, *node, transport), transport), node->name);
    }
    return twins.of(key, drive.whole_disk);
}

// The serial of an NVMe drive belongs to its controller: typed, it would name any of its
// namespaces.
bool shares_its_serial(const Host& host, const BlockGraph& graph, const DeviceSnapshot& drive) {
    if (drive.transport != Transport::nvme || !drive.identity.serial.has_value()) return false;
    const auto drives = graph.drives();
    return std::any_of(drives.begin(), drives.end(), [&](const BlockNode* node) {
        if (node->name == drive.whole_disk || transport_of(*node) != Transport::nvme) return false;
        const DeviceIdentity other = read_identity(host, *node, Transport::nvme);
        return printable(other.serial) == printable(drive.identity.serial);
    });
}

void read_usage(const Host& host, const MachineView& view, const BlockNode& node,
                DeviceSnapshot& drive) {
    const Picture& picture = view.picture();
    const BlockGraph& graph = picture.graph();
    const std::vector<std::string> twins = twins_of(host, graph, drive);
    const OpenNodes& open = view.open();

    Usage& usage = drive.usage;
    usage.not_seen = picture.not_seen();
    usage.unseen_processes = open.not_seen;
    usage.uses =
        node.is_partition() ? uses_of_partition(picture, node) : uses_of_disk(picture, node);
    const auto opened_on = [&](const std::string& disk) {
        std::vector<Use> uses;
        std::copy_if(open.uses.begin(), open.uses.end(), std::back_inserter(uses),
                     [&](const Use& use) { return graph.by_name(use.where)->whole_disk == disk; });
        return uses;
    };
    append(usage.uses, opened_on(drive.whole_disk));
    const std::vector<Use> own = usage.uses;
    for (const std::string& twin : twins) {
        std::vector<Use> of_twin = uses_of_disk(picture, *graph.by_name(twin));
        append(of_twin, opened_on(twin));
        append(usage.uses, other_path_uses(graph, drive.name, twin, own, of_twin));
    }
}

void take_handle_facts(const HandleFacts& facts, DeviceSnapshot& drive) {
    drive.geometry.size = drive.identity.size = facts.size;
    drive.geometry.logical_sector = facts.logical_sector;
    drive.geometry.physical_sector = facts.physical_sector;
    drive.read_only = drive.read_only || facts.read_only;
    drive.identity.backing = facts.backing;
    if (facts.disk_sequence) drive.identity.disk_sequence = facts.disk_sequence;
    for (auto& [fact, source] : drive.sources) {
        if (fact == "size") source = "ioctl:BLKGETSIZE64";
        if (fact == "logical sector") source = "ioctl:BLKSSZGET";
        if (fact == "physical sector") source = "ioctl:BLKPBSZGET";
    }
}

// Through the descriptor of the node: the kernel sends it to that node's own controller, whatever
// that is called.
void ask_controller(const Host& host, ReadHandle& handle, std::vector<NvmeAnswer>* answers,
                    DeviceSnapshot& drive) {
    if (drive.transport != Transport::nvme || drive.is_partition) return;
    const auto id = number_attribute(host, sysfs_folder(drive.name) + "/nsid").value_or(0);
    std::vector<NvmeAnswer> kept;
    RecordingHandle recording{handle, kept};
    auto facts = drivers::nvme::read_facts(answers != nullptr ? recording : handle,
                                           static_cast<std::uint32_t>(id));
    if (answers != nullptr) *answers = std::move(kept);
    if (!facts) {
        drive.sources.emplace_back("controller",
                                   "unavailable: " + printable_text(facts.error().message));
        return;
    }
    drive.nvme = std::move(*facts);
    drive.sources.emplace_back("controller", "NVMe Identify, log pages 02h and 81h");
    static const drivers::Registry kRegistry = drivers::make_registry();
    drive.drivers = drivers::drivers_for(kRegistry, drive);
}

// A drive that cannot be opened (no medium, no permission, dying) is still described; the gap is
// named.
Result<void> ask_the_drive(Host& host, std::vector<NvmeAnswer>* answers, DeviceSnapshot& drive) {
    const auto gap = [&](const Error& error) {
        drive.usage.not_seen.push_back("the drive itself: " + printable_text(error.message));
    };
    const auto handle = host.open_query(drive.path);
    if (!handle) {
        gap(handle.error());
        return {};
    }
    const auto facts = (*handle)->facts();
    if (!facts) {
        gap(facts.error());
        return {};
    }
    if (facts->number != drive.number) {
        return failure(ErrorCode::bad_evidence,
                       printable_text(drive.path) + ": now another device (" +
                           to_string(facts->number) + ", was " + to_string(drive.number) + ")");
    }
    take_handle_facts(*facts, drive);
    ask_controller(host, **handle, answers, drive);
    return {};
}

// The drive answers, and cannot read there (block/blk-core.c, blk_errors).
bool is_of_the_medium(int error) {
    return error == EIO || error == ENODATA || error == EREMOTEIO || error == EILSEQ;
}

void read_signatures(Host& host, DeviceSnapshot& drive) {
    std::vector<std::string> names{drive.name};
    for (const Partition& partition : drive.partitions) names.push_back(partition.name);
    for (const std::string& name : names) {
        const auto found = host.probe_signatures(node_path(name));
        if (!found) {
            auto& gaps = is_of_the_medium(found.error().sys_errno) ? drive.usage.unread_signatures
                                                                   : drive.usage.not_seen;
            gaps.push_back("signatures on " + name + ": " + printable_text(found.error().message));
            continue;
        }
        for (const FoundSignature& signature : *found) {
            drive.usage.signatures.push_back({.where = name,
                                              .type = printable_text(signature.type),
                                              .usage = printable_text(signature.usage),
                                              .label = printable_text(signature.label)});
        }
    }
}

Result<DeviceSnapshot> inspect_once(Host& host, const NamedDevice& device,
                                    const InspectOptions& options, const MachineView& view) {
    const Picture& picture = view.picture();
    const BlockNode* node = picture.graph().by_number(device.number);
    if (node == nullptr) {
        return failure(ErrorCode::bad_evidence, printable_text(device.path) +
                                                    ": the kernel no longer has device " +
                                                    to_string(device.number));
    }
    DeviceSnapshot drive = describe(host, picture.graph(), *node);
    drive.path = device.path;
    const BlockNode* whole = picture.graph().by_name(drive.whole_disk);
    drive.build = read_build(host, whole != nullptr ? *whole : *node, drive.transport);
    drive.identity.serial_shared = shares_its_serial(host, picture.graph(), drive);
    read_usage(host, view, *node, drive);
    QUIETUS_TRY(ask_the_drive(host, options.answers, drive));
    const std::vector<std::string> pools = imported_pools(host);
    if (options.probe_signatures) {
        read_signatures(host, drive);
        add_pool_uses(pools, drive.usage);
    } else {
        drive.usage.not_seen.emplace_back("signatures: not asked for");
    }
    return drive;
}

bool only(const Usage& usage, std::initializer_list<UseKind> kinds) {
    const auto& uses = usage.uses;
    return !uses.empty() && std::all_of(uses.begin(), uses.end(), [&](const Use& use) {
        return std::find(kinds.begin(), kinds.end(), use.kind) != kinds.end();
    });
}

std::chrono::milliseconds patience_with(const Usage& usage, const InspectOptions& options) {
    if (only(usage, {UseKind::locked})) return std::max(options.patience, options.lock_patience);
    if (only(usage, {UseKind::open_descriptor, UseKind::locked})) return options.patience;
    return std::chrono::milliseconds::zero();
}

std::vector<std::string> nodes_in_use(const Usage& usage) {
    std::vector<std::string> nodes;
    for (const Use& use : usage.uses) nodes.push_back(node_path(use.where));
    return nodes;
}

}  // namespace

Result<DeviceSnapshot> inspect_drive(Host& host, const NamedDevice& device,
                                     const InspectOptions& options) {
    // A close through another node of the same device, or one before we watch, is not seen: look
    // again after this all the same.
    constexpr std::chrono::milliseconds kInterval{100};
    std::chrono::milliseconds waited{0};
    std::shared_ptr<const MachineView> fresh;
    const MachineView* view = options.view;
    while (true) {
        if (view == nullptr) {
            fresh = QUIETUS_TRY(look_at_machine(host, options.ignore_processes));
            view = fresh.get();
        }
        auto seen = inspect_once(host, device, options, *view);
        view = nullptr;
        if (!seen || waited >= patience_with(seen->usage, options)) return seen;
        waited += host.wait_for_close(nodes_in_use(seen->usage), kInterval);
    }
}

}  // namespace quietus::discovery
