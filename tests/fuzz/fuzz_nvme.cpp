// What an NVMe drive answers is decoded without trusting any of it. The first byte chooses the
// decoder; with its highest bit the rest is filled up to a whole page, else it is all there is.

#include <bit>
#include <cstdint>

#include "base/bytes.h"
#include "drivers/nvme/identify.h"

namespace {

using namespace quietus;

constexpr std::size_t kIdentifySize = 4096;

void check_survives_text(const NvmeFacts& facts) {
    const auto json = parse_json(canonical_json(to_json(facts)));
    QUIETUS_CHECK(json.has_value());
    const auto again = nvme_facts_from_json(*json);
    QUIETUS_CHECK(again.has_value() && *again == facts);
}

void check_controller(std::span<const std::byte> page) {
    NvmeFacts facts;
    const bool decoded = drivers::nvme::decode_controller(page, facts);
    QUIETUS_CHECK(decoded == (page.size() >= kIdentifySize));
    QUIETUS_CHECK(decoded || facts == NvmeFacts{});
    QUIETUS_CHECK(facts.replay_protected <= 7);
    check_survives_text(facts);
}

void check_namespace(std::span<const std::byte> page) {
    const NvmeNamespace one = drivers::nvme::decode_namespace(page, 5, true);
    QUIETUS_CHECK(one.id == 5 && one.attached);
    QUIETUS_CHECK(one.block_size == 0 ||
                  (one.block_size >= 512 && std::has_single_bit(one.block_size)));
    NvmeFacts facts;
    facts.namespaces = {one};
    check_survives_text(facts);
}

void check_namespace_list(std::span<const std::byte> page) {
    const auto ids = drivers::nvme::decode_namespace_list(page);
    QUIETUS_CHECK(ids.size() <= 1024 && ids.size() * 4 <= page.size());
    for (const std::uint32_t id : ids) QUIETUS_CHECK(id != 0);
}

void check_sanitize_log(std::span<const std::byte> page) {
    NvmeFacts facts;
    facts.sanitize_log = decode_sanitize_log(page);
    QUIETUS_CHECK(facts.sanitize_log.has_value() == (page.size() >= kSanitizeLogKept));
    if (!facts.sanitize_log) return;
    // What is kept says as much as the whole.
    QUIETUS_CHECK(decode_sanitize_log(page.first(kSanitizeLogKept)) == facts.sanitize_log);
    check_survives_text(facts);
}

void check_health_log(std::span<const std::byte> page) {
    NvmeFacts facts;
    facts.health = decode_health_log(page);
    check_survives_text(facts);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const auto rest = std::as_bytes(std::span{data, size}).subspan(1);
    Bytes page{rest.begin(), rest.end()};
    constexpr unsigned kWholePage = 0x80, kDecoders = 5;
    if ((data[0] & kWholePage) != 0) page.resize(kIdentifySize);
    switch ((data[0] & ~kWholePage) % kDecoders) {
        case 0:
            check_controller(page);
            break;
        case 1:
            check_namespace(page);
            break;
        case 2:
            check_namespace_list(page);
            break;
        case 3:
            check_sanitize_log(page);
            break;
        default:
            check_health_log(page);
            break;
    }
    return 0;
}
