#include "device/json.h"

#include <algorithm>
#include <array>
#include <limits>

#include "base/bytes.h"

namespace quietus {

namespace {

// Strings of ours (paths, names, reasons) are printable by convention, but a kernel name or a path
// is bytes: a JSON string where it is well-formed and harmless, else {"hex": …}.
Json text_json(const std::string& text) {
    if (printable_text(text) == text) return text;
    return Json{{"hex", to_hex(bytes_of(text))}};
}

Result<std::string> text_from(const Json& json, const std::string& what) {
    if (json.is_string()) return json.get<std::string>();
    const std::string hex = QUIETUS_TRY_CONTEXT(string_member(json, "hex"), what);
    const auto bytes = from_hex(hex);
    if (!bytes) return failure(ErrorCode::bad_evidence, what + ": bad hex");
    return text_of(*bytes);
}

Result<std::string> text_member(const Json& object, const std::string& key) {
    const Json value = QUIETUS_TRY(member(object, key));
    return text_from(value, "\"" + key + "\"");
}

template <class Integer>
Result<Integer> small_member(const Json& object, const std::string& key) {
    const std::uint64_t value = QUIETUS_TRY(integer_member(object, key));
    if (value > static_cast<std::uint64_t>(std::numeric_limits<Integer>::max())) {
        return failure(ErrorCode::bad_evidence, "\"" + key + "\" is too large");
    }
    return static_cast<Integer>(value);
}

// An enum by its spelling; the candidates are listed, so that a new enumerator is a visible
// omission here.
template <class Enum, std::size_t N>
Result<Enum> enum_member(const Json& object, const std::string& key,
                         const std::array<Enum, N>& all) {
    const std::string text = QUIETUS_TRY(string_member(object, key));
    const auto at =
        std::find_if(all.begin(), all.end(), [&](Enum value) { return to_string(value) == text; });
    if (at == all.end()) {
        return failure(ErrorCode::bad_evidence,
                       "\"" + key + "\": unknown value " + printable_text(text));
    }
    return *at;
}

constexpr std::array kTransports{
    Transport::sata,   Transport::sas, Transport::scsi,   Transport::nvme, Transport::usb,
    Transport::virtio, Transport::mmc, Transport::loop,   Transport::zram, Transport::md,
    Transport::dm,     Transport::nbd, Transport::unknown};
constexpr std::array kMedia{Medium::rotational, Medium::solid_state, Medium::virtual_device,
                            Medium::unknown};
constexpr std::array kZoneModels{ZoneModel::none, ZoneModel::host_aware, ZoneModel::host_managed};
constexpr std::array kUseKinds{
    UseKind::mount,           UseKind::swap,           UseKind::holder,
    UseKind::loop_over_disk,  UseKind::loop_over_file, UseKind::btrfs_member,
    UseKind::open_descriptor, UseKind::mapped,         UseKind::other_path,
    UseKind::exclusive,       UseKind::system_disk,    UseKind::locked};

Json number_json(DeviceNumber number) {
    return Json{{"major", number.major}, {"minor", number.minor}};
}

Result<DeviceNumber> number_member(const Json& object, const std::string& key) {
    const Json value = QUIETUS_TRY(member(object, key));
    return DeviceNumber{QUIETUS_TRY(small_member<std::uint32_t>(value, "major")),
                        QUIETUS_TRY(small_member<std::uint32_t>(value, "minor"))};
}

Json sourced_json(const SourcedString& text) {
    if (!text.value)
        return Json{{"unavailable", text_json(text.unavailable)},
                    {"source", text_json(text.source)}};
    Json json{{"value", text.value->printable()},
              {"source", text_json(text.source)},
              {"unavailable", text_json(text.unavailable)}};
    // Blanks at the ends are no secret to a person, but lossless means lossless.
    if (text.value->raw != text.value->printable()) json["raw"] = to_hex(bytes_of(text.value->raw));
    return json;
}

Result<SourcedString> sourced_member(const Json& object, const std::string& key) {
    const Json json = QUIETUS_TRY(member(object, key));
    SourcedString text;
    text.source = QUIETUS_TRY_CONTEXT(text_member(json, "source"), key);
    text.unavailable = QUIETUS_TRY_CONTEXT(text_member(json, "unavailable"), key);
    if (!json.contains("value")) return text;
    DeviceString value{QUIETUS_TRY_CONTEXT(string_member(json, "value"), key)};
    if (json.contains("raw")) {
        const std::string hex = QUIETUS_TRY_CONTEXT(string_member(json, "raw"), key);
        value.raw = text_of(QUIETUS_TRY_CONTEXT(from_hex(hex), key));
    }
    text.value = std::move(value);
    return text;
}

struct BuildPart {
    const char* name;
    SourcedString Build::*text;
};
constexpr std::array kBuildParts{BuildPart{"manufacturer", &Build::manufacturer},
                                 BuildPart{"form_factor", &Build::form_factor},
                                 BuildPart{"rotation_rate", &Build::rotation_rate},
                                 BuildPart{"link", &Build::link},
                                 BuildPart{"bay", &Build::bay},
                                 BuildPart{"protection", &Build::protection},
                                 BuildPart{"locking", &Build::locking}};

Json to_json(const Build& build) {
    Json json = Json::object();
    for (const BuildPart& part : kBuildParts) json[part.name] = sourced_json(build.*part.text);
    return json;
}

Result<Build> build_from_json(const Json& json) {
    Build build;
    for (const BuildPart& part : kBuildParts)
        build.*part.text = QUIETUS_TRY(sourced_member(json, part.name));
    return build;
}

Json to_json(const LoopBacking& backing) {
    Json json{{"file_system", number_json(backing.file_system)},
              {"inode", json_integer(backing.inode)},
              {"offset", json_integer(backing.offset)}};
    if (backing.disk) json["disk"] = number_json(*backing.disk);
    return json;
}

Result<LoopBacking> backing_from_json(const Json& json) {
    LoopBacking backing;
    backing.file_system = QUIETUS_TRY(number_member(json, "file_system"));
    backing.inode = QUIETUS_TRY(integer_member(json, "inode"));
    backing.offset = QUIETUS_TRY(integer_member(json, "offset"));
    if (json.contains("disk")) backing.disk = QUIETUS_TRY(number_member(json, "disk"));
    return backing;
}

Json to_json(const Geometry& geometry) {
    return Json{{"size", json_integer(geometry.size.bytes)},
                {"logical_sector", geometry.logical_sector},
                {"physical_sector", geometry.physical_sector},
                {"zones", to_string(geometry.zones)},
                {"max_transfer", json_integer(geometry.max_transfer)}};
}

Result<Geometry> geometry_from_json(const Json& json) {
    Geometry geometry;
    geometry.size = {QUIETUS_TRY(integer_member(json, "size"))};
    geometry.logical_sector = QUIETUS_TRY(small_member<std::uint32_t>(json, "logical_sector"));
    if (geometry.logical_sector == 0)
        return failure(ErrorCode::bad_evidence, "\"logical_sector\" is zero");
    geometry.physical_sector = QUIETUS_TRY(small_member<std::uint32_t>(json, "physical_sector"));
    geometry.zones = QUIETUS_TRY(enum_member(json, "zones", kZoneModels));
    geometry.max_transfer = QUIETUS_TRY(integer_member(json, "max_transfer"));
    return geometry;
}

Json to_json(const Partition& partition) {
    return Json{{"name", text_json(partition.name)},
                {"number", number_json(partition.number)},
                {"index", json_integer(static_cast<std::uint64_t>(std::max(partition.index, 0)))},
                {"start", json_integer(partition.start.bytes)},
                {"size", json_integer(partition.size.bytes)}};
}

Result<Partition> partition_from_json(const Json& json) {
    Partition partition;
    partition.name = QUIETUS_TRY(text_member(json, "name"));
    partition.number = QUIETUS_TRY(number_member(json, "number"));
    partition.index = QUIETUS_TRY(small_member<int>(json, "index"));
    partition.start.bytes = QUIETUS_TRY(integer_member(json, "start"));
    partition.size.bytes = QUIETUS_TRY(integer_member(json, "size"));
    return partition;
}

Json to_json(const Use& use) {
    return Json{{"kind", to_string(use.kind)},
                {"where", text_json(use.where)},
                {"what", text_json(use.what)},
                {"remedy", text_json(use.remedy)}};
}

Result<Use> use_from_json(const Json& json) {
    Use use;
    use.kind = QUIETUS_TRY(enum_member(json, "kind", kUseKinds));
    use.where = QUIETUS_TRY(text_member(json, "where"));
    use.what = QUIETUS_TRY(text_member(json, "what"));
    use.remedy = QUIETUS_TRY(text_member(json, "remedy"));
    return use;
}

Json to_json(const Signature& signature) {
    return Json{{"where", text_json(signature.where)},
                {"type", text_json(signature.type)},
                {"usage", text_json(signature.usage)},
                {"label", text_json(signature.label)}};
}

Result<Signature> signature_from_json(const Json& json) {
    Signature signature;
    signature.where = QUIETUS_TRY(text_member(json, "where"));
    signature.type = QUIETUS_TRY(text_member(json, "type"));
    signature.usage = QUIETUS_TRY(text_member(json, "usage"));
    signature.label = QUIETUS_TRY(text_member(json, "label"));
    return signature;
}

Json to_json(const HiddenArea& area) {
    return Json{{"kind", text_json(area.kind)}, {"why", text_json(area.why)}};
}

Result<HiddenArea> area_from_json(const Json& json) {
    HiddenArea area;
    area.kind = QUIETUS_TRY(text_member(json, "kind"));
    area.why = QUIETUS_TRY(text_member(json, "why"));
    return area;
}

Json to_json(const std::pair<std::string, std::string>& source) {
    return Json{{"fact", text_json(source.first)}, {"source", text_json(source.second)}};
}

Result<std::pair<std::string, std::string>> source_from_json(const Json& json) {
    auto fact = QUIETUS_TRY(text_member(json, "fact"));
    auto source = QUIETUS_TRY(text_member(json, "source"));
    return std::pair{std::move(fact), std::move(source)};
}

Json to_json(const std::string& text) {
    return text_json(text);
}
Result<std::string> string_from_json(const Json& json) {
    return text_from(json, "list of strings");
}

template <class T>
Json list_json(const std::vector<T>& items) {
    Json json = Json::array();
    for (const T& item : items) json.push_back(to_json(item));
    return json;
}

template <class T>
Result<std::vector<T>> list_member(const Json& object, const std::string& key,
                                   Result<T> (*read)(const Json&)) {
    const Json json = QUIETUS_TRY(member(object, key));
    if (!json.is_array()) return failure(ErrorCode::bad_evidence, "\"" + key + "\" is not a list");
    std::vector<T> items;
    items.reserve(json.size());
    for (const Json& item : json) items.push_back(QUIETUS_TRY_CONTEXT(read(item), key));
    return items;
}

Json to_json(const Usage& usage) {
    return Json{{"uses", list_json(usage.uses)},
                {"signatures", list_json(usage.signatures)},
                {"not_seen", list_json(usage.not_seen)},
                {"unseen_processes", list_json(usage.unseen_processes)},
                {"unread_signatures", list_json(usage.unread_signatures)}};
}

Result<Usage> usage_from_json(const Json& json) {
    Usage usage;
    usage.uses = QUIETUS_TRY(list_member<Use>(json, "uses", use_from_json));
    usage.signatures = QUIETUS_TRY(list_member<Signature>(json, "signatures", signature_from_json));
    usage.not_seen = QUIETUS_TRY(list_member<std::string>(json, "not_seen", string_from_json));
    usage.unseen_processes =
        QUIETUS_TRY(list_member<std::string>(json, "unseen_processes", string_from_json));
    usage.unread_signatures =
        QUIETUS_TRY(list_member<std::string>(json, "unread_signatures", string_from_json));
    return usage;
}

Result<void> read_names(const Json& json, DeviceSnapshot& snapshot) {
    snapshot.path = QUIETUS_TRY(text_member(json, "path"));
    snapshot.name = QUIETUS_TRY(text_member(json, "name"));
    snapshot.number = QUIETUS_TRY(number_member(json, "number"));
    snapshot.is_partition = QUIETUS_TRY(bool_member(json, "is_partition"));
    snapshot.whole_disk = QUIETUS_TRY(text_member(json, "whole_disk"));
    snapshot.transport = QUIETUS_TRY(enum_member(json, "transport", kTransports));
    snapshot.medium = QUIETUS_TRY(enum_member(json, "medium", kMedia));
    snapshot.removable = QUIETUS_TRY(bool_member(json, "removable"));
    snapshot.read_only = QUIETUS_TRY(bool_member(json, "read_only"));
    return {};
}

Result<void> read_lists(const Json& json, DeviceSnapshot& snapshot) {
    snapshot.partitions =
        QUIETUS_TRY(list_member<Partition>(json, "partitions", partition_from_json));
    snapshot.hidden_areas =
        QUIETUS_TRY(list_member<HiddenArea>(json, "hidden_areas", area_from_json));
    snapshot.drivers = QUIETUS_TRY(list_member<std::string>(json, "drivers", string_from_json));
    snapshot.sources = QUIETUS_TRY(
        (list_member<std::pair<std::string, std::string>>(json, "sources", source_from_json)));
    return {};
}

}  // namespace

void put_sourced(Json& object, const std::string& key, const SourcedString& text) {
    if (!text.value) {
        object[key] = Json{{"unavailable", printable_text(text.unavailable)}};
        return;
    }
    object[key] = text.value->printable();
    if (text.value->differs_from_printable())
        object[key + "_raw"] = to_hex(bytes_of(text.value->raw));
}

Json to_json(const DeviceIdentity& identity) {
    Json json{{"model", sourced_json(identity.model)},
              {"serial", sourced_json(identity.serial)},
              {"wwn", sourced_json(identity.wwn)},
              {"firmware", sourced_json(identity.firmware)},
              {"size", json_integer(identity.size.bytes)}};
    if (identity.serial_shared) json["serial_shared"] = true;
    if (identity.backing) json["backing"] = to_json(*identity.backing);
    if (identity.disk_sequence) json["disk_sequence"] = json_integer(*identity.disk_sequence);
    return json;
}

Result<DeviceIdentity> identity_from_json(const Json& json) {
    DeviceIdentity identity;
    identity.model = QUIETUS_TRY(sourced_member(json, "model"));
    identity.serial = QUIETUS_TRY(sourced_member(json, "serial"));
    identity.wwn = QUIETUS_TRY(sourced_member(json, "wwn"));
    identity.firmware = QUIETUS_TRY(sourced_member(json, "firmware"));
    identity.size = {QUIETUS_TRY(integer_member(json, "size"))};
    if (json.contains("serial_shared"))
        identity.serial_shared = QUIETUS_TRY(bool_member(json, "serial_shared"));
    if (json.contains("backing"))
        identity.backing = QUIETUS_TRY(backing_from_json(json["backing"]));
    if (json.contains("disk_sequence"))
        identity.disk_sequence = QUIETUS_TRY(integer_member(json, "disk_sequence"));
    return identity;
}

Json to_json(const DeviceSnapshot& snapshot) {
    return Json{{"path", text_json(snapshot.path)},
                {"name", text_json(snapshot.name)},
                {"number", number_json(snapshot.number)},
                {"is_partition", snapshot.is_partition},
                {"whole_disk", text_json(snapshot.whole_disk)},
                {"transport", to_string(snapshot.transport)},
                {"medium", to_string(snapshot.medium)},
                {"identity", to_json(snapshot.identity)},
                {"geometry", to_json(snapshot.geometry)},
                {"build", to_json(snapshot.build)},
                {"removable", snapshot.removable},
                {"read_only", snapshot.read_only},
                {"partitions", list_json(snapshot.partitions)},
                {"usage", to_json(snapshot.usage)},
                {"hidden_areas", list_json(snapshot.hidden_areas)},
                {"nvme", snapshot.nvme ? to_json(*snapshot.nvme) : Json(nullptr)},
                {"drivers", list_json(snapshot.drivers)},
                {"sources", list_json(snapshot.sources)}};
}

Result<DeviceSnapshot> snapshot_from_json(const Json& json) {
    DeviceSnapshot snapshot;
    QUIETUS_TRY(read_names(json, snapshot));
    const Json identity = QUIETUS_TRY(member(json, "identity"));
    snapshot.identity = QUIETUS_TRY(identity_from_json(identity));
    const Json geometry = QUIETUS_TRY(member(json, "geometry"));
    snapshot.geometry = QUIETUS_TRY(geometry_from_json(geometry));
    const Json build = QUIETUS_TRY(member(json, "build"));
    snapshot.build = QUIETUS_TRY(build_from_json(build));
    const Json usage = QUIETUS_TRY(member(json, "usage"));
    snapshot.usage = QUIETUS_TRY(usage_from_json(usage));
    const Json nvme = QUIETUS_TRY(member(json, "nvme"));
    if (!nvme.is_null()) snapshot.nvme = QUIETUS_TRY(nvme_facts_from_json(nvme));
    QUIETUS_TRY(read_lists(json, snapshot));
    return snapshot;
}

}  // namespace quietus
