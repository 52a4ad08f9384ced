// The drive and the machine it was in.

#include "base/bytes.h"
#include "certs/json_parts.h"
#include "certs/record_parts.h"
#include "device/json.h"
#include "plan/beyond_overwrite.h"

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

}  // namespace

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
    json["asset_tag"] = text_or(record.order.asset_tag, "not given (--asset)");
    json["classification"] = text_or(record.order.classification, "not given (--manifest)");
    json["destination"] =
        text_or(record.order.destination, "not given (--destination, --manifest)");
    json["condition_at_intake"] =
        text_or(record.order.condition, "not given (--condition, --manifest)");
    json["source"] = text_or(record.order.media_source, "not given (--media-source, --manifest)");
    json["manufacturer"] =
        unavailable("not reported by itself; where it is known it is part of the model");
    return json;
}

Json hidden_areas_part(const EraseRecord& record) {
    Json areas = Json::array();
    for (const HiddenArea& area : areas_not_reached(record.plan.target)) {
        areas.push_back({{"kind", printable_text(area.kind)},
                         {"before", unavailable("not readable by host commands")},
                         {"action", "none: " + printable_text(area.why)},
                         {"after", unavailable("not readable by host commands")}});
    }
    return areas;
}

Json host_part(const HostFacts& host, const std::string& location) {
    const auto value = [&](const std::string& field, const std::string& text) {
        for (const auto& [name, why] : host.missing)
            if (name == field && text.empty())
                return text_or({}, why.empty() ? "not had" : printable_text(why));
        return text_or(text, "the host shows none");
    };
    return {{"hostname", value("hostname", host.hostname)},
            {"kernel", value("kernel", host.kernel)},
            {"dmi_vendor", value("dmi_vendor", host.dmi_vendor)},
            {"dmi_product", value("dmi_product", host.dmi_product)},
            {"dmi_serial", value("dmi_serial", host.dmi_serial)},
            {"boot_id", value("boot_id", host.boot_id)},
            {"operating_system", value("operating_system", host.operating_system)},
            {"site", text_or(location, "not given (--location)")}};
}

}  // namespace quietus::certs
