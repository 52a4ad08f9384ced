#include "discovery/sysfs.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/bytes.h"

namespace quietus::discovery {

namespace {

constexpr std::size_t kAttributeMax = 4096;

bool is_plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view{"/._-+:@%,="}.find(c) != std::string_view::npos;
}

}  // namespace

std::string sysfs_folder(std::string_view name) {
    return "/sys/class/block/" + std::string{name};
}

std::string node_path(std::string_view name) {
    std::string path{name};
    std::replace(path.begin(), path.end(), '!', '/');
    return "/dev/" + path;
}

std::optional<std::string> binary_attribute(const Host& host, const std::string& path) {
    auto text = host.read_file(path);
    if (!text || text->size() > kAttributeMax) return std::nullopt;
    return std::move(*text);
}

std::optional<std::string> attribute(const Host& host, const std::string& path) {
    auto text = binary_attribute(host, path);
    if (text && !text->empty() && text->back() == '\n') text->pop_back();
    return text;
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
    std::uint64_t number{};
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || fault != std::errc{} || end != text.data() + text.size())
        return std::nullopt;
    return number;
}

std::optional<std::uint64_t> number_attribute(const Host& host, const std::string& path) {
    const auto text = attribute(host, path);
    return text ? parse_number(*text) : std::nullopt;
}

bool flag_attribute(const Host& host, const std::string& path) {
    return number_attribute(host, path).value_or(0) != 0;
}

std::optional<DeviceNumber> parse_device_number(std::string_view text) {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const auto major = parse_number(text.substr(0, colon));
    const auto minor = parse_number(text.substr(colon + 1));
    constexpr std::uint64_t kMax = std::numeric_limits<std::uint32_t>::max();
    if (!major || !minor || *major > kMax || *minor > kMax) return std::nullopt;
    return DeviceNumber{static_cast<std::uint32_t>(*major), static_cast<std::uint32_t>(*minor)};
}

std::vector<std::string> names_in(const Host& host, const std::string& path) {
    return host.list_directory(path).value_or(std::vector<std::string>{});
}

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts;
    for (;;) {
        const auto at = text.find(separator);
        parts.emplace_back(text.substr(0, at));
        if (at == std::string_view::npos) return parts;
        text.remove_prefix(at + 1);
    }
}

std::string join_path(std::string_view folder, std::string_view target) {
    std::string whole = target.starts_with('/') ? std::string{target}
                                                : std::string{folder} + "/" + std::string{target};
    std::vector<std::string> kept;
    for (std::string& part : split(whole, '/')) {
        if (part.empty() || part == ".") continue;
        if (part != "..")
            kept.push_back(std::move(part));
        else if (!kept.empty())
            kept.pop_back();
    }
    std::string path;
    for (const std::string& part : kept) path += "/" + part;
    return path.empty() ? "/" : path;
}

std::string shell_word(std::string_view text) {
    std::string shown = printable_text(text);
    if (!shown.empty() && std::all_of(shown.begin(), shown.end(), is_plain)) return shown;
    std::string quoted = "'";
    for (const char c : shown) quoted += c == '\'' ? std::string{"'\\''"} : std::string{c};
    return quoted + "'";
}

}  // namespace quietus::discovery
