#include "base/bytes.h"
#include "base/json.h"
#include "plan/plan.h"

namespace quietus {

namespace {

// Printable and raw, so that neither two raw values that look alike nor a change of what a person
// was shown goes unseen. Where a value was read does not count: that differs by privilege.
Json digest_of(const SourcedString& text) {
    if (!text.value) return nullptr;
    return {{"printable", text.value->printable()}, {"raw", to_hex(bytes_of(text.value->raw))}};
}

Json digest_of(const LoopBacking& backing) {
    return {{"disk", backing.disk ? Json(to_string(*backing.disk)) : Json(nullptr)},
            {"file_system", to_string(backing.file_system)},
            {"inode", json_integer(backing.inode)},
            {"offset", json_integer(backing.offset)}};
}

Json digest_of(const DeviceIdentity& identity) {
    return {{"backing", identity.backing ? digest_of(*identity.backing) : Json(nullptr)},
            {"disk_sequence",
             identity.disk_sequence ? json_integer(*identity.disk_sequence) : Json(nullptr)},
            {"firmware", digest_of(identity.firmware)},
            {"model", digest_of(identity.model)},
            {"serial", digest_of(identity.serial)},
            {"size", json_integer(identity.size.bytes)},
            {"wwn", digest_of(identity.wwn)}};
}

// Without max_transfer: a setting of the kernel's queue, which changes neither drive nor outcome.
Json digest_of(const Geometry& geometry) {
    return {{"logical_sector", geometry.logical_sector},
            {"physical_sector", geometry.physical_sector},
            {"size", json_integer(geometry.size.bytes)},
            {"zones", to_string(geometry.zones)}};
}

Json digest_of(const Step& step) {
    if (const auto* pass = std::get_if<OverwritePass>(&step)) {
        return {{"do", "overwrite"},
                {"index", pass->index},
                {"of", pass->of},
                {"pattern", to_string(pass->pattern)},
                {"role", to_string(pass->role)}};
    }
    if (std::holds_alternative<PlantMarkers>(step)) return {{"do", "plant-markers"}};
    if (const auto* erase = std::get_if<HardwareErase>(&step))
        return {{"command", to_string(erase->command)}, {"do", "hardware-erase"}};
    const ReadBack& read_back = std::get<ReadBack>(step);
    return {{"do", "read-back"},
            {"mode", to_string(read_back.mode)},
            {"pass", read_back.pass},
            {"role", to_string(read_back.role)}};
}

// A drive without a serial of its own is told from its twins by where it is attached, as when it is
// confirmed by path and size.
Json digest_of_place(const DeviceSnapshot& target) {
    if (has_unique_serial(target.identity)) return nullptr;
    return {{"number", to_string(target.number)}, {"path", to_hex(bytes_of(target.path))}};
}

}  // namespace

std::string plan_digest(const Plan& plan) {
    Json steps = Json::array();
    for (const Step& step : plan.steps) steps.push_back(digest_of(step));
    return sha256_hex(canonical_json({{"schema", "quietus/plan-digest/1"},
                                      {"geometry", digest_of(plan.target.geometry)},
                                      {"identity", digest_of(plan.target.identity)},
                                      {"place", digest_of_place(plan.target)},
                                      {"steps", std::move(steps)}}));
}

}  // namespace quietus
