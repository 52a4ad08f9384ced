#include "device/device_string.h"

#include "base/bytes.h"

namespace quietus {

std::string DeviceString::printable() const {
    return printable_ascii(raw);
}

bool DeviceString::differs_from_printable() const {
    const auto first = raw.find_first_not_of(' ');
    if (first == std::string::npos) return false;
    return raw.substr(first, raw.find_last_not_of(' ') - first + 1) != printable();
}

std::string printable(const SourcedString& text) {
    return text.value ? text.value->printable() : std::string{};
}

}  // namespace quietus
