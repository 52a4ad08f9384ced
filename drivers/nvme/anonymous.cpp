#include "drivers/nvme/anonymous.h"

#include <algorithm>

#include "base/endian.h"
#include "drivers/nvme/wire.h"

namespace quietus::drivers::nvme {

namespace {

constexpr std::byte kPlaceholder{'X'};
/// A shorter serial number would stand everywhere by chance.
constexpr std::size_t kSerialSizeMin = 4;

std::span<std::byte> part_of(Bytes& data, std::size_t at, std::size_t size) {
    const std::size_t from = std::min(at, data.size());
    return std::span{data}.subspan(from, std::min(size, data.size() - from));
}

bool is_blank(std::byte letter) {
    return letter == std::byte{0} || letter == std::byte{' '};
}

// Letters, so that padding stays what it is.
void replace_text(std::span<std::byte> text) {
    std::replace_if(
        text.begin(), text.end(), [](std::byte letter) { return !is_blank(letter); }, kPlaceholder);
}

// Numbers whole: all zeros say that there is none.
void replace_number(std::span<std::byte> number) {
    const bool told = std::any_of(number.begin(), number.end(),
                                  [](std::byte digit) { return digit != std::byte{0}; });
    if (told) std::fill(number.begin(), number.end(), kPlaceholder);
}

void replace_in_controller(Bytes& data) {
    replace_text(part_of(data, kSerialAt, kSerialSize));
    replace_number(part_of(data, kFguidAt, kGuidSize));
    replace_text(part_of(data, kSubsystemNameAt, kSubsystemNameSize));
    data.resize(std::min(data.size(), kControllerVendorAt));
}

void replace_in_namespace(Bytes& data) {
    replace_number(part_of(data, kNguidAt, kGuidSize));
    replace_number(part_of(data, kEui64At, kEui64Size));
    data.resize(std::min(data.size(), kNamespaceVendorAt));
}

void replace_everywhere(Bytes& data, const std::string& serial) {
    if (serial.size() < kSerialSizeMin) return;
    const auto text = bytes_of(serial);
    for (auto at = data.begin();; at += static_cast<std::ptrdiff_t>(text.size())) {
        at = std::search(at, data.end(), text.begin(), text.end());
        if (at == data.end()) return;
        replace_text({at, text.size()});
    }
}

std::string trimmed(const std::string& text) {
    const std::string blanks{" \0\n", 3};
    const auto first = text.find_first_not_of(blanks);
    if (first == std::string::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

bool asks(const NvmeAnswer& one, std::uint32_t structure) {
    constexpr std::byte kIdentify{0x06};
    return one.entry.size() == sizeof(NvmeEntry) && one.entry[0] == kIdentify &&
           (little32(one.entry, kDword10At) & 0xFFU) == structure;
}

}  // namespace

std::string placeholder_of(std::string text) {
    replace_text(std::as_writable_bytes(std::span{text.data(), text.size()}));
    return text;
}

void replace_serials(std::vector<NvmeAnswer>& answers, const std::string& serial) {
    for (NvmeAnswer& one : answers) {
        replace_everywhere(one.data, trimmed(serial));
        if (asks(one, kController)) replace_in_controller(one.data);
        if (asks(one, kNamespace) || asks(one, kAllocatedNamespace)) replace_in_namespace(one.data);
    }
}

}  // namespace quietus::drivers::nvme
