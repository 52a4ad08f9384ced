#include "app/facts.h"

#include <unistd.h>

#include "app/version.h"
#include "base/bytes.h"
#include "base/file.h"

namespace quietus::app {

namespace {

std::string first_line(const std::string& text) {
    return printable_ascii(text.substr(0, text.find('\n')));
}

std::string fact(const Host& host, HostFacts& facts, const std::string& field,
                 const std::string& path) {
    const auto text = host.read_file(path);
    std::string value = text ? first_line(*text) : std::string{};
    if (value.empty())
        facts.missing.emplace_back(
            field, text ? path + " is empty" : printable_text(text.error().message));
    return value;
}

std::string pretty_name(const std::string& os_release) {
    const std::string key = "PRETTY_NAME=";
    const auto at = os_release.find(key);
    if (at == std::string::npos) return {};
    std::string value = first_line(os_release.substr(at + key.size()));
    std::erase(value, '"');
    return value;
}

}  // namespace

HostFacts gather_host_facts(const Host& host) {
    HostFacts facts;
    facts.hostname = fact(host, facts, "hostname", "/proc/sys/kernel/hostname");
    facts.kernel = fact(host, facts, "kernel", "/proc/sys/kernel/osrelease");
    facts.boot_id = fact(host, facts, "boot_id", "/proc/sys/kernel/random/boot_id");
    facts.dmi_vendor = fact(host, facts, "dmi_vendor", "/sys/class/dmi/id/sys_vendor");
    facts.dmi_product = fact(host, facts, "dmi_product", "/sys/class/dmi/id/product_name");
    facts.dmi_serial = fact(host, facts, "dmi_serial", "/sys/class/dmi/id/product_serial");
    if (const auto release = host.read_file("/etc/os-release"))
        facts.operating_system = pretty_name(*release);
    if (facts.operating_system.empty())
        facts.missing.emplace_back("operating_system", "/etc/os-release names none");
    return facts;
}

ToolFacts gather_tool_facts() {
    ToolFacts facts;
    facts.version = kVersion;
    facts.commit = kCommit;
    facts.build = kBuild;
    facts.binary_sha256 = sha256_hex_of_file("/proc/self/exe").value_or(std::string{});
    return facts;
}

OperatorFacts gather_operator_facts(const Host& host, const Settings& settings) {
    OperatorFacts facts;
    facts.declared = printable_text(settings.operator_name);
    facts.title = printable_text(settings.operator_title);
    facts.contact = printable_text(settings.operator_contact);
    facts.authenticated_by =
        "local uid " + std::to_string(getuid()) + ", effective uid " + std::to_string(geteuid());
    const auto login = host.read_file("/proc/self/loginuid");
    const std::string uid = login ? first_line(*login) : std::string{};
    // 4294967295 is (uid_t)-1: proc(5), nobody logged in through PAM.
    facts.login_uid = !login                ? "unavailable: the kernel keeps no login uid"
                      : uid == "4294967295" ? "not set"
                                            : uid;
    return facts;
}

OrderFacts gather_order_facts(const Settings& settings, const ManifestRow* row,
                              const std::string& manifest_sha256) {
    const ManifestRow said = row == nullptr ? ManifestRow{} : *row;
    const auto either = [](const std::string& of_row, const std::string& of_call) {
        return printable_text(of_row.empty() ? of_call : of_row);
    };
    return {.ticket = either(said.ticket, settings.ticket),
            .asset_tag = either(said.asset, settings.asset_tag),
            .organisation = printable_text(settings.organisation),
            .location = either(said.location, settings.location),
            .customer = printable_text(said.customer),
            .classification = printable_text(said.classification),
            .destination = either(said.destination, settings.destination),
            .condition = either(said.condition, settings.condition),
            .media_source = either(said.source, settings.media_source),
            .manifest_sha256 = row == nullptr ? "" : manifest_sha256,
            .manifest_line = said.line};
}

std::string version_text() {
    return "quietus " + std::string{kVersion} + " (" + std::string{kCommit} + ", " +
           std::string{kBuild} + ")";
}

}  // namespace quietus::app
