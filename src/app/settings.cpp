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

Result<std::vector<std::string>> words(const std::string& where, const toml::node& value) {
    const auto wrong = [&] {
        return failure(ErrorCode::config, where + ": must be a list of strings",
                       "as in: fields = ['organisation', 'operator']");
    };
    const toml::array* list = value.as_array();
    if (list == nullptr) return wrong();
    std::vector<std::string> found;
    for (const toml::node& element : *list) {
        const auto text = element.value_exact<std::string>();
        if (!text) return wrong();
        found.push_back(*text);
    }
    return found;
}

// [certificate]: what must be there before anything is titled a certificate.
Result<void> apply_certificate(Settings& settings, const toml::key& name, const toml::node& value) {
    const std::string at = place(settings.config_file, name.source());
    const toml::table* table = value.as_table();
    if (table == nullptr)
        return failure(ErrorCode::config, at + ": 'certificate' must be a table",
                       "as in: [certificate]");
    for (const auto& [key, list] : *table) {
        const std::string where = place(settings.config_file, key.source());
        if (key.str() == "fields")
            settings.title_policy.fields = QUIETUS_TRY(words(where, list));
        else if (key.str() == "statements")
            settings.title_policy.statements = QUIETUS_TRY(words(where, list));
        else
            return failure(ErrorCode::config,
                           where + ": unknown key '" + printable_text(key.str()) + "'",
                           "known keys of [certificate]: fields, statements");
    }
    QUIETUS_TRY_CONTEXT(certs::check_policy(settings.title_policy), at);
    return {};
}

Result<void> apply(Settings& settings, const toml::table& table) {
    const std::map<std::string, std::string*, std::less<>> known{
        {"out", &settings.out},
        {"key", &settings.key_file},
        {"cert", &settings.certificate_file},
        {"operator", &settings.operator_name},
        {"tsa", &settings.tsa.url},
        {"tsa_server_ca", &settings.tsa.ca_file},
        {"operator_title", &settings.operator_title},
        {"operator_contact", &settings.operator_contact},
        {"approved_standard", &settings.approved_standard},
        {"organisation", &settings.order.organisation},
        {"organisation_address", &settings.order.organisation_address},
        {"organisation_contact", &settings.order.organisation_contact},
        {"customer", &settings.order.customer},
        {"contract", &settings.order.contract},
        {"retention", &settings.order.retention},
        {"location", &settings.order.location}};
    for (const auto& [key, value] : table) {
        if (key.str() == "certificate") {
            QUIETUS_TRY(apply_certificate(settings, key, value));
            continue;
        }
        const auto slot = known.find(key.str());
        const std::string where = place(settings.config_file, key.source());
        if (slot == known.end())
            return tl::unexpected{
                config_error(where + ": unknown key '" + printable_text(key.str()) + "'",
                             "known keys: approved_standard, cert, contract, customer, key, "
                             "location, operator, operator_contact, operator_title, organisation, "
                             "organisation_address, organisation_contact, out, retention, tsa, "
                             "tsa_server_ca; table: certificate")};
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
