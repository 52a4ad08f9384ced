#include "discovery/ata_identity.h"

#include <algorithm>
#include <cstddef>

namespace quietus::discovery {

namespace {

constexpr std::size_t kVpdHeader = 4;
constexpr std::size_t kIdentifyAt = 60;
constexpr std::size_t kIdentifySize = 512;

std::size_t byte_at(std::string_view page, std::size_t at) {
    return static_cast<unsigned char>(page[at]);
}

// Bytes 2 and 3 of a VPD page count what follows the header; a page of another code is not what we
// asked for.
std::string_view vpd_body(std::string_view page, std::size_t code) {
    if (page.size() < kVpdHeader || byte_at(page, 1) != code) return {};
    return page.substr(kVpdHeader, byte_at(page, 2) * 256 + byte_at(page, 3));
}

// ATA strings have the two characters of each word swapped (ACS-4, "ATA string convention",
// clause 3.4.9).
std::string ata_string(std::string_view identify, std::size_t first_word, std::size_t words) {
    std::string text{identify.substr(first_word * 2, words * 2)};
    for (std::size_t i = 0; i + 1 < text.size(); i += 2) std::swap(text[i], text[i + 1]);
    return text;
}

bool says_something(std::string_view text) {
    return std::any_of(text.begin(), text.end(), [](char c) { return c != ' ' && c != '\0'; });
}

}  // namespace

std::optional<AtaIdentity> ata_identity_from_vpd(std::string_view page) {
    if (vpd_body(page, 0x89).size() < kIdentifyAt - kVpdHeader + kIdentifySize) return std::nullopt;
    const std::string_view identify = page.substr(kIdentifyAt, kIdentifySize);
    AtaIdentity identity{.serial = ata_string(identify, 10, 10),
                         .firmware = ata_string(identify, 23, 4),
                         .model = ata_string(identify, 27, 20)};
    if (!says_something(identity.serial) || !says_something(identity.model)) return std::nullopt;
    return identity;
}

std::optional<std::string> serial_from_vpd(std::string_view page) {
    std::string serial{vpd_body(page, 0x80)};
    // Some bridges pad with zeros instead of blanks.
    while (!serial.empty() && serial.back() == '\0') serial.pop_back();
    if (!says_something(serial)) return std::nullopt;
    return serial;
}

}  // namespace quietus::discovery
