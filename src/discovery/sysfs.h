#pragma once
// Small readers for sysfs and procfs. What is missing is nullopt or empty; what is oversized counts
// as missing.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/host.h"

namespace quietus::discovery {

/// "/sys/class/block/sda": disks and partitions alike (Documentation/ABI/stable/sysfs-block).
std::string sysfs_folder(std::string_view name);

/// "/dev/cciss/c0d0" for "cciss!c0d0": sysfs cannot have a slash in a name.
std::string node_path(std::string_view name);

/// A sysfs attribute without its newline. sysfs gives a page at most
/// (Documentation/filesystems/sysfs.rst).
std::optional<std::string> attribute(const Host& host, const std::string& path);
/// The same with every byte kept, for binary attributes (VPD pages).
std::optional<std::string> binary_attribute(const Host& host, const std::string& path);
std::optional<std::uint64_t> number_attribute(const Host& host, const std::string& path);
bool flag_attribute(const Host& host, const std::string& path);

/// Decimal digits only, all of them.
std::optional<std::uint64_t> parse_number(std::string_view text);
/// "8:16".
std::optional<DeviceNumber> parse_device_number(std::string_view text);

/// Names in a folder; empty where there is none.
std::vector<std::string> names_in(const Host& host, const std::string& path);

/// "a/b" and "../c" joined and shortened by text alone: sysfs links need no more.
std::string join_path(std::string_view folder, std::string_view target);

/// Printable text for a shell: quoted where it holds more than plain letters.
std::string shell_word(std::string_view text);

std::vector<std::string> split(std::string_view text, char separator);

}  // namespace quietus::discovery
