#include "device/identity.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace quietus {

namespace {

// Serials seen on bridges, virtual disks and cheap controllers that do not tell two drives apart.
constexpr std::array<std::string_view, 8> kPlaceholders{
    "0123456789ABCDEF", "123456789ABCDEF", "123456789012", "0123456789",
    "000000000000",     "FFFFFFFFFFFF",    "NONE",         "UNKNOWN"};

bool same_value(const SourcedString& a, const SourcedString& b) {
    return printable(a) == printable(b) && a.has_value() == b.has_value();
}

// A value that one side could not read (less privilege, a busy drive) does not make another drive.
bool agree(const SourcedString& a, const SourcedString& b) {
    return !a.has_value() || !b.has_value() || same_value(a, b);
}

std::string bare_wwn(std::string_view text) {
    std::string bare{text};
    std::transform(bare.begin(), bare.end(), bare.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    for (const std::string_view prefix : {"naa.", "eui.", "0x"}) {
        if (bare.starts_with(prefix)) return bare.substr(prefix.size());
    }
    return bare;
}

}  // namespace

std::string to_string(DeviceNumber number) {
    return std::to_string(number.major) + ":" + std::to_string(number.minor);
}

bool same_drive(const DeviceIdentity& a, const DeviceIdentity& b) {
    if (a.size != b.size || !agree(a.model, b.model) || !agree(a.serial, b.serial) ||
        !agree(a.wwn, b.wwn))
        return false;
    if (a.backing != b.backing ||
        (a.disk_sequence && b.disk_sequence && a.disk_sequence != b.disk_sequence))
        return false;
    const bool by_serial = a.serial.has_value() && b.serial.has_value();
    const bool by_wwn = a.wwn.has_value() && b.wwn.has_value();
    const bool by_sequence = a.disk_sequence.has_value() && b.disk_sequence.has_value();
    return by_serial || by_wwn || by_sequence || a.backing.has_value();
}

bool is_returned_drive(const DeviceIdentity& before, const DeviceIdentity& now) {
    DeviceIdentity then = before;
    DeviceIdentity today = now;
    then.disk_sequence.reset();
    today.disk_sequence.reset();
    return same_drive(then, today);
}

bool same_unique_name(const DeviceIdentity& before, const DeviceIdentity& now) {
    if (!is_returned_drive(before, now)) return false;
    const bool by_serial = has_unique_serial(before) && has_unique_serial(now);
    const bool by_wwn = before.wwn.has_value() && now.wwn.has_value();
    return by_serial || (by_wwn && !before.serial_shared && !now.serial_shared);
}

bool has_unique_serial(const DeviceIdentity& identity) {
    if (identity.serial_shared || !identity.serial.has_value() ||
        identity.serial.value->differs_from_printable())
        return false;
    std::string serial = identity.serial.value->printable();
    std::transform(serial.begin(), serial.end(), serial.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    if (serial.size() < 4 ||
        std::find(kPlaceholders.begin(), kPlaceholders.end(), serial) != kPlaceholders.end())
        return false;
    return std::any_of(serial.begin(), serial.end(), [&](char c) { return c != serial.front(); });
}

bool is_wwn_of(const DeviceIdentity& identity, std::string_view said) {
    const std::string own = bare_wwn(printable(identity.wwn));
    return !own.empty() && own == bare_wwn(said);
}

bool is_serial_of(const DeviceIdentity& identity, std::string_view said) {
    const std::string own = printable(identity.serial);
    return !own.empty() && own == said;
}

std::string to_string(const DeviceIdentity& identity) {
    const std::string model = printable(identity.model);
    const std::string serial = printable(identity.serial);
    if (model.empty() && serial.empty()) return "unnamed drive";
    return model + (model.empty() || serial.empty() ? "" : " ") + serial;
}

}  // namespace quietus
