#include "app/facts.h"

#include <unistd.h>

#include "app/version.h"
#include "base/bytes.h"
#include "base/file.h"
#include "record/json.h"

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

// os-release(5): KEY=value, the value perhaps in double quotes.
std::string value_in(const std::string& os_release, const std::string& key) {
    const std::string text = "\n" + os_release;
    const auto at = text.find("\n" + key + "=");
    if (at == std::string::npos) return {};
    std::string value = first_line(text.substr(at + key.size() + 2));
    std::erase(value, '"');
    return value;
}

void read_operating_system(const Host& host, HostFacts& facts) {
    const std::string release = host.read_file("/etc/os-release").value_or("");
    facts.operating_system = value_in(release, "PRETTY_NAME");
    if (facts.operating_system.empty())
        facts.missing.emplace_back("operating_system", "/etc/os-release names none");
    facts.image = value_in(release, "IMAGE_ID");
    const std::string version = value_in(release, "IMAGE_VERSION");
    if (!facts.image.empty() && !version.empty()) facts.image += " " + version;
    if (facts.image.empty())
        facts.missing.emplace_back("image", "/etc/os-release names no image (IMAGE_ID)");
}

// UEFI 2.10, 3.3 "Globally Defined Variables": SecureBoot is one byte; the kernel puts four bytes
// of attributes before it (Documentation/filesystems/efivarfs.rst).
void read_secure_boot(const Host& host, HostFacts& facts) {
    const auto none = [&](const std::string& why) {
        facts.missing.emplace_back("secure_boot", why);
    };
    if (!host.file_facts("/sys/firmware/efi", /*follow=*/true))
        return none("the machine was not started by UEFI, or its firmware is hidden from us");
    const auto variable =
        host.read_file("/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c");
    if (!variable) return none(printable_text(variable.error().message));
    const bool known = variable->size() == 5 && ((*variable)[4] == 0 || (*variable)[4] == 1);
    if (!known) return none("the firmware's variable SecureBoot is not of the known form");
    facts.secure_boot = (*variable)[4] == 1 ? "on" : "off";
}

// The kernel shows a bank as one file for each register, in capital hex
// (Documentation/ABI/stable/sysfs-class-tpm).
void read_tpm(const Host& host, HostFacts& facts) {
    const std::string bank = "/sys/class/tpm/tpm0/pcr-sha256";
    constexpr unsigned kRegisters = 24;
    for (unsigned number = 0; number < kRegisters; ++number) {
        const auto text = host.read_file(bank + "/" + std::to_string(number));
        const auto bytes = text ? from_hex(first_line(*text)) : Result<Bytes>{Bytes{}};
        if (!bytes || bytes->size() != 32) continue;
        facts.tpm_pcrs.emplace_back(number, to_hex(*bytes));
    }
    if (!facts.tpm_pcrs.empty()) return;
    facts.missing.emplace_back("tpm_pcrs", host.file_facts("/sys/class/tpm/tpm0", /*follow=*/true)
                                               ? "the kernel shows no SHA-256 bank of the TPM"
                                               : "the kernel shows no TPM");
}

void read_network(const Host& host, HostFacts& facts) {
    const auto interfaces = host.list_directory("/sys/class/net");
    if (!interfaces) {
        facts.missing.emplace_back("network", printable_text(interfaces.error().message));
        return;
    }
    for (const std::string& name : *interfaces) {
        const auto state = host.read_file("/sys/class/net/" + name + "/operstate");
        if (name == "lo" || !state || first_line(*state) != "up") continue;
        facts.network += (facts.network.empty() ? "up: " : ", ") + printable_ascii(name);
    }
    if (facts.network.empty()) facts.network = "no interface is up";
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
    facts.chassis_serial = fact(host, facts, "chassis_serial", "/sys/class/dmi/id/chassis_serial");
    read_operating_system(host, facts);
    read_secure_boot(host, facts);
    read_tpm(host, facts);
    read_network(host, facts);
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
    OrderFacts facts;
    for (const OrderText& field : kOrderTexts) {
        const std::string& of_call = settings.order.*field.text;
        const std::string of_row = row == nullptr ? std::string{} : row->said.*field.text;
        facts.*field.text = printable_text(of_row.empty() ? of_call : of_row);
    }
    if (row == nullptr) return facts;
    facts.manifest_sha256 = manifest_sha256;
    facts.manifest_line = row->line;
    return facts;
}

std::string version_text() {
    return "quietus " + std::string{kVersion} + " (" + std::string{kCommit} + ", " +
           std::string{kBuild} + ")";
}

}  // namespace quietus::app
