#pragma once
// Bytes and their spellings: hex, base64, SHA-256, printable text.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace quietus {

using Bytes = std::vector<std::byte>;

inline std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span{text.data(), text.size()});
}
std::string text_of(std::span<const std::byte> bytes);

/// Lower-case hex, two digits a byte.
std::string to_hex(std::span<const std::byte> bytes);
/// Takes either case and an even number of digits; anything else is `usage`.
Result<Bytes> from_hex(std::string_view text);

/// RFC 4648 §4 with padding, no line breaks.
std::string to_base64(std::span<const std::byte> bytes);
/// Strict: only what to_base64 would have written; anything else is bad_evidence.
Result<Bytes> from_base64(std::string_view text);

using Digest = std::array<std::byte, 32>;

Digest sha256(std::span<const std::byte> bytes);
inline Digest sha256(std::string_view text) {
    return sha256(bytes_of(text));
}
std::string sha256_hex(std::string_view text);

/// SHA-256 of what arrives in pieces. One thread at a time.
class Sha256 {
  public:
    Sha256();
    Sha256(const Sha256&) = delete;
    Sha256& operator=(const Sha256&) = delete;
    Sha256(Sha256&&) noexcept;
    Sha256& operator=(Sha256&&) noexcept;
    ~Sha256();
    void update(std::span<const std::byte> bytes);
    Digest finish();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

/// What a person may be shown of hostile bytes: printable ASCII as it is, anything else as '?',
/// without leading and trailing blanks.
std::string printable_ascii(std::string_view raw);

/// Printable UTF-8 for paths and messages: control characters, escapes and malformed sequences
/// become "\xNN"; well-formed letters stay.
std::string printable_text(std::string_view raw);

}  // namespace quietus
