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

// The answer to IDENTIFY DEVICE in page 89h; empty where it is not there whole.
std::string_view identify_in(std::string_view page) {
    if (vpd_body(page, 0x89).size() < kIdentifyAt - kVpdHeader + kIdentifySize) return {};
    return page.substr(kIdentifyAt, kIdentifySize);
}

// ATA words have their low byte first.
unsigned ata_word(std::string_view identify, std::size_t word) {
    return static_cast<unsigned>(byte_at(identify, word * 2) +
                                 byte_at(identify, word * 2 + 1) * 256);
}

bool says_something(std::string_view text) {
    return std::any_of(text.begin(), text.end(), [](char c) { return c != ' ' && c != '\0'; });
}

}  // namespace

std::optional<AtaIdentity> ata_identity_from_vpd(std::string_view page) {
    const std::string_view identify = identify_in(page);
    if (identify.empty()) return std::nullopt;
    AtaIdentity identity{.serial = ata_string(identify, 10, 10),
                         .firmware = ata_string(identify, 23, 4),
                         .model = ata_string(identify, 27, 20)};
    if (!says_something(identity.serial) || !says_something(identity.model)) return std::nullopt;
    return identity;
}

std::optional<BuildCodes> ata_build_from_vpd(std::string_view page) {
    const std::string_view identify = identify_in(page);
    if (identify.empty()) return std::nullopt;
    return BuildCodes{.form_factor = ata_word(identify, 168) & 0xFU,
                      .rotation = ata_word(identify, 217),
                      .security = ata_word(identify, 128)};
}

std::optional<BuildCodes> scsi_build_from_vpd(std::string_view page) {
    const std::string_view body = vpd_body(page, 0xB1);
    if (body.size() < 4) return std::nullopt;
    return BuildCodes{.form_factor = static_cast<unsigned>(byte_at(body, 3)) & 0xFU,
                      .rotation = static_cast<unsigned>(byte_at(body, 0) * 256 + byte_at(body, 1))};
}

std::optional<std::string> serial_from_vpd(std::string_view page) {
    std::string serial{vpd_body(page, 0x80)};
    // Some bridges pad with zeros instead of blanks.
    while (!serial.empty() && serial.back() == '\0') serial.pop_back();
    if (!says_something(serial)) return std::nullopt;
    return serial;
}

}  // namespace quietus::discovery
