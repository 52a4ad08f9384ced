#pragma once
// What an NVMe subsystem says of itself, decoded: values only. Layouts follow NVM Express Base
// Specification 2.0 as public sources quote it; clause numbers that nobody we could read confirms
// are not given.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/json.h"
#include "device/device_string.h"

namespace quietus {

/// Sanitize Status log page (LID 81h), the first 40 bytes of it.
struct NvmeSanitizeLog {
    enum class State {
        never,                  ///< SSTAT 0
        succeeded,              ///< SSTAT 1
        in_progress,            ///< SSTAT 2
        failed,                 ///< SSTAT 3
        succeeded_deallocated,  ///< SSTAT 4: done, and deallocated although NDAS asked not to
        reserved,
    };
    State state{State::never};
    std::uint16_t progress{0xFFFF};    ///< SPROG, in 65536ths; FFFFh when nothing is in progress.
    bool global_data_erased{false};    ///< SSTAT bit 8: nothing was written since the last success.
    std::uint8_t completed_passes{0};  ///< SSTAT bits 7:3
    std::uint32_t command_dword10{0};  ///< SCDW10: the command that ran last.
    /// Seconds the drive expects for overwrite (16 passes), block erase, crypto erase; nothing
    /// where not reported.
    std::optional<std::uint32_t> overwrite_s, block_erase_s, crypto_erase_s;
    friend bool operator==(const NvmeSanitizeLog&, const NvmeSanitizeLog&) = default;

    bool succeeded() const {
        return state == State::succeeded || state == State::succeeded_deallocated;
    }
};
std::string to_string(NvmeSanitizeLog::State state);

inline constexpr std::size_t kSanitizeLogSize = 512;
/// The part that is decoded and kept.
inline constexpr std::size_t kSanitizeLogKept = 40;
/// Nothing where there are fewer bytes than kSanitizeLogKept.
std::optional<NvmeSanitizeLog> decode_sanitize_log(std::span<const std::byte> log);

/// SMART / Health log page (LID 02h): what a record says before and after.
struct NvmeHealth {
    std::uint8_t critical_warning{0};
    std::uint16_t temperature_k{0};
    std::uint8_t available_spare{0}, percentage_used{0};
    std::uint64_t media_errors{0}, power_on_hours{0}, unsafe_shutdowns{0};  ///< At most 2^64-1.
    friend bool operator==(const NvmeHealth&, const NvmeHealth&) = default;
};
std::optional<NvmeHealth> decode_health_log(std::span<const std::byte> log);

struct NvmeNamespace {
    std::uint32_t id{0};
    bool attached{false};  ///< To the controller we ask; else allocated only.
    std::uint64_t blocks{0}, capacity{0}, used{0};  ///< NSZE, NCAP, NUSE; 0 where not told.
    std::uint32_t block_size{0};                    ///< Bytes; 0 where not told.
    std::uint32_t metadata_size{0};
    bool shared{false};           ///< NMIC bit 0: other controllers may have it attached.
    bool write_protected{false};  ///< NSATTR bit 0
    friend bool operator==(const NvmeNamespace&, const NvmeNamespace&) = default;
};

/// Which of the Sanitize operations SANICAP offers.
struct NvmeSanitizeSupport {
    bool crypto{false}, block{false}, overwrite{false};
    bool verification{false};             ///< Bit 3: media verification state (EMVS).
    bool no_deallocate_inhibited{false};  ///< Bit 29 (NDI).
    friend bool operator==(const NvmeSanitizeSupport&, const NvmeSanitizeSupport&) = default;
};

struct NvmeFacts {
    DeviceString serial, model, firmware;    ///< From Identify through the very descriptor.
    std::uint32_t own_namespace{0};          ///< NSID of the node asked; 0 where not known.
    std::uint16_t controller{0};             ///< CNTLID
    std::uint32_t version{0};                ///< VER
    bool several_controllers{false};         ///< CMIC bit 1: the subsystem may have others.
    std::vector<std::uint16_t> controllers;  ///< Of the subsystem (CNS 13h); empty where not told.
    NvmeSanitizeSupport sanitize;
    bool format{false};                     ///< OACS bit 1
    std::uint8_t format_attributes{0};      ///< FNA
    bool manages_namespaces{false};         ///< OACS bit 3
    std::uint64_t unallocated{0};           ///< UNVMCAP, bytes, at most 2^64-1.
    bool boot_partitions{false};            ///< BPCAP says something of boot partitions.
    unsigned replay_protected{0};           ///< RPMBS: number of RPMB units.
    bool write_cache{false};                ///< VWC bit 0
    std::vector<NvmeNamespace> namespaces;  ///< Attached first, by id.
    bool allocated_told{false};  ///< The list of allocated namespaces (CNS 10h) could be had.
    std::optional<NvmeSanitizeLog> sanitize_log;
    std::optional<NvmeHealth> health;
    friend bool operator==(const NvmeFacts&, const NvmeFacts&) = default;
};

Json to_json(const NvmeFacts& facts);
Result<NvmeFacts> nvme_facts_from_json(const Json& json);

}  // namespace quietus
