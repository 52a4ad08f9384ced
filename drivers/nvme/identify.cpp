#include "drivers/nvme/identify.h"

#include <algorithm>

#include "base/endian.h"
#include "drivers/nvme/wire.h"

namespace quietus::drivers::nvme {

namespace {

constexpr std::size_t kIdentifySize = 4096;
/// More namespaces than this are not asked for one by one.
constexpr std::size_t kNamespacesMax = 1024;

DeviceString text_at(std::span<const std::byte> data, std::size_t at, std::size_t size) {
    return {text_of(data.subspan(at, size))};
}

std::uint8_t byte_at(std::span<const std::byte> data, std::size_t at) {
    return std::to_integer<std::uint8_t>(data[at]);
}

// The answer, or nothing where the drive refused the question or did not answer it.
std::optional<Bytes> asked(ReadHandle& handle, const NvmeQuery& query) {
    Bytes answer(query.answer_size());
    const auto completion = handle.nvme_query(query, answer);
    if (!completion || completion->status != 0) return std::nullopt;
    return answer;
}

void add_namespaces(ReadHandle& handle, NvmeFacts& facts) {
    const auto attached = asked(handle, NvmeQuery::attached_namespaces(0));
    const auto allocated = asked(handle, NvmeQuery::allocated_namespaces(0));
    const auto ids = attached ? decode_namespace_list(*attached) : std::vector<std::uint32_t>{};
    for (const std::uint32_t id : ids) {
        const auto data = asked(handle, NvmeQuery::identify_namespace(id));
        facts.namespaces.push_back(data ? decode_namespace(*data, id, true)
                                        : NvmeNamespace{.id = id, .attached = true});
    }
    facts.allocated_told = allocated.has_value();
    if (!allocated) return;
    for (const std::uint32_t id : decode_namespace_list(*allocated)) {
        if (std::find(ids.begin(), ids.end(), id) != ids.end()) continue;
        const auto data = asked(handle, NvmeQuery::identify_allocated_namespace(id));
        facts.namespaces.push_back(data ? decode_namespace(*data, id, false)
                                        : NvmeNamespace{.id = id});
    }
}

void add_controllers(ReadHandle& handle, NvmeFacts& facts) {
    const auto list = asked(handle, NvmeQuery::controllers_of_subsystem());
    if (!list) return;
    constexpr std::size_t kControllersMax = 2047;
    const std::size_t count = std::min<std::size_t>(little16(*list, 0), kControllersMax);
    for (std::size_t i = 1; i <= count; ++i) facts.controllers.push_back(little16(*list, i * 2));
}

}  // namespace

bool decode_controller(std::span<const std::byte> data, NvmeFacts& facts) {
    if (data.size() < kIdentifySize) return false;
    facts.serial = text_at(data, kSerialAt, kSerialSize);
    facts.model = text_at(data, kModelAt, kModelSize);
    facts.firmware = text_at(data, kFirmwareAt, kFirmwareSize);
    facts.several_controllers = (byte_at(data, kCmicAt) & kCmicControllers) != 0;
    facts.controller = little16(data, kControllerIdAt);
    facts.version = little32(data, kVersionAt);
    facts.boot_partitions = byte_at(data, kBootPartitionsAt) != 0;
    const std::uint16_t commands = little16(data, kOacsAt);
    facts.format = (commands & kOacsFormat) != 0;
    facts.manages_namespaces = (commands & kOacsNamespaces) != 0;
    facts.unallocated = little128_capped(data, kUnallocatedAt);
    facts.replay_protected = little32(data, kRpmbsAt) & kRpmbsUnits;
    const std::uint32_t sanitize = little32(data, kSanicapAt);
    facts.sanitize = {.crypto = (sanitize & kSanicapCrypto) != 0,
                      .block = (sanitize & kSanicapBlock) != 0,
                      .overwrite = (sanitize & kSanicapOverwrite) != 0,
                      .verification = (sanitize & kSanicapVerification) != 0,
                      .no_deallocate_inhibited = (sanitize & kSanicapNdi) != 0};
    facts.format_attributes = byte_at(data, kFnaAt);
    facts.write_cache = (byte_at(data, kVwcAt) & 1U) != 0;
    return true;
}

NvmeNamespace decode_namespace(std::span<const std::byte> data, std::uint32_t id, bool attached) {
    NvmeNamespace one{.id = id, .attached = attached};
    if (data.size() < kIdentifySize) return one;
    one.blocks = little_endian(data, kNszeAt, 8);
    one.capacity = little_endian(data, kNcapAt, 8);
    one.used = little_endian(data, kNuseAt, 8);
    const unsigned flbas = byte_at(data, kFlbasAt);
    const std::size_t format = (flbas & 0xFU) | (flbas >> 5U & 0x3U) << 4U;
    const std::size_t at = kFormatsAt + format * 4;
    one.metadata_size = little16(data, at);
    constexpr unsigned kShiftMin = 9, kShiftMax = 31;
    const unsigned shift = byte_at(data, at + 2);
    if (shift >= kShiftMin && shift <= kShiftMax) one.block_size = 1U << shift;
    one.shared = (byte_at(data, kNmicAt) & 1U) != 0;
    one.write_protected = (byte_at(data, kNsattrAt) & 1U) != 0;
    return one;
}

std::vector<std::uint32_t> decode_namespace_list(std::span<const std::byte> data) {
    std::vector<std::uint32_t> ids;
    for (std::size_t at = 0; at + 4 <= data.size() && ids.size() < kNamespacesMax; at += 4) {
        const std::uint32_t id = little32(data, at);
        if (id == 0) break;
        ids.push_back(id);
    }
    return ids;
}

Result<NvmeFacts> read_facts(ReadHandle& handle, std::uint32_t own_namespace) {
    const NvmeQuery query = NvmeQuery::identify_controller();
    Bytes controller(query.answer_size());
    const auto completion = handle.nvme_query(query, controller);
    if (!completion) return tl::unexpected{completion.error()};
    NvmeFacts facts;
    facts.own_namespace = own_namespace;
    if (completion->status != 0 || !decode_controller(controller, facts))
        return failure(ErrorCode::unsupported, "the drive refused Identify Controller");
    add_namespaces(handle, facts);
    add_controllers(handle, facts);
    // A drive that cannot sanitize need not have the log.
    if (const auto log = asked(handle, NvmeQuery::sanitize_log()))
        facts.sanitize_log = decode_sanitize_log(*log);
    if (const auto log = asked(handle, NvmeQuery::health_log()))
        facts.health = decode_health_log(*log);
    return facts;
}

Result<void> confirm_controller(ReadHandle& handle, const NvmeFacts& facts) {
    const auto data = asked(handle, NvmeQuery::identify_controller());
    NvmeFacts now;
    if (!data || !decode_controller(*data, now))
        return failure(ErrorCode::bad_evidence, "the drive no longer answers Identify Controller");
    if (now.serial != facts.serial || now.model != facts.model)
        return failure(ErrorCode::bad_evidence,
                       "behind the descriptor is now " + now.model.printable() + " " +
                           now.serial.printable() + ", not " + facts.model.printable() + " " +
                           facts.serial.printable());
    return {};
}

Result<void> confirm_reach(ReadHandle& handle, const NvmeFacts& facts) {
    const auto now = QUIETUS_TRY(read_facts(handle, facts.own_namespace));
    const auto same = [](const NvmeNamespace& a, const NvmeNamespace& b) {
        return a.id == b.id && a.attached == b.attached && a.shared == b.shared;
    };
    const bool namespaces_are_the_same =
        std::equal(now.namespaces.begin(), now.namespaces.end(), facts.namespaces.begin(),
                   facts.namespaces.end(), same);
    if (namespaces_are_the_same && now.controllers == facts.controllers) return {};
    return failure(ErrorCode::refused,
                   "namespaces or controllers of the drive changed since they were approved");
}

}  // namespace quietus::drivers::nvme
