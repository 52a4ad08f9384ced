#include "host/nvme_command.h"

#include "base/endian.h"

namespace quietus {

namespace {

constexpr std::uint8_t kIdentify = 0x06, kGetLogPage = 0x02;
constexpr std::size_t kIdentifySize = 4096, kLogSize = 512;
constexpr std::uint32_t kAllNamespaces = 0xFFFFFFFF;

constexpr std::uint32_t log_dword10(std::uint32_t page) {
    constexpr std::uint32_t kRetainEvent = 1U << 15U;
    return (static_cast<std::uint32_t>(kLogSize / 4 - 1) << 16U) | kRetainEvent | page;
}

}  // namespace

NvmeQuery::NvmeQuery(std::uint8_t opcode, std::uint32_t nsid, std::uint32_t dword10,
                     std::uint32_t dword11, std::size_t answer_size)
    : answer_size_{answer_size} {
    put_little(entry_, 0, 1, opcode);
    put_little(entry_, 4, 4, nsid);
    put_little(entry_, 40, 4, dword10);
    put_little(entry_, 44, 4, dword11);
}

NvmeQuery NvmeQuery::identify_controller() {
    return {kIdentify, 0, 0x01, 0, kIdentifySize};
}
NvmeQuery NvmeQuery::identify_namespace(std::uint32_t id) {
    return {kIdentify, id, 0x00, 0, kIdentifySize};
}
NvmeQuery NvmeQuery::identify_allocated_namespace(std::uint32_t id) {
    return {kIdentify, id, 0x11, 0, kIdentifySize};
}
NvmeQuery NvmeQuery::attached_namespaces(std::uint32_t after) {
    return {kIdentify, after, 0x02, 0, kIdentifySize};
}
NvmeQuery NvmeQuery::allocated_namespaces(std::uint32_t after) {
    return {kIdentify, after, 0x10, 0, kIdentifySize};
}
NvmeQuery NvmeQuery::controllers_of_subsystem() {
    return {kIdentify, 0, 0x13, 0, kIdentifySize};
}
NvmeQuery NvmeQuery::health_log() {
    return {kGetLogPage, kAllNamespaces, log_dword10(0x02), 0, kLogSize};
}
NvmeQuery NvmeQuery::sanitize_log() {
    return {kGetLogPage, kAllNamespaces, log_dword10(0x81), 0, kLogSize};
}

}  // namespace quietus
