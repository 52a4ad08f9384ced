#include "certs/der.h"

#include <cstddef>

namespace quietus::certs {

namespace {

struct Length {
    std::size_t header;  // tag and length bytes
    std::size_t contents;
};

// X.690 §8.1.3 and §10.1: below 128 one byte, else the fewest bytes that hold it.
std::optional<Length> read_length(std::string_view bytes) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
    if (bytes.size() < 2) return std::nullopt;
    if (byte(1) < 0x80) return Length{2, byte(1)};
    const std::size_t count = byte(1) & 0x7FU;
    if (count == 0 || count > 4 || bytes.size() < 2 + count || byte(2) == 0) return std::nullopt;
    std::size_t length = 0;
    for (std::size_t i = 0; i < count; ++i) length = length << 8U | byte(2 + i);
    if (length < 0x80) return std::nullopt;
    return Length{2 + count, length};
}

}  // namespace

std::optional<DerElement> DerReader::next(std::uint8_t tag) {
    if (rest_.empty() || static_cast<std::uint8_t>(rest_.front()) != tag) return std::nullopt;
    const auto length = read_length(rest_);
    if (!length || length->contents > rest_.size() - length->header) return std::nullopt;
    const DerElement element{tag, rest_.substr(length->header, length->contents),
                             rest_.substr(0, length->header + length->contents)};
    rest_.remove_prefix(element.whole.size());
    return element;
}

}  // namespace quietus::certs
