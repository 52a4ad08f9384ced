#pragma once
// A reader of DER that takes only the one spelling DER has: definite, shortest lengths, nothing
// left over.

#include <cstdint>
#include <optional>
#include <string_view>

namespace quietus::certs {

/// One element: its tag byte, its contents, and all of it with its header.
struct DerElement {
    std::uint8_t tag{0};
    std::string_view contents;
    std::string_view whole;
};

class DerReader {
  public:
    explicit DerReader(std::string_view bytes) : rest_{bytes} {}

    bool at_end() const { return rest_.empty(); }
    /// The next element, if it has this tag and a well-formed length; else nothing, and the reader
    /// stays.
    std::optional<DerElement> next(std::uint8_t tag);

  private:
    std::string_view rest_;
};

inline constexpr std::uint8_t kDerInteger = 0x02;
inline constexpr std::uint8_t kDerOctets = 0x04;
inline constexpr std::uint8_t kDerOid = 0x06;
inline constexpr std::uint8_t kDerSequence = 0x30;
inline constexpr std::uint8_t kDerSet = 0x31;
inline constexpr std::uint8_t kDerContext0 = 0xA0;

}  // namespace quietus::certs
