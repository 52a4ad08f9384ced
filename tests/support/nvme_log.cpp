// The device model: Get Log Page.

#include <algorithm>
#include <array>

#include "support/nvme_model.h"

namespace quietus::test::nvme {
namespace {

constexpr std::uint32_t kErrors = 0x01;
constexpr std::uint32_t kSmart = 0x02;
constexpr std::uint32_t kFirmware = 0x03;
constexpr std::uint32_t kChangedSpaces = 0x04;
constexpr std::uint32_t kEffects = 0x05;
constexpr std::uint32_t kSanitize = 0x81;

std::size_t length_of(std::uint32_t log) {
    switch (log) {
        case kErrors:
            return 64;
        case kSmart:
        case kFirmware:
        case kSanitize:
            return 512;
        case kChangedSpaces:
        case kEffects:
            return 4096;
        default:
            return 0;
    }
}

}  // namespace

// CDW10: 7:0 log, 15 RAE, 31:16 and CDW11 15:0 dwords less one; CDW12 and 13: where to begin.
std::uint16_t Model::get_log_page(unsigned controller, const Command& command,
                                  std::span<std::byte> data) {
    const std::uint32_t log = field(command.dword(10), 7, 0);
    const bool retains_event = field(command.dword(10), 15, 15) != 0;
    const std::uint64_t dwords =
        (field(command.dword(10), 31, 16) | field(command.dword(11), 15, 0) << 16U) + 1ULL;
    const std::uint64_t begin = get(command.bytes, 48, 8);
    const std::size_t length = length_of(log);
    if (length == 0) return status::kInvalidLogPage;
    if (begin % 4 != 0 || begin > length) return status::kInvalidField;
    const bool is_of_one_space = command.nsid() != 0 && command.nsid() != kEveryNamespace;
    if (is_of_one_space && log != kErrors) return status::kInvalidField;

    std::array<std::byte, 4096> bytes{};
    const std::span<std::byte> page{bytes};
    ControllerState& of = state().controllers.at(controller);
    if (log == kSmart) smart_log(page);
    if (log == kEffects) effects_log(page);
    if (log == kSanitize) sanitize_log(page);
    if (log == kFirmware) {
        put(page, 0, 1, 1);
        put_text(page, 8, personality.firmware, 8);
    }
    // More than can be listed: the host looks at all of them.
    if (log == kChangedSpaces && of.space_event != 0) put(page, 0, kEveryNamespace, 4);
    if (log == kChangedSpaces && !retains_event) of.space_event = 0;
    if (log == kSanitize && !retains_event && of.sanitize_event == 2) of.sanitize_event = 0;

    // Beyond its end a log reads as zeros.
    for (std::size_t i = 0; i < std::min<std::uint64_t>(data.size(), dwords * 4); ++i) {
        data[i] = begin + i < length ? page[begin + i] : std::byte{0};
    }
    return 0;
}

void Model::sanitize_log(std::span<std::byte> page) const {
    const SanitizeState& run = state().sanitize;
    const auto whole =
        static_cast<std::uint64_t>(std::max<std::int64_t>(1, personality.sanitize_takes.count()));
    const bool is_processing = run.step == SanitizeStep::restricted_processing ||
                               run.step == SanitizeStep::unrestricted_processing;
    put(page, 0, is_processing ? run.elapsed_ms * 65536 / whole : 0xffff, 2);
    const unsigned sstat = run.now.status | unsigned{run.now.passes} << 3U |
                           unsigned{run.data_erased} << 8U |
                           unsigned{run.now.verification_cancelled} << 9U;
    put(page, 2, sstat, 2);
    put(page, 4, run.now.cdw10, 4);
    const std::uint64_t seconds =
        (static_cast<std::uint64_t>(personality.sanitize_takes.count()) + 999) / 1000;
    for (std::size_t at = 8; at < 20; at += 4) put(page, at, seconds, 4);  // ETO, ETBE, ETCE
    for (std::size_t at = 20; at < 36; at += 4) put(page, at, 0xffffffff, 4);
    put(page, 36, static_cast<unsigned>(run.step) | static_cast<unsigned>(run.failed_from) << 4U,
        1);
}

void Model::smart_log(std::span<std::byte> page) const {
    put(page, 0, personality.critical_warning, 1);
    put(page, 1, personality.kelvin, 2);
    put(page, 3, personality.spare, 1);
    put(page, 4, 10, 1);  // Threshold of the spare.
    put(page, 5, personality.used, 1);
    put(page, 128, personality.power_on_hours, 8);
    put(page, 144, personality.unsafe_shutdowns, 8);
    put(page, 160, personality.media_errors, 8);
}

// A dword a command: bit 0 supported, 1 changes logical blocks, 2 namespaces' capacities, 3 their
// list; 18:16 001b: nothing else to that namespace meanwhile, 010b: to any.
void Model::effects_log(std::span<std::byte> page) const {
    constexpr std::uint32_t kSupported = 1;
    for (const std::uint8_t opcode :
         {admin_opcode::kGetLogPage, admin_opcode::kIdentify, admin_opcode::kAbort,
          admin_opcode::kSetFeatures, admin_opcode::kGetFeatures, admin_opcode::kAsyncEvent,
          admin_opcode::kKeepAlive}) {
        put(page, 4UL * opcode, kSupported, 4);
    }
    if ((personality.oacs & 2U) != 0) put(page, 4UL * admin_opcode::kFormat, 0x20007, 4);
    if ((personality.oacs & 8U) != 0) {
        put(page, 4UL * admin_opcode::kNamespaceManagement, 0x2000d, 4);
        put(page, 4UL * admin_opcode::kNamespaceAttachment, 0x2000d, 4);
    }
    if ((personality.sanicap & 7U) != 0) put(page, 4UL * admin_opcode::kSanitize, 0x20003, 4);
    const std::size_t io = 1024;
    for (const std::uint8_t opcode : {io_opcode::kFlush, io_opcode::kRead}) {
        put(page, io + 4UL * opcode, kSupported, 4);
    }
    for (const std::uint8_t opcode :
         {io_opcode::kWrite, io_opcode::kWriteZeroes, io_opcode::kDatasetManagement}) {
        put(page, io + 4UL * opcode, kSupported | 2, 4);
    }
}

}  // namespace quietus::test::nvme
