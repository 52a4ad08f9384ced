#pragma once
// What the device model speaks: command and field numbers of NVMe Base 2.0/2.1 and NVM Command Set
// 1.0, written down here a second time on purpose. Nothing of quietus' own drivers is used, so that
// a number which is wrong there is refused here. Little-endian throughout.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace quietus::test::nvme {

namespace admin_opcode {
inline constexpr std::uint8_t kGetLogPage = 0x02;
inline constexpr std::uint8_t kIdentify = 0x06;
inline constexpr std::uint8_t kAbort = 0x08;
inline constexpr std::uint8_t kSetFeatures = 0x09;
inline constexpr std::uint8_t kGetFeatures = 0x0a;
inline constexpr std::uint8_t kAsyncEvent = 0x0c;
inline constexpr std::uint8_t kNamespaceManagement = 0x0d;
inline constexpr std::uint8_t kNamespaceAttachment = 0x15;
inline constexpr std::uint8_t kKeepAlive = 0x18;
inline constexpr std::uint8_t kFormat = 0x80;
inline constexpr std::uint8_t kSecuritySend = 0x81;
inline constexpr std::uint8_t kSecurityReceive = 0x82;
inline constexpr std::uint8_t kSanitize = 0x84;
}  // namespace admin_opcode

namespace io_opcode {
inline constexpr std::uint8_t kFlush = 0x00;
inline constexpr std::uint8_t kWrite = 0x01;
inline constexpr std::uint8_t kRead = 0x02;
inline constexpr std::uint8_t kWriteZeroes = 0x08;
inline constexpr std::uint8_t kDatasetManagement = 0x09;
}  // namespace io_opcode

/// Status code type << 8 | status code, as an ioctl returns it.
namespace status {
inline constexpr std::uint16_t kSuccess = 0x000;
inline constexpr std::uint16_t kInvalidOpcode = 0x001;
inline constexpr std::uint16_t kInvalidField = 0x002;
inline constexpr std::uint16_t kInternal = 0x006;
inline constexpr std::uint16_t kInvalidNamespace = 0x00b;
inline constexpr std::uint16_t kSequenceError = 0x00c;
inline constexpr std::uint16_t kSanitizeFailed = 0x01c;
inline constexpr std::uint16_t kSanitizeInProgress = 0x01d;
inline constexpr std::uint16_t kWriteProtected = 0x020;
inline constexpr std::uint16_t kLockdown = 0x028;
inline constexpr std::uint16_t kLbaOutOfRange = 0x080;
inline constexpr std::uint16_t kNamespaceNotReady = 0x082;
inline constexpr std::uint16_t kFormatInProgress = 0x084;
inline constexpr std::uint16_t kTooManyEvents = 0x105;
inline constexpr std::uint16_t kInvalidLogPage = 0x109;
inline constexpr std::uint16_t kInvalidFormat = 0x10a;
inline constexpr std::uint16_t kFirmwareNeedsReset = 0x10b;
inline constexpr std::uint16_t kNotChangeable = 0x10e;
inline constexpr std::uint16_t kInsufficientCapacity = 0x115;
inline constexpr std::uint16_t kNoNamespaceId = 0x116;
inline constexpr std::uint16_t kAlreadyAttached = 0x118;
inline constexpr std::uint16_t kPrivate = 0x119;
inline constexpr std::uint16_t kNotAttached = 0x11a;
inline constexpr std::uint16_t kControllerListInvalid = 0x11c;
inline constexpr std::uint16_t kPmrEnabled = 0x123;
inline constexpr std::uint16_t kUnrecoveredRead = 0x281;
inline constexpr std::uint16_t kDoNotRetry = 0x4000;
}  // namespace status

inline constexpr std::uint32_t kEveryNamespace = 0xffffffff;

inline std::uint64_t get(std::span<const std::byte> from, std::size_t offset, std::size_t bytes) {
    std::uint64_t value = 0;
    for (std::size_t i = bytes; i-- > 0;) {
        value = value << 8U | std::to_integer<std::uint64_t>(from[offset + i]);
    }
    return value;
}
inline std::uint32_t get32(std::span<const std::byte> from, std::size_t offset) {
    return static_cast<std::uint32_t>(get(from, offset, 4));
}
inline std::uint16_t get16(std::span<const std::byte> from, std::size_t offset) {
    return static_cast<std::uint16_t>(get(from, offset, 2));
}
inline std::uint8_t get8(std::span<const std::byte> from, std::size_t offset) {
    return std::to_integer<std::uint8_t>(from[offset]);
}

inline void put(std::span<std::byte> into, std::size_t offset, std::uint64_t value,
                std::size_t bytes) {
    for (std::size_t i = 0; i < bytes; ++i, value >>= 8U) {
        into[offset + i] = static_cast<std::byte>(value & 0xffU);
    }
}
/// Identify's strings are filled up with blanks; one that is too long is cut.
inline void put_text(std::span<std::byte> into, std::size_t offset, std::string_view text,
                     std::size_t bytes, char filler = ' ') {
    for (std::size_t i = 0; i < bytes; ++i) {
        into[offset + i] = static_cast<std::byte>(i < text.size() ? text[i] : filler);
    }
}

/// Bits `low` to `high` of a command dword.
inline std::uint32_t field(std::uint32_t dword, unsigned high, unsigned low) {
    return dword >> low & ((1U << (high - low + 1)) - 1);
}

/// A submission queue entry: 64 bytes, read field by field.
struct Command {
    std::span<const std::byte, 64> bytes;

    std::uint8_t opcode() const { return get8(bytes, 0); }
    std::uint16_t id() const { return get16(bytes, 2); }
    std::uint32_t nsid() const { return get32(bytes, 4); }
    /// CDW10 to CDW15.
    std::uint32_t dword(unsigned number) const { return get32(bytes, 4UL * number); }
};

}  // namespace quietus::test::nvme
