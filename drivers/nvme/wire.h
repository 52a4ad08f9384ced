#pragma once
// Layouts and numbers of NVMe that only this driver needs. NVM Express Base Specification 2.0; a
// section number stands where public sources cite it.

#include <cstddef>
#include <cstdint>

namespace quietus::drivers::nvme {

// -- Identify Controller (CNS 01h)
inline constexpr std::size_t kSerialAt = 4, kSerialSize = 20;
inline constexpr std::size_t kModelAt = 24, kModelSize = 40;
inline constexpr std::size_t kFirmwareAt = 64, kFirmwareSize = 8;
inline constexpr std::size_t kCmicAt = 76;
inline constexpr std::size_t kControllerIdAt = 78;
inline constexpr std::size_t kVersionAt = 80;
inline constexpr std::size_t kFguidAt = 112, kGuidSize = 16;
inline constexpr std::size_t kBootPartitionsAt = 102;  // BPCAP
inline constexpr std::size_t kOacsAt = 256;
inline constexpr std::size_t kUnallocatedAt = 296;  // UNVMCAP, 128 bits
inline constexpr std::size_t kRpmbsAt = 312;
inline constexpr std::size_t kSanicapAt = 328;
inline constexpr std::size_t kFnaAt = 524;
inline constexpr std::size_t kVwcAt = 525;

inline constexpr std::size_t kSubsystemNameAt = 768, kSubsystemNameSize = 256;  // SUBNQN
inline constexpr std::size_t kControllerVendorAt = 3072;                        // To the end.

inline constexpr std::uint8_t kCmicControllers = 1U << 1U;
inline constexpr std::uint16_t kOacsFormat = 1U << 1U, kOacsNamespaces = 1U << 3U;
inline constexpr std::uint32_t kRpmbsUnits = 0x7;
inline constexpr std::uint32_t kSanicapCrypto = 1U << 0U, kSanicapBlock = 1U << 1U,
                               kSanicapOverwrite = 1U << 2U, kSanicapVerification = 1U << 3U,
                               kSanicapNdi = 1U << 29U;

// -- Identify Namespace (CNS 00h, 11h)
inline constexpr std::size_t kNszeAt = 0, kNcapAt = 8, kNuseAt = 16;
inline constexpr std::size_t kFlbasAt = 26, kNmicAt = 30, kNsattrAt = 99, kFormatsAt = 128;
inline constexpr std::size_t kNguidAt = 104, kEui64At = 120, kEui64Size = 8;
inline constexpr std::size_t kNamespaceVendorAt = 384;  // To the end.

// -- Identify: what is asked for (CNS)
inline constexpr std::size_t kDword10At = 40;
inline constexpr std::uint32_t kNamespace = 0x00, kController = 0x01, kAllocatedNamespace = 0x11;

// -- Sanitize (section 5.24)
inline constexpr std::uint8_t kSanitize = 0x84;
inline constexpr std::uint32_t kOnePass = 1U << 4U;       // OWPASS
inline constexpr std::uint32_t kNoDeallocate = 1U << 9U;  // NDAS
/// OVRPAT: neither zeros nor ones, so that what was overwritten is told from what was deallocated.
inline constexpr std::uint32_t kOverwritePattern = 0x51554945;

// -- Status codes, SCT<<8|SC
inline constexpr std::uint32_t kStatusMask = 0x7FF;
inline constexpr std::uint32_t kInvalidOpcode = 0x001, kInvalidField = 0x002,
                               kSanitizeFailed = 0x01C, kSanitizeInProgress = 0x01D,
                               kWriteProtected = 0x020, kLockdown = 0x028,
                               kFirmwareNeedsReset = 0x10B, kPmrEnabled = 0x123,
                               kAccessDenied = 0x286;

}  // namespace quietus::drivers::nvme
