#include "app/settings.h"

#include <cerrno>
#include <map>
#include <toml++/toml.h>

#include "base/bytes.h"
#include "base/file.h"

namespace quietus::app {

namespace {

constexpr std::size_t kConfigurationSizeMax = 1024 * 1024;

Error config_error(std::string message, std::string hint = {}) {
    return {.code = ErrorCode::config,
            .message = std::move(message),
            .sys_errno = 0,
            .hint = std::move(hint)};
}

std::string place(const std::string& file, const toml::source_region& source) {
    return file + ":" + std::to_string(source.begin.line);
}

Result<void> apply(Settings& settings, const toml::table& table) {
    const std::map<std::string, std::string*, std::less<>> known{
        {"out", &settings.out},
        {"key", &settings.key_file},
        {"cert", &settings.certificate_file},
        {"operator", &settings.operator_name},
        {"organisation", &settings.organisation},
        {"location", &settings.location}};
    for (const auto& [key, value] : table) {
        const auto slot = known.find(key.str());
        const std::string where = place(settings.config_file, key.source());
        if (slot == known.end())
            return tl::unexpected{
                config_error(where + ": unknown key '" + printable_text(key.str()) + "'",
                             "known keys: cert, key, location, operator, organisation, out")};
        const auto text = value.value_exact<std::string>();
        if (!text)
            return tl::unexpected{
                config_error(where + ": '" + printable_text(key.str()) + "' must be a string")};
        if (slot->second->empty()) *slot->second = *text;  // what flags set stays
    }
    return {};
}

}  // namespace

Result<void> read_configuration(Settings& settings) {
    auto text = read_whole_file(settings.config_file, kConfigurationSizeMax);
    if (!text && text.error().sys_errno == ENOENT && !settings.config_named) {
        settings.configuration_sha256 = sha256_hex("");
        return {};
    }
    if (!text)
        return tl::unexpected{
            config_error(text.error().message, "give --config a readable TOML file")};
    settings.configuration_sha256 = sha256_hex(*text);
    try {
        return apply(settings, toml::parse(*text, settings.config_file));
    } catch (const toml::parse_error& fault) {  // the library's exceptions stop here
        return tl::unexpected{config_error(place(settings.config_file, fault.source()) + ": " +
                                           std::string{fault.description()})};
    }
}

}  // namespace quietus::app
