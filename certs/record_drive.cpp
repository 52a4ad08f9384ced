// The drive and the machine it was in.

#include "base/bytes.h"
#include "certs/json_parts.h"
#include "certs/record_parts.h"
#include "device/json.h"
#include "plan/beyond_overwrite.h"
#include "record/json.h"

namespace quietus::certs {

namespace {

constexpr const char* kNotExamined = "hidden areas are not examined by this version";

Json backing_part(const LoopBacking& backing) {
    Json json{{"file_system", to_string(backing.file_system)},
              {"inode", json_integer(backing.inode)},
              {"offset", json_integer(backing.offset)}};
    json["disk"] = backing.disk ? Json(to_string(*backing.disk))
                                : unavailable("the backing is a file, not a block device");
    return json;
}

Json sources_part(const DeviceSnapshot& drive) {
    Json sources = Json::array();
    const auto add = [&](const std::string& field, const std::string& source) {
        if (!source.empty())
            sources.push_back(
                {{"field", printable_text(field)}, {"source", printable_text(source)}});
    };
    add("model", drive.identity.model.source);
    add("serial", drive.identity.serial.source);
    add("wwn", drive.identity.wwn.source);
    add("firmware", drive.identity.firmware.source);
    const Build& build = drive.build;
    add("manufacturer", build.manufacturer.source);
    add("form_factor", build.form_factor.source);
    add("rotation_rate", build.rotation_rate.source);
    add("link", build.link.source);
    add("bay", build.bay.source);
    add("protection_information", build.protection.source);
    add("locking", build.locking.source);
    for (const auto& [field, source] : drive.sources) add(field, source);
    return sources;
}

// A device may answer with blanks, which would read as a blank field: that is a value that was not
// had.
void put_identity(Json& json, const std::string& key, const SourcedString& text) {
    put_sourced(json, key, text);
    const auto value = json.find(key);
    if (value == json.end() || (value->is_string() && value->get<std::string>().empty()))
        json[key] = unavailable("the drive answers with nothing printable");
    if (json[key].is_object() && json[key].value("unavailable", "").empty())
        json[key] = unavailable("not read");
}

Json namespaces_part(const DeviceSnapshot& drive) {
    if (drive.transport != Transport::nvme) return unavailable("only NVMe drives have namespaces");
    if (!drive.nvme) return unavailable("the drive's controller did not answer");
    Json list = Json::array();
    for (const NvmeNamespace& one : drive.nvme->namespaces)
        list.push_back({{"nsid", one.id},
                        {"this_one", one.id == drive.nvme->own_namespace},
                        {"attached", one.attached},
                        {"blocks", json_integer(one.blocks)},
                        {"block_size", one.block_size},
                        {"metadata_size", one.metadata_size}});
    return list;
}

void put_build(Json& json, const DeviceSnapshot& drive) {
    const Build& build = drive.build;
    put_identity(json, "manufacturer", build.manufacturer);
    put_identity(json, "form_factor", build.form_factor);
    put_identity(json, "rotation_rate", build.rotation_rate);
    put_identity(json, "link", build.link);
    put_identity(json, "bay", build.bay);
    put_identity(json, "protection_information", build.protection);
    put_identity(json, "locking", build.locking);
    const std::string not_asked = "not asked of the drive by this version";
    json["tcg"] = unavailable(not_asked);
    json["encrypting"] = unavailable(not_asked);
    json["fips_certificate"] = unavailable("no cryptographic erase is relied on");
    json["namespaces"] = namespaces_part(drive);
}

// Compared as they are: a person who sees two numbers can tell a prefix from another drive.
Json comparison_part(const EraseRecord& record) {
    if (record.order.label_serial.empty())
        return unavailable("the label's serial number was not given (--label-serial, --manifest)");
    if (printable(record.plan.target.identity.serial).empty())
        return unavailable("the drive reports no serial number to compare with");
    return label_agrees(record) ? "agree" : "differ";
}

void put_declared(Json& json, const EraseRecord& record) {
    const OrderFacts& order = record.order;
    json["label_serial"] = declared(order.label_serial, "--label-serial");
    json["label_serial_compared"] = comparison_part(record);
    json["asset_tag"] = declared(order.asset_tag, "--asset");
    json["classification"] = declared(order.classification, "--classification");
    json["destination"] = declared(order.destination, "--destination");
    json["condition_at_intake"] = declared(order.condition, "--condition");
    json["failure_reason"] = declared(order.failure_reason, "--failure-reason");
    json["source"] = declared(order.media_source, "--media-source");
    json["vendor_statement"] = declared(order.vendor_statement, "--vendor-statement");
}

}  // namespace

bool label_agrees(const EraseRecord& record) {
    return is_serial_of(record.plan.target.identity, record.order.label_serial);
}

Json drive_part(const EraseRecord& record) {
    const DeviceSnapshot& drive = record.plan.target;
    Json json = Json::object();
    put_identity(json, "model", drive.identity.model);
    put_identity(json, "serial", drive.identity.serial);
    put_identity(json, "wwn", drive.identity.wwn);
    put_identity(json, "firmware", drive.identity.firmware);
    json["path"] = text_or(drive.path, "not known");
    json["kernel_name"] = text_or(drive.name, "not known");
    json["transport"] = to_string(drive.transport);
    json["media"] = to_string(drive.medium);
    json["size_bytes"] = json_integer(drive.geometry.size.bytes);
    json["native_size_bytes"] = unavailable(kNotExamined);
    json["logical_sector"] = drive.geometry.logical_sector;
    json["physical_sector"] = drive.geometry.physical_sector;
    json["unaddressable_bytes"] = json_integer(record.unaddressable_bytes);
    json["zone_model"] = to_string(drive.geometry.zones);
    json["identity_confirmed_after"] = record.identity_confirmed_after;
    json["disk_sequence"] = drive.identity.disk_sequence
                                ? json_integer(*drive.identity.disk_sequence)
                                : unavailable("the kernel gives none");
    json["backing"] = drive.identity.backing ? backing_part(*drive.identity.backing)
                                             : unavailable("not a loop device");
    json["sources"] = sources_part(drive);
    put_build(json, drive);
    put_declared(json, record);
    return json;
}

Json hidden_areas_part(const EraseRecord& record) {
    Json areas = Json::array();
    const bool by_device = is_device_technique(record.plan.technique);
    const auto beyond = by_device ? areas_beyond_sanitize(record.plan.target)
                                  : areas_not_reached(record.plan.target);
    for (const HiddenArea& area : areas_not_reached(record.plan.target)) {
        const bool told_below =
            std::any_of(beyond.begin(), beyond.end(),
                        [&](const HiddenArea& other) { return other.kind == area.kind; });
        if (!by_device || told_below) continue;
        areas.push_back({{"kind", printable_text(area.kind)},
                         {"before", unavailable("not readable by host commands")},
                         {"action", "the drive's own erase, as far as sanitization.steps prove it"},
                         {"after", unavailable("not readable by host commands")}});
    }
    for (const HiddenArea& area : beyond) {
        areas.push_back({{"kind", printable_text(area.kind)},
                         {"before", unavailable("not readable by host commands")},
                         {"action", "none: " + printable_text(area.why)},
                         {"after", unavailable("not readable by host commands")}});
    }
    return areas;
}

Json host_part(const HostFacts& host, const std::string& location) {
    const auto why_not = [&](const std::string& field) {
        for (const auto& [name, why] : host.missing)
            if (name == field && !why.empty()) return printable_text(why);
        return std::string{"the host shows none"};
    };
    Json json = Json::object();
    for (const HostText& row : kHostTexts)
        json[row.name] = text_or(host.*row.text, why_not(row.name));
    json["site"] = text_or(location, "not given (--location, --manifest)");
    Json registers = Json::array();
    for (const auto& [number, digest] : host.tpm_pcrs)
        registers.push_back({{"pcr", number}, {"sha256", digest}});
    json["tpm_pcrs"] = registers.empty() ? unavailable(why_not("tpm_pcrs")) : std::move(registers);
    json["tpm_quote"] = unavailable("this version asks the TPM for no quote");
    json["management_controller"] = unavailable("this version does not ask one");
    return json;
}

}  // namespace quietus::certs
