#pragma once
// The one form a signed PDF of ours has; writer and checker share it.

#include <cstddef>
#include <string_view>

namespace quietus::certs {

/// Room for the signature in bytes: a P-384 or RSA-4096 chain of three (5 KB), and later a time
/// stamp with its own chain (8 KB).
inline constexpr std::size_t kContentsReserve = 20 * std::size_t{1024};
inline constexpr std::string_view kByteRangeKey = "/ByteRange";
inline constexpr std::string_view kByteRangeBlank =
    "/ByteRange [ 0 9999999999 9999999999 9999999999 ]";
inline constexpr std::string_view kContentsKey = "/Contents <";
inline constexpr std::string_view kEndOfFile = "%%EOF";
inline constexpr std::string_view kChainAttachment = "chain.pem";

}  // namespace quietus::certs
