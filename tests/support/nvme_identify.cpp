// The device model: Identify. Offsets by NVMe Base 2.0, Identify data structures.

#include <algorithm>
#include <array>

#include "support/nvme_model.h"

namespace quietus::test::nvme {
namespace {

constexpr std::size_t kPage = 4096;

struct LbaFormat {
    std::uint8_t data_size_log2;
    std::uint8_t performance;  ///< 0 is best.
};
constexpr std::array<LbaFormat, 2> kLbaFormats{LbaFormat{9, 1}, LbaFormat{12, 0}};

std::uint64_t mapped_bytes(std::span<const UnitState> units) {
    return kUnit * static_cast<std::uint64_t>(
                       units.size() -
                       static_cast<std::size_t>(std::ranges::count(units, UnitState::deallocated)));
}

// NGUID and EUI64: the same on each run, another one for each namespace and each time it is made.
void put_identifier(std::span<std::byte> into, std::string_view serial, std::uint32_t nsid,
                    std::uint32_t age) {
    put_text(into, 0, serial, into.size() - 4, '\0');
    put(into, into.size() - 4, age + 1, 2);
    put(into, into.size() - 2, nsid, 2);
}

}  // namespace

std::uint16_t Model::identify(unsigned controller, const Command& command,
                              std::span<std::byte> data) {
    std::array<std::byte, kPage> bytes{};
    const std::span<std::byte> page{bytes};
    const std::uint32_t nsid = command.nsid();
    const std::uint32_t from = field(command.dword(10), 31, 16);
    std::uint16_t no = 0;
    switch (field(command.dword(10), 7, 0)) {
        case 0x00:
            no = identify_space(controller, nsid, page, /*any_allocated=*/false);
            break;
        case 0x01:
            identify_controller(controller, page);
            break;
        case 0x02:
        case 0x10:
            if (nsid >= kEveryNamespace - 1) return status::kInvalidNamespace;
            list_spaces(controller, nsid, page, field(command.dword(10), 7, 0) == 0x10);
            break;
        case 0x03:
            no = identify_descriptors(controller, nsid, page);
            break;
        case 0x06:  // Of the NVM command set: no limits to tell of.
            break;
        case 0x11:
            no = identify_space(controller, nsid, page, /*any_allocated=*/true);
            break;
        case 0x12:
            no = list_controllers(nsid, from, page);
            break;
        case 0x13:
            no = list_controllers(0, from, page);
            break;
        case 0x14:  // It is a primary controller without secondary ones.
            put(page, 0, controller + 1, 2);
            break;
        default:
            return status::kInvalidField;
    }
    std::ranges::copy(page.first(std::min(page.size(), data.size())), data.begin());
    return no;
}

void Model::identify_controller(unsigned controller, std::span<std::byte> page) {
    const Personality& p = personality;
    const bool is_other = p.other_from != 0 && ++state().identifies >= p.other_from;
    put(page, 0, 0x1b36, 2);
    put(page, 2, 0x1af4, 2);
    put_text(page, 4, is_other ? p.other_serial : p.serial, 20);
    put_text(page, 24, p.model, 40);
    put_text(page, 64, p.firmware, 8);
    put(page, 76, controllers_ > 1 ? 0x2 : 0x0, 1);  // CMIC bit 1: more than one controller.
    put(page, 77, 5, 1);                             // MDTS: 32 pages.
    put(page, 78, controller + 1, 2);
    put(page, 80, p.version, 4);
    put(page, 92, 0x100, 4);  // OAES bit 8: namespace attribute notices.
    put(page, 102, p.bpcap, 1);
    put(page, 111, 1, 1);  // CNTRLTYPE: I/O.
    put(page, 256, p.oacs, 2);
    put(page, 258, 3, 1);     // ACL
    put(page, 259, 3, 1);     // AERL: four requests.
    put(page, 260, 0x03, 1);  // FRMW: one slot, read only.
    put(page, 261, 0x6, 1);   // LPA: effects log, extended Get Log Page.
    put(page, 266, 343, 2);   // WCTEMP
    put(page, 268, 353, 2);   // CCTEMP
    if ((p.oacs & 8U) != 0) {
        std::uint64_t total = 0;
        std::uint64_t unallocated = 0;
        for (std::size_t i = 0; i < media_.size(); ++i) {
            const std::uint64_t size = medium_bytes(i) * p.capacity_factor;
            total += size;
            if (state().spaces[i].allocated == 0) unallocated += size;
        }
        put(page, 280, total, 8);
        put(page, 296, unallocated, 8);
    }
    put(page, 312, p.rpmbs, 4);
    put(page, 320, 100, 2);  // KAS: 10 s granularity.
    put(page, 328, p.sanicap, 4);
    put(page, 512, 0x66, 1);  // SQES
    put(page, 513, 0x44, 1);  // CQES
    put(page, 516, kNamespacesMax, 4);
    put(page, 520, 0x4c, 2);  // ONCS: Dataset Management, Write Zeroes, Timestamp.
    put(page, 524, p.fna, 1);
    put(page, 525, p.vwc, 1);
    put(page, 531, p.nwpc, 1);
    put(page, 540, kNamespacesMax, 4);  // MNAN
    put_text(page, 768, p.subsystem, 256, '\0');
    put(page, 2048, 900, 2);  // Power state 0: 9 W.
    if (!fabrics_) return;
    put(page, 320, 10, 2);                    // KAS: 1 s.
    put(page, 514, 128, 2);                   // MAXCMD
    put(page, 536, 1 | 1 << 2 | 1 << 20, 4);  // SGLS
    put(page, 1792, (64 + 8192) / 16, 4);     // IOCCSZ: 8 KiB of data within a capsule.
    put(page, 1796, 1, 4);                    // IORCSZ
    put(page, 1803, 1, 1);                    // MSDBD
}

std::uint16_t Model::identify_space(unsigned controller, std::uint32_t nsid,
                                    std::span<std::byte> page, bool any_allocated) const {
    if (nsid == kEveryNamespace && !any_allocated && (personality.oacs & 8U) != 0) {
        fill_space(NamespaceState{}, page);  // What all namespaces have in common.
        put(page, 0, 0, 24);
        return 0;
    }
    if (nsid == 0 || nsid > kNamespacesMax) return status::kInvalidNamespace;
    const NamespaceState& space = state().spaces[nsid - 1];
    const bool is_shown =
        any_allocated ? space.allocated != 0 : attached_space(controller, nsid) != nullptr;
    if (is_shown) fill_space(space, page);
    return 0;  // One that is not there is all zeros.
}

void Model::fill_space(const NamespaceState& space, std::span<std::byte> page) const {
    const auto index = static_cast<std::size_t>(&space - state().spaces.data());
    const std::uint32_t size = space.lba_format == 0 ? 512 : 4096;
    put(page, 0, space.capacity / size, 8);   // NSZE
    put(page, 8, space.capacity / size, 8);   // NCAP
    put(page, 16, space.capacity / size, 8);  // NUSE
    put(page, 25, kLbaFormats.size() - 1, 1);
    put(page, 26, space.lba_format, 1);
    put(page, 30, space.shared, 1);
    unsigned remaining = 0;
    if (space.format == FormatState::in_progress) remaining = 100 - progress().value_or(0);
    put(page, 32, 0x80 | remaining, 1);  // FPI
    put(page, 33, personality.dlfeat, 1);
    put(page, 99, space.protection != 0 ? 1 : 0, 1);  // NSATTR
    for (std::size_t i = 0; i < kLbaFormats.size(); ++i) {
        put(page, 128 + 4 * i + 2, kLbaFormats[i].data_size_log2, 1);
        put(page, 128 + 4 * i + 3, kLbaFormats[i].performance, 1);
    }
    if (index >= media_.size()) return;
    if (personality.thin) {
        put(page, 24, 0x1, 1);  // NSFEAT
        put(page, 16, mapped_bytes(units(index)) / size, 8);
    }
    put(page, 48, space.capacity, 8);  // NVMCAP
    const auto nsid = static_cast<std::uint32_t>(index + 1);
    put_identifier(page.subspan(104, 16), personality.serial, nsid, space.age);
    put_identifier(page.subspan(120, 8), personality.serial, nsid, space.age);
}

std::uint16_t Model::identify_descriptors(unsigned controller, std::uint32_t nsid,
                                          std::span<std::byte> page) const {
    const NamespaceState* space = attached_space(controller, nsid);
    if (space == nullptr) return status::kInvalidNamespace;
    // Type, length, two reserved bytes, then the identifier.
    put(page, 0, 1, 1);
    put(page, 1, 8, 1);
    put_identifier(page.subspan(4, 8), personality.serial, nsid, space->age);
    put(page, 12, 2, 1);
    put(page, 13, 16, 1);
    put_identifier(page.subspan(16, 16), personality.serial, nsid, space->age);
    put(page, 32, 4, 1);  // CSI: the NVM command set, 0.
    put(page, 33, 1, 1);
    return 0;
}

void Model::list_spaces(unsigned controller, std::uint32_t above, std::span<std::byte> page,
                        bool any_allocated) const {
    std::size_t at = 0;
    for (std::uint32_t nsid = above + 1; nsid <= specs_.size(); ++nsid) {
        const bool is_shown = any_allocated ? state().spaces[nsid - 1].allocated != 0
                                            : attached_space(controller, nsid) != nullptr;
        if (!is_shown) continue;
        put(page, at, nsid, 4);
        at += 4;
    }
}

// Controllers from CNTLID `from` on; of one namespace where `nsid` is not 0.
std::uint16_t Model::list_controllers(std::uint32_t nsid, std::uint32_t from,
                                      std::span<std::byte> page) const {
    if (nsid > specs_.size()) return status::kInvalidNamespace;
    std::uint16_t found = 0;
    for (unsigned i = 0; i < controllers_; ++i) {
        const bool is_its = nsid == 0 || (state().spaces[nsid - 1].attached_to >> i & 1U) != 0;
        if (!is_its || i + 1 < from) continue;
        put(page, 2 + 2UL * found++, i + 1, 2);
    }
    put(page, 0, found, 2);
    return 0;
}

}  // namespace quietus::test::nvme
