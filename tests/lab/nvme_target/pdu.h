#pragma once
// The protocol data units of NVMe/TCP (TCP Transport 1.0), as far as a target needs them. Each
// begins with eight bytes: type, flags, length of the header, where data begin, length of it all.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "support/nvme_wire.h"

namespace quietus::nvme_target {

using test::nvme::get;
using test::nvme::get16;
using test::nvme::get32;
using test::nvme::get8;
using test::nvme::put;

inline constexpr std::uint8_t kInitRequest = 0x00;
inline constexpr std::uint8_t kInitResponse = 0x01;
inline constexpr std::uint8_t kHostTerminates = 0x02;
inline constexpr std::uint8_t kCommandCapsule = 0x04;
inline constexpr std::uint8_t kResponseCapsule = 0x05;
inline constexpr std::uint8_t kDataFromHost = 0x06;
inline constexpr std::uint8_t kDataToHost = 0x07;
inline constexpr std::uint8_t kReadyToTransfer = 0x09;

inline constexpr std::uint8_t kLastFlag = 1U << 2U;

inline constexpr std::size_t kCommonBytes = 8;
inline constexpr std::size_t kInitBytes = 128;
inline constexpr std::size_t kCommandHeader = 72;
inline constexpr std::size_t kResponseBytes = 24;
inline constexpr std::size_t kDataHeader = 24;
/// Of one PDU, either way; MDTS of the model is as large.
inline constexpr std::size_t kDataBytesMax = 128UL * 1024;
/// A command may carry data this large, Linux never does.
inline constexpr std::size_t kTransferMax = 4UL * 1024 * 1024;

using Bytes = std::vector<std::byte>;

inline Bytes make_pdu(std::uint8_t type, std::uint8_t flags, std::size_t header,
                      std::span<const std::byte> data = {}) {
    Bytes out(header + data.size());
    put(out, 0, type, 1);
    put(out, 1, flags, 1);
    put(out, 2, header, 1);
    put(out, 3, data.empty() ? 0 : header, 1);
    put(out, 4, out.size(), 4);
    std::copy(data.begin(), data.end(), out.begin() + static_cast<std::ptrdiff_t>(header));
    return out;
}

/// No digests, no padding, data of so many bytes at once.
inline Bytes init_response() {
    Bytes out = make_pdu(kInitResponse, 0, kInitBytes);
    put(out, 12, kDataBytesMax, 4);
    return out;
}

/// `dw` is both result dwords; the status comes without its phase bit.
inline Bytes response(std::uint16_t command, std::uint16_t status, std::uint64_t dw,
                      std::uint16_t queue_head) {
    Bytes out = make_pdu(kResponseCapsule, 0, kResponseBytes);
    put(out, 8, dw, 8);
    put(out, 16, queue_head, 2);
    put(out, 20, command, 2);
    put(out, 22, static_cast<std::uint32_t>(status) << 1U, 2);
    return out;
}

inline Bytes data_to_host(std::uint16_t command, std::size_t offset, bool is_last,
                          std::span<const std::byte> data) {
    Bytes out = make_pdu(kDataToHost, is_last ? kLastFlag : 0, kDataHeader, data);
    put(out, 8, command, 2);
    put(out, 12, offset, 4);
    put(out, 16, data.size(), 4);
    return out;
}

/// The command's own number is the tag of its transfer: one request is all it gets.
inline Bytes ready_to_transfer(std::uint16_t command, std::size_t bytes) {
    Bytes out = make_pdu(kReadyToTransfer, 0, kDataHeader);
    put(out, 8, command, 2);
    put(out, 10, command, 2);
    put(out, 16, bytes, 4);
    return out;
}

}  // namespace quietus::nvme_target
