#pragma once
// What devices say of themselves: hostile until shown otherwise, and never without its source.

#include <optional>
#include <string>
#include <utility>

namespace quietus {

/// Bytes that came from a device or its firmware. May hold anything: control characters, escapes,
/// markup, malformed UTF-8. People see printable(); evidence keeps raw as hex where the two differ.
struct DeviceString {
    std::string raw;

    std::string printable() const;
    /// True where printable() lost something (beyond surrounding blanks).
    bool differs_from_printable() const;
    friend bool operator==(const DeviceString&, const DeviceString&) = default;
};

/// A value and where it was read ("sysfs:device/model", "ioctl:BLKGETSIZE64"), or why there is
/// none.
template <class T>
struct Sourced {
    std::optional<T> value;
    std::string source;       ///< Set with a value.
    std::string unavailable;  ///< Set without one: "the kernel shows no serial for loop devices".

    static Sourced of(T v, std::string from) { return {std::move(v), std::move(from), {}}; }
    static Sourced none(std::string why) { return {std::nullopt, {}, std::move(why)}; }
    bool has_value() const { return value.has_value(); }
    friend bool operator==(const Sourced&, const Sourced&) = default;
};

using SourcedString = Sourced<DeviceString>;

/// The printable value, or "" where there is none.
std::string printable(const SourcedString& text);

}  // namespace quietus
