#include "cli/inspect_output.h"

#include "base/bytes.h"
#include "base/units.h"
#include "plan/beyond_overwrite.h"
#include "plan/ladder.h"

namespace quietus::cli {

namespace {

std::string sourced_line(const std::string& name, const SourcedString& text) {
    if (!text.has_value()) return name + ": unavailable: " + printable_text(text.unavailable);
    return name + ": " + text.value->printable() +
           (text.value->differs_from_printable()
                ? "  (raw " + to_hex(bytes_of(text.value->raw)) + ")"
                : "") +
           "  [" + text.source + "]";
}

std::string version_text(std::uint32_t version) {
    return std::to_string(version >> 16U) + "." + std::to_string(version >> 8U & 0xFFU) + "." +
           std::to_string(version & 0xFFU);
}

std::string sanitize_text(const NvmeFacts& facts) {
    std::string text;
    const auto name = [&](bool offered, const char* what) {
        if (offered) text += (text.empty() ? "" : ", ") + std::string{what};
    };
    name(facts.sanitize.crypto, "crypto erase");
    name(facts.sanitize.block, "block erase");
    name(facts.sanitize.overwrite, "overwrite");
    text = "sanitize: " + (text.empty() ? "not offered" : text);
    if (facts.sanitize_log) text += "; status " + to_string(facts.sanitize_log->state);
    return text;
}

std::string namespace_text(const NvmeNamespace& one, std::uint32_t own) {
    return "namespace " + std::to_string(one.id) + (one.id == own ? " (this one)" : "") + ": " +
           std::to_string(one.blocks) + " blocks of " + std::to_string(one.block_size) +
           " bytes, " + std::to_string(one.used) + " used" +
           (one.metadata_size == 0
                ? ""
                : ", " + std::to_string(one.metadata_size) + " bytes of metadata each") +
           (one.attached ? "" : ", not attached") + (one.shared ? ", may be shared" : "") +
           (one.write_protected ? ", write-protected" : "");
}

std::string health_text(const NvmeHealth& health) {
    constexpr int kZeroCelsius = 273;
    return "health: " + std::to_string(health.temperature_k - kZeroCelsius) + " degrees Celsius, " +
           std::to_string(health.media_errors) + " media errors, " +
           std::to_string(health.available_spare) + " % spare, " +
           std::to_string(health.percentage_used) + " % used, " +
           std::to_string(health.power_on_hours) + " hours, critical warning " +
           std::to_string(health.critical_warning);
}

std::vector<std::string> controller_lines(const NvmeFacts& facts) {
    std::vector<std::string> lines{
        "controller: " + std::to_string(facts.controller) + ", NVMe " +
            version_text(facts.version) +
            (facts.several_controllers ? ", the subsystem may have others" : ""),
        sanitize_text(facts)};
    if (facts.unallocated != 0)
        lines.push_back("unallocated capacity: " + std::to_string(facts.unallocated) + " bytes");
    if (facts.boot_partitions) lines.emplace_back("boot partitions: the drive has some");
    if (facts.replay_protected != 0)
        lines.push_back("replay-protected memory blocks: " +
                        std::to_string(facts.replay_protected));
    for (const NvmeNamespace& one : facts.namespaces)
        lines.push_back(namespace_text(one, facts.own_namespace));
    if (!facts.allocated_told)
        lines.emplace_back("namespaces attached nowhere: the drive does not tell");
    if (facts.health) lines.push_back(health_text(*facts.health));
    return lines;
}

}  // namespace

std::string inspect_text(const DeviceSnapshot& seen) {
    std::string text = printable_text(seen.path) + "  (" + seen.name + ", " +
                       to_string(seen.number) +
                       (seen.is_partition ? ", partition of " + seen.whole_disk : "") + ")";
    const auto add = [&](const std::string& line) { text += "\n  " + line; };
    add(sourced_line("model", seen.identity.model));
    add(sourced_line("serial", seen.identity.serial));
    add(sourced_line("wwn", seen.identity.wwn));
    add(sourced_line("firmware", seen.identity.firmware));
    add("size: " + std::to_string(seen.geometry.size.bytes) + " bytes (" +
        human_size(seen.geometry.size) + ")");
    add("sectors: " + std::to_string(seen.geometry.logical_sector) + " logical, " +
        std::to_string(seen.geometry.physical_sector) + " physical");
    if (seen.geometry.unaddressable().bytes != 0)
        add("unaddressable: the last " + std::to_string(seen.geometry.unaddressable().bytes) +
            " bytes");
    add("transport: " + to_string(seen.transport) + ", medium: " + to_string(seen.medium) +
        ", zones: " + to_string(seen.geometry.zones));
    add(std::string{"removable: "} + (seen.removable ? "yes" : "no") +
        ", read-only: " + (seen.read_only ? "yes" : "no"));
    const Build& build = seen.build;
    for (const auto& [what, value] :
         {std::pair<const char*, const SourcedString*>{"manufacturer", &build.manufacturer},
          {"form factor", &build.form_factor},
          {"rotation rate", &build.rotation_rate},
          {"link", &build.link},
          {"bay", &build.bay},
          {"protection information", &build.protection},
          {"locking", &build.locking}})
        add(sourced_line(what, *value));
    for (const auto& [what, from] : seen.sources)
        add("source of " + printable_text(what) + ": " + printable_text(from));
    for (const Partition& part : seen.partitions)
        add("partition " + part.name + ": " + std::to_string(part.size.bytes) + " bytes at " +
            std::to_string(part.start.bytes));
    for (const Use& use : seen.usage.uses)
        add("in use: " + printable_text(use.where) + ": " + printable_text(use.what));
    for (const Signature& found : seen.usage.signatures)
        add("holds: " + printable_text(found.where) + ": " + printable_text(found.type) + " (" +
            printable_text(found.usage) + ")" +
            (found.label.empty() ? "" : " \"" + printable_text(found.label) + "\""));
    if (seen.nvme) {
        for (const std::string& line : controller_lines(*seen.nvme)) add(line);
    }
    for (const Rung& rung : ladder(seen))
        add("technique " + rung.technique + " (" +
            (rung.level ? to_string(*rung.level) : "not offered") + "): " + rung.why);
    for (const HiddenArea& area : areas_not_reached(seen))
        add("not reached by overwriting: " + printable_text(area.kind) + ": " +
            printable_text(area.why));
    for (const std::string& gap : seen.usage.not_seen) add("not seen: " + printable_text(gap));
    for (const std::string& gap : seen.usage.unseen_processes)
        add("not seen: " + printable_text(gap));
    if (seen.usage.uses.empty()) add("no use seen");
    return text;
}

Json techniques_json(const DeviceSnapshot& seen) {
    Json list = Json::array();
    for (const Rung& rung : ladder(seen)) {
        list.push_back({{"technique", rung.technique},
                        {"level", rung.level ? Json(to_string(*rung.level)) : Json(nullptr)},
                        {"why", rung.why}});
    }
    return list;
}

}  // namespace quietus::cli
