#include "support/machine_file.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <iomanip>
#include <sstream>

#include "base/bytes.h"
#include "base/file.h"

namespace quietus::test {

namespace {

constexpr std::array<std::pair<const char*, FileType>, 8> kTypes{
    {{"regular", FileType::regular},
     {"directory", FileType::directory},
     {"symlink", FileType::symlink},
     {"block", FileType::block},
     {"character", FileType::character},
     {"fifo", FileType::fifo},
     {"socket", FileType::socket},
     {"other", FileType::other}}};
constexpr std::array<std::pair<const char*, int>, 7> kErrors{{{"EACCES", EACCES},
                                                              {"EPERM", EPERM},
                                                              {"ENOENT", ENOENT},
                                                              {"ESRCH", ESRCH},
                                                              {"EIO", EIO},
                                                              {"ENOMEDIUM", ENOMEDIUM},
                                                              {"EINVAL", EINVAL}}};

// -- Reading
// ------------------------------------------------------------------------------------------------------

Result<DeviceNumber> device_number(const Json& object, const std::string& key) {
    const std::string text = QUIETUS_TRY(string_member(object, key));
    DeviceNumber number;
    if (std::sscanf(text.c_str(), "%u:%u", &number.major, &number.minor) != 2) {
        return failure(ErrorCode::bad_evidence, key + ": not a device number: " + text);
    }
    return number;
}

Result<FileFacts> facts_from(const Json& json) {
    FileFacts facts;
    const std::string type = QUIETUS_TRY(string_member(json, "type"));
    for (const auto& [name, value] : kTypes) {
        if (type == name) facts.type = value;
    }
    if (json.contains("dev")) facts.file_system = QUIETUS_TRY(device_number(json, "dev"));
    if (json.contains("rdev")) facts.number = QUIETUS_TRY(device_number(json, "rdev"));
    if (json.contains("ino")) facts.inode = QUIETUS_TRY(integer_member(json, "ino"));
    return facts;
}

Result<std::optional<LoopBacking>> loop_from(const Json& json) {
    if (json.is_null()) return std::nullopt;
    LoopBacking backing;
    backing.file_system = QUIETUS_TRY(device_number(json, "dev"));
    if (json.contains("rdev")) backing.disk = QUIETUS_TRY(device_number(json, "rdev"));
    if (json.contains("ino")) backing.inode = QUIETUS_TRY(integer_member(json, "ino"));
    if (json.contains("offset")) backing.offset = QUIETUS_TRY(integer_member(json, "offset"));
    return backing;
}

Result<std::vector<FoundSignature>> signatures_from(const Json& json) {
    std::vector<FoundSignature> signatures;
    for (const Json& item : json) {
        signatures.push_back({QUIETUS_TRY(string_member(item, "type")),
                              QUIETUS_TRY(string_member(item, "usage")),
                              QUIETUS_TRY(string_member(item, "label"))});
    }
    return signatures;
}

Result<HandleFacts> handle_from(const Json& json) {
    HandleFacts handle;
    handle.number = QUIETUS_TRY(device_number(json, "number"));
    handle.size = {QUIETUS_TRY(integer_member(json, "size"))};
    handle.logical_sector =
        static_cast<std::uint32_t>(QUIETUS_TRY(integer_member(json, "logical_sector")));
    handle.physical_sector =
        static_cast<std::uint32_t>(QUIETUS_TRY(integer_member(json, "physical_sector")));
    handle.read_only = QUIETUS_TRY(bool_member(json, "read_only"));
    if (json.contains("disk_sequence"))
        handle.disk_sequence = QUIETUS_TRY(integer_member(json, "disk_sequence"));
    if (json.contains("backing")) handle.backing = QUIETUS_TRY(loop_from(json["backing"]));
    return handle;
}

// -- Repetition
// ---------------------------------------------------------------------------------------------------

std::string sd_name(unsigned index) {
    std::string letters;
    for (++index; index > 0; index /= 26) {
        --index;
        letters.insert(letters.begin(), static_cast<char>('a' + index % 26));
    }
    return "sd" + letters;
}

// sd_major() and sd_probe() in drivers/scsi/sd.c: 16 minors a disk, 16 majors, then further minors.
std::string sd_number(unsigned index) {
    const unsigned group = (index & 0xF0U) >> 4U;
    const unsigned major = group == 0 ? 8 : group < 8 ? 64 + group : 128 + group - 8;
    const unsigned minor = ((index & 0xFU) << 4U) | (index & 0xFFFFF00U);
    return std::to_string(major) + ":" + std::to_string(minor);
}

std::string word_for(const std::string& word, unsigned index) {
    const auto colon = word.find(':');
    const std::string name = word.substr(0, colon);
    std::ostringstream padded;
    padded << std::setfill('0')
           << std::setw(colon == std::string::npos ? 0 : std::stoi(word.substr(colon + 1)));
    if (name == "n") return (padded << index, padded.str());
    if (name == "x") return (padded << std::hex << index, padded.str());
    if (name == "sd") return sd_name(index);
    if (name == "sddev") return sd_number(index);
    return "{" + word + "}";
}

std::string filled(const std::string& text, unsigned index) {
    std::string result;
    std::size_t at = 0;
    for (auto open = text.find('{'); open != std::string::npos; open = text.find('{', at)) {
        const auto close = text.find('}', open);
        if (close == std::string::npos) break;
        result +=
            text.substr(at, open - at) + word_for(text.substr(open + 1, close - open - 1), index);
        at = close + 1;
    }
    return result + text.substr(at);
}

Json filled(const Json& json, unsigned index) {
    if (json.is_string()) return filled(json.get<std::string>(), index);
    if (json.is_array()) {
        Json list = Json::array();
        for (const Json& item : json) list.push_back(filled(item, index));
        return list;
    }
    if (!json.is_object()) return json;
    Json object = Json::object();
    for (const auto& [key, value] : json.items()) object[filled(key, index)] = filled(value, index);
    return object;
}

// -- The parts
// ----------------------------------------------------------------------------------------------------

Result<void> add_strings(const Json& json, const std::string& key,
                         std::map<std::string, std::string>& into) {
    if (!json.contains(key)) return {};
    for (const auto& [path, value] : json[key].items()) {
        if (!value.is_string()) return failure(ErrorCode::bad_evidence, path + ": not a string");
        into[path] = value.get<std::string>();
    }
    return {};
}

template <class T>
Result<void> add_values(const Json& json, const std::string& key, std::map<std::string, T>& into,
                        Result<T> (*read)(const Json&)) {
    if (!json.contains(key)) return {};
    for (const auto& [path, value] : json[key].items())
        into[path] = QUIETUS_TRY_CONTEXT(read(value), path);
    return {};
}

Result<int> error_from(const Json& json) {
    for (const auto& [name, value] : kErrors) {
        if (json == name) return value;
    }
    return failure(ErrorCode::bad_evidence, "unknown errno");
}

Result<void> add_parts(const Json& json, Machine& machine) {
    QUIETUS_TRY(add_strings(json, "files", machine.files));
    std::map<std::string, std::string> binary;
    QUIETUS_TRY(add_strings(json, "binary", binary));
    for (const auto& [path, hex] : binary)
        machine.files[path] = text_of(QUIETUS_TRY_CONTEXT(from_hex(hex), path));
    QUIETUS_TRY(add_strings(json, "links", machine.links));
    QUIETUS_TRY(add_values(json, "facts", machine.facts, facts_from));
    QUIETUS_TRY(add_values(json, "errors", machine.errors, error_from));
    QUIETUS_TRY(add_values(json, "loops", machine.loops, loop_from));
    QUIETUS_TRY(add_values(json, "signatures", machine.signatures, signatures_from));
    QUIETUS_TRY(add_values(json, "handles", machine.handles, handle_from));
    QUIETUS_TRY(add_values(json, "nvme", machine.nvme, nvme_answers_from_json));
    return {};
}

}  // namespace

Result<Machine> machine_from_json(const Json& json) {
    const std::string schema = QUIETUS_TRY(string_member(json, "schema"));
    if (schema != "quietus/machine/1")
        return failure(ErrorCode::bad_evidence, "not a machine file");
    Machine machine;
    machine.origin = QUIETUS_TRY(string_member(json, "origin"));
    machine.note = QUIETUS_TRY(string_member(json, "note"));
    if (json.contains("root")) machine.root = QUIETUS_TRY(bool_member(json, "root"));
    if (json.contains("own_process"))
        machine.own_process = static_cast<int>(QUIETUS_TRY(integer_member(json, "own_process")));
    QUIETUS_TRY(add_parts(json, machine));
    if (!json.contains("repeat")) return machine;
    for (const Json& repeat : json["repeat"]) {
        const auto first = static_cast<unsigned>(QUIETUS_TRY(integer_member(repeat, "first")));
        const auto count = static_cast<unsigned>(QUIETUS_TRY(integer_member(repeat, "count")));
        for (unsigned index = first; index < first + count; ++index)
            QUIETUS_TRY(add_parts(filled(repeat, index), machine));
    }
    return machine;
}

Result<Machine> load_machine(const std::string& name) {
    const std::string path = std::string{QUIETUS_SOURCE_DIR} + "/tests/machines/" + name + ".json";
    const std::string text = QUIETUS_TRY(read_whole_file(path, 64 * 1024 * 1024));
    const Json json = QUIETUS_TRY_CONTEXT(parse_json(text), path);
    return machine_from_json(json);
}

// -- Writing
// ------------------------------------------------------------------------------------------------------

namespace {

Json to_json(const FileFacts& facts) {
    Json json;
    for (const auto& [name, value] : kTypes) {
        if (facts.type == value) json["type"] = name;
    }
    json["dev"] = to_string(facts.file_system);
    if (facts.number != DeviceNumber{}) json["rdev"] = to_string(facts.number);
    if (facts.type == FileType::regular) json["ino"] = json_integer(facts.inode);
    return json;
}

Json to_json(const std::optional<LoopBacking>& backing) {
    if (!backing) return nullptr;
    Json json{{"dev", to_string(backing->file_system)}, {"ino", json_integer(backing->inode)}};
    if (backing->offset != 0) json["offset"] = json_integer(backing->offset);
    if (backing->disk) json["rdev"] = to_string(*backing->disk);
    return json;
}

Json to_json(const HandleFacts& handle) {
    Json json{{"number", to_string(handle.number)},
              {"size", json_integer(handle.size.bytes)},
              {"logical_sector", handle.logical_sector},
              {"physical_sector", handle.physical_sector},
              {"read_only", handle.read_only}};
    if (handle.disk_sequence) json["disk_sequence"] = json_integer(*handle.disk_sequence);
    if (handle.backing) json["backing"] = to_json(handle.backing);
    return json;
}

Json to_json(const std::vector<FoundSignature>& signatures) {
    Json list = Json::array();
    for (const auto& item : signatures)
        list.push_back({{"type", item.type}, {"usage", item.usage}, {"label", item.label}});
    return list;
}

bool is_text(const std::string& text) {
    std::string without_breaks = text;
    std::erase_if(without_breaks, [](char c) { return c == '\n' || c == '\t'; });
    return printable_text(without_breaks) == without_breaks;
}

// `"key": {` one entry a line `}`.
std::string section(const std::string& key, const Json& entries) {
    if (entries.empty()) return {};
    std::string text;
    for (const auto& [path, value] : entries.items()) {
        text += (text.empty() ? "\n  " : ",\n  ") + canonical_json(Json(path)) + ": " +
                canonical_json(value);
    }
    return ",\n \"" + key + "\": {" + text + "}";
}

}  // namespace

std::string machine_to_text(const Machine& machine) {
    std::map<std::string, Json> parts;
    for (const auto& [path, text] : machine.files) {
        if (is_text(text))
            parts["files"][path] = text;
        else
            parts["binary"][path] = to_hex(bytes_of(text));
    }
    for (const auto& [path, target] : machine.links) parts["links"][path] = target;
    for (const auto& [path, facts] : machine.facts) parts["facts"][path] = to_json(facts);
    for (const auto& [path, loop] : machine.loops) parts["loops"][path] = to_json(loop);
    for (const auto& [path, found] : machine.signatures) parts["signatures"][path] = to_json(found);
    for (const auto& [path, handle] : machine.handles) parts["handles"][path] = to_json(handle);
    for (const auto& [path, answers] : machine.nvme) parts["nvme"][path] = to_json(answers);
    for (const auto& [path, error] : machine.errors) {
        for (const auto& [name, value] : kErrors) {
            if (error == value) parts["errors"][path] = name;
        }
    }
    std::string text =
        "{\"schema\": \"quietus/machine/1\", \"origin\": " + canonical_json(Json(machine.origin)) +
        ",\n \"note\": " + canonical_json(Json(machine.note)) +
        ",\n \"root\": " + (machine.root ? "true" : "false") +
        ", \"own_process\": " + std::to_string(machine.own_process);
    for (const auto& [key, entries] : parts) text += section(key, entries);
    return text + "}\n";
}

}  // namespace quietus::test
