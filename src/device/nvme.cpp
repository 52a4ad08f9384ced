#include "device/nvme.h"

#include <algorithm>
#include <array>
#include <limits>

#include "base/endian.h"

namespace quietus {

namespace {

using State = NvmeSanitizeLog::State;

// Byte offsets in log page 81h.
constexpr std::size_t kProgressAt = 0, kStatusAt = 2, kCommandAt = 4, kOverwriteTimeAt = 8,
                      kBlockTimeAt = 12, kCryptoTimeAt = 16;
constexpr std::uint32_t kNoTime = 0xFFFFFFFF;

State state_of(unsigned status) {
    constexpr std::array kStates{State::never, State::succeeded, State::in_progress, State::failed,
                                 State::succeeded_deallocated};
    return status < kStates.size() ? kStates[status] : State::reserved;
}

// -- JSON
// ------------------------------------------------------------------------------------------------

template <class Integer>
Result<void> read(const Json& json, const std::string& key, Integer& into) {
    const std::uint64_t value = QUIETUS_TRY(integer_member(json, key));
    if (value > std::numeric_limits<Integer>::max())
        return failure(ErrorCode::bad_evidence, "\"" + key + "\" is too large");
    into = static_cast<Integer>(value);
    return {};
}

Result<void> read(const Json& json, const std::string& key, bool& into) {
    into = QUIETUS_TRY(bool_member(json, key));
    return {};
}

Result<void> read(const Json& json, const std::string& key, DeviceString& into) {
    into.raw = text_of(QUIETUS_TRY_CONTEXT(from_hex(QUIETUS_TRY(string_member(json, key))), key));
    return {};
}

Json hex_of(const DeviceString& text) {
    return to_hex(bytes_of(text.raw));
}

Json to_json(const NvmeSanitizeSupport& support) {
    return {{"crypto", support.crypto},
            {"block", support.block},
            {"overwrite", support.overwrite},
            {"verification", support.verification},
            {"no_deallocate_inhibited", support.no_deallocate_inhibited}};
}

Result<NvmeSanitizeSupport> support_from(const Json& json) {
    NvmeSanitizeSupport support;
    QUIETUS_TRY(read(json, "crypto", support.crypto));
    QUIETUS_TRY(read(json, "block", support.block));
    QUIETUS_TRY(read(json, "overwrite", support.overwrite));
    QUIETUS_TRY(read(json, "verification", support.verification));
    QUIETUS_TRY(read(json, "no_deallocate_inhibited", support.no_deallocate_inhibited));
    return support;
}

Json to_json(const NvmeNamespace& one) {
    return {{"nsid", one.id},
            {"attached", one.attached},
            {"blocks", json_integer(one.blocks)},
            {"capacity", json_integer(one.capacity)},
            {"used", json_integer(one.used)},
            {"block_size", one.block_size},
            {"metadata_size", one.metadata_size},
            {"shared", one.shared},
            {"write_protected", one.write_protected}};
}

Result<NvmeNamespace> namespace_from(const Json& json) {
    NvmeNamespace one;
    QUIETUS_TRY(read(json, "nsid", one.id));
    QUIETUS_TRY(read(json, "attached", one.attached));
    QUIETUS_TRY(read(json, "blocks", one.blocks));
    QUIETUS_TRY(read(json, "capacity", one.capacity));
    QUIETUS_TRY(read(json, "used", one.used));
    QUIETUS_TRY(read(json, "block_size", one.block_size));
    QUIETUS_TRY(read(json, "metadata_size", one.metadata_size));
    QUIETUS_TRY(read(json, "shared", one.shared));
    QUIETUS_TRY(read(json, "write_protected", one.write_protected));
    return one;
}

Json to_json(const std::optional<std::uint32_t>& seconds) {
    return seconds ? Json(*seconds) : Json(nullptr);
}

Result<std::optional<std::uint32_t>> seconds_from(const Json& json, const std::string& key) {
    if (QUIETUS_TRY(member(json, key)).is_null()) return std::nullopt;
    std::uint32_t seconds{};
    QUIETUS_TRY(read(json, key, seconds));
    return seconds;
}

Json to_json(const NvmeSanitizeLog& log) {
    return {{"state", to_string(log.state)},
            {"progress", log.progress},
            {"global_data_erased", log.global_data_erased},
            {"completed_passes", log.completed_passes},
            {"command_dword10", log.command_dword10},
            {"overwrite_s", to_json(log.overwrite_s)},
            {"block_erase_s", to_json(log.block_erase_s)},
            {"crypto_erase_s", to_json(log.crypto_erase_s)}};
}

Result<NvmeSanitizeLog> log_from(const Json& json) {
    NvmeSanitizeLog log;
    const std::string state = QUIETUS_TRY(string_member(json, "state"));
    log.state = State::reserved;
    for (unsigned i = 0; i < 5; ++i) {
        if (to_string(state_of(i)) == state) log.state = state_of(i);
    }
    QUIETUS_TRY(read(json, "progress", log.progress));
    QUIETUS_TRY(read(json, "global_data_erased", log.global_data_erased));
    QUIETUS_TRY(read(json, "completed_passes", log.completed_passes));
    QUIETUS_TRY(read(json, "command_dword10", log.command_dword10));
    log.overwrite_s = QUIETUS_TRY(seconds_from(json, "overwrite_s"));
    log.block_erase_s = QUIETUS_TRY(seconds_from(json, "block_erase_s"));
    log.crypto_erase_s = QUIETUS_TRY(seconds_from(json, "crypto_erase_s"));
    return log;
}

Json to_json(const NvmeHealth& health) {
    return {{"critical_warning", health.critical_warning},
            {"temperature_k", health.temperature_k},
            {"available_spare", health.available_spare},
            {"percentage_used", health.percentage_used},
            {"media_errors", json_integer(health.media_errors)},
            {"power_on_hours", json_integer(health.power_on_hours)},
            {"unsafe_shutdowns", json_integer(health.unsafe_shutdowns)}};
}

Result<NvmeHealth> health_from(const Json& json) {
    NvmeHealth health;
    QUIETUS_TRY(read(json, "critical_warning", health.critical_warning));
    QUIETUS_TRY(read(json, "temperature_k", health.temperature_k));
    QUIETUS_TRY(read(json, "available_spare", health.available_spare));
    QUIETUS_TRY(read(json, "percentage_used", health.percentage_used));
    QUIETUS_TRY(read(json, "media_errors", health.media_errors));
    QUIETUS_TRY(read(json, "power_on_hours", health.power_on_hours));
    QUIETUS_TRY(read(json, "unsafe_shutdowns", health.unsafe_shutdowns));
    return health;
}

template <class T>
Json or_null(const std::optional<T>& value) {
    return value ? to_json(*value) : Json(nullptr);
}

}  // namespace

std::string to_string(NvmeSanitizeLog::State state) {
    switch (state) {
        case State::never:
            return "never-started";
        case State::succeeded:
            return "succeeded";
        case State::in_progress:
            return "in-progress";
        case State::failed:
            return "failed";
        case State::succeeded_deallocated:
            return "succeeded-deallocated";
        case State::reserved:
            break;
    }
    return "reserved";
}

std::optional<NvmeSanitizeLog> decode_sanitize_log(std::span<const std::byte> log) {
    if (log.size() < kSanitizeLogKept) return std::nullopt;
    const auto seconds = [&](std::size_t at) -> std::optional<std::uint32_t> {
        const std::uint32_t value = little32(log, at);
        return value == kNoTime ? std::nullopt : std::optional{value};
    };
    const unsigned status = little16(log, kStatusAt);
    NvmeSanitizeLog decoded;
    decoded.state = state_of(status & 7U);
    decoded.progress = little16(log, kProgressAt);
    decoded.global_data_erased = (status & 0x100U) != 0;
    decoded.completed_passes = static_cast<std::uint8_t>(status >> 3U & 0x1FU);
    decoded.command_dword10 = little32(log, kCommandAt);
    decoded.overwrite_s = seconds(kOverwriteTimeAt);
    decoded.block_erase_s = seconds(kBlockTimeAt);
    decoded.crypto_erase_s = seconds(kCryptoTimeAt);
    return decoded;
}

std::optional<NvmeHealth> decode_health_log(std::span<const std::byte> log) {
    constexpr std::size_t kNeeded = 176;
    if (log.size() < kNeeded) return std::nullopt;
    NvmeHealth health;
    health.critical_warning = std::to_integer<std::uint8_t>(log[0]);
    health.temperature_k = little16(log, 1);
    health.available_spare = std::to_integer<std::uint8_t>(log[3]);
    health.percentage_used = std::to_integer<std::uint8_t>(log[5]);
    health.power_on_hours = little128_capped(log, 128);
    health.unsafe_shutdowns = little128_capped(log, 144);
    health.media_errors = little128_capped(log, 160);
    return health;
}

Json to_json(const NvmeFacts& facts) {
    Json namespaces = Json::array();
    for (const NvmeNamespace& one : facts.namespaces) namespaces.push_back(to_json(one));
    return {{"serial_hex", hex_of(facts.serial)},
            {"model_hex", hex_of(facts.model)},
            {"firmware_hex", hex_of(facts.firmware)},
            {"own_namespace", facts.own_namespace},
            {"controller", facts.controller},
            {"version", facts.version},
            {"several_controllers", facts.several_controllers},
            {"controllers", facts.controllers},
            {"sanitize", to_json(facts.sanitize)},
            {"format", facts.format},
            {"format_attributes", facts.format_attributes},
            {"manages_namespaces", facts.manages_namespaces},
            {"unallocated", json_integer(facts.unallocated)},
            {"boot_partitions", facts.boot_partitions},
            {"replay_protected", facts.replay_protected},
            {"write_cache", facts.write_cache},
            {"namespaces", std::move(namespaces)},
            {"allocated_told", facts.allocated_told},
            {"sanitize_log", or_null(facts.sanitize_log)},
            {"health", or_null(facts.health)}};
}

Result<NvmeFacts> nvme_facts_from_json(const Json& json) {
    NvmeFacts facts;
    QUIETUS_TRY(read(json, "serial_hex", facts.serial));
    QUIETUS_TRY(read(json, "model_hex", facts.model));
    QUIETUS_TRY(read(json, "firmware_hex", facts.firmware));
    QUIETUS_TRY(read(json, "own_namespace", facts.own_namespace));
    QUIETUS_TRY(read(json, "controller", facts.controller));
    QUIETUS_TRY(read(json, "version", facts.version));
    QUIETUS_TRY(read(json, "several_controllers", facts.several_controllers));
    facts.sanitize = QUIETUS_TRY(support_from(QUIETUS_TRY(member(json, "sanitize"))));
    QUIETUS_TRY(read(json, "format", facts.format));
    QUIETUS_TRY(read(json, "format_attributes", facts.format_attributes));
    QUIETUS_TRY(read(json, "manages_namespaces", facts.manages_namespaces));
    QUIETUS_TRY(read(json, "unallocated", facts.unallocated));
    QUIETUS_TRY(read(json, "boot_partitions", facts.boot_partitions));
    QUIETUS_TRY(read(json, "replay_protected", facts.replay_protected));
    QUIETUS_TRY(read(json, "write_cache", facts.write_cache));
    QUIETUS_TRY(read(json, "allocated_told", facts.allocated_told));
    const Json controllers = QUIETUS_TRY(member(json, "controllers"));
    const Json namespaces = QUIETUS_TRY(member(json, "namespaces"));
    if (!controllers.is_array() || !namespaces.is_array())
        return failure(ErrorCode::bad_evidence, "controllers or namespaces are not a list");
    for (const Json& id : controllers) {
        const std::uint64_t value = QUIETUS_TRY(integer_from(id, "controller"));
        if (value > std::numeric_limits<std::uint16_t>::max())
            return failure(ErrorCode::bad_evidence, "the id of a controller is too large");
        facts.controllers.push_back(static_cast<std::uint16_t>(value));
    }
    for (const Json& one : namespaces) facts.namespaces.push_back(QUIETUS_TRY(namespace_from(one)));
    const Json log = QUIETUS_TRY(member(json, "sanitize_log"));
    if (!log.is_null()) facts.sanitize_log = QUIETUS_TRY(log_from(log));
    const Json health = QUIETUS_TRY(member(json, "health"));
    if (!health.is_null()) facts.health = QUIETUS_TRY(health_from(health));
    return facts;
}

}  // namespace quietus
