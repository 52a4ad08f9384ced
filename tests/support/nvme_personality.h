#pragma once
// How a drive of the device model is made and how it misbehaves, as data: a struct of knobs, and a
// table of drives that have a name. A knob can also be turned by text (`fails_at=40`), which is
// what the NVMe/TCP target of tests/lab/nvme_target takes.

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace quietus::test::nvme {

/// What an erase does to the media, whatever its status says.
enum class Erasure {
    whole,          ///< All of it, hidden and unallocated too: what the standard asks.
    nothing,        ///< Lies: success, and every byte is still there.
    first_half,     ///< The second half of each namespace keeps its data.
    attached_only,  ///< Namespaces that no controller shows keep their data.
    unmap_only,     ///< Reads back as zeros; the media still hold the data.
};

/// What the media hold where they were erased; a host sees it unless it was deallocated after.
enum class Remains {
    zeros,
    ones,
    vendor_pattern,  ///< 33 CC 55 AA.
    random,
    unreadable,  ///< Unrecovered Read Error until it is written.
};

/// Who may recover after a sanitize operation that failed.
enum class Failure {
    as_asked,      ///< By the AUSE bit of its command: what the standard asks.
    restricted,    ///< Restricted though AUSE was 1.
    unrestricted,  ///< Unrestricted though AUSE was 0.
};

/// A percentage of an erase that is never reached.
inline constexpr std::uint8_t kNever = 255;

struct Personality {
    std::string name{"honest"};

    // -- What Identify says. Strings go out byte by byte, whatever is in them.
    std::string serial{"MODEL0001"};
    std::string model{"QUIETUS MODEL NVME"};
    std::string firmware{"1.0"};
    std::string subsystem{"nqn.2026-01.org.quietus:model"};
    /// Where not 0: from this Identify Controller on it is another drive, with `other_serial`.
    std::uint64_t other_from{0};
    std::string other_serial{"MODEL9999"};
    std::uint32_t version{0x00010400};
    std::uint16_t oacs{0x000a};  ///< Bit 1 Format, 3 namespace management; 0 Security.
    std::uint8_t fna{0x04};
    std::uint32_t sanicap{0x7};  ///< Bit 0 crypto, 1 block, 2 overwrite, 3 EMVS, 29 NDI, 31:30.
    std::uint8_t rpmbs{0};
    std::uint8_t bpcap{0};
    std::uint8_t nwpc{0x1};    ///< Namespace write protection; 0: none.
    std::uint8_t vwc{0x1};     ///< Bit 0: it has a volatile write cache.
    std::uint8_t dlfeat{0x9};  ///< 2:0: deallocated reads as 1 zeros, 2 ones; 3 write zeroes frees.
    bool thin{false};          ///< Reports how much of a namespace is in use.
    std::uint16_t queues{8};   ///< I/O queues it grants.
    /// The last sanitize operation before ours: SSTAT 2:0 and the CDW10 it had.
    std::uint8_t earlier_status{0};
    std::uint32_t earlier_cdw10{0};
    /// Each namespace says it is so many times as large as its medium, and aliases.
    std::uint8_t capacity_factor{1};

    // -- SMART
    std::uint8_t critical_warning{0};
    std::uint16_t kelvin{310};
    std::uint8_t spare{100};
    std::uint8_t used{3};
    std::uint64_t media_errors{0};
    std::uint64_t power_on_hours{1234};
    std::uint64_t unsafe_shutdowns{5};

    // -- How long things take
    std::chrono::milliseconds sanitize_takes{1000};  ///< 0: success with the completion.
    std::chrono::milliseconds format_takes{0};
    std::chrono::milliseconds command_takes{0};  ///< Every admin command, on top.

    // -- What an erase really does
    Erasure sanitize_does{Erasure::whole};
    Erasure format_does{Erasure::whole};
    /// Else Format of a namespace that the controller does not show is Invalid Field, as for most
    /// commands that name an inactive NSID. Drives differ; which is right is unconfirmed.
    bool formats_unattached{true};
    bool format_ignores_ses{false};  ///< Format says success; SES is not looked at.
    Remains after_block{Remains::zeros};
    Remains after_crypto{Remains::random};
    /// After a sanitize without NDAS, and after a secure format.
    bool deallocates{true};
    bool log_never_changes{false};  ///< Accepts a sanitize command; log 81h stays as it was.
    std::uint32_t echo_xor{0};      ///< SCDW10 is the command's CDW10 with these bits turned.

    // -- At so many percent of a sanitize operation
    std::uint8_t stalls_at{kNever};
    std::uint8_t fails_at{kNever};
    std::uint8_t forgets_at{kNever};      ///< Controller reset; the operation never was.
    std::uint8_t loses_power_at{kNever};  ///< Goes on at the next power-on, which is at once.
    std::uint8_t vanishes_at{kNever};
    std::uint8_t format_fails_at{kNever};
    Failure failure{Failure::as_asked};

    // -- What stands in the way
    /// Where not 0: Sanitize and Format are answered so (001h: TCG Block SID, security freeze).
    std::uint16_t erase_refused_with{0};
    bool pmr_enabled{false};
    bool firmware_pending{false};  ///< Until the next reset.
    bool lockdown{false};
};

/// Every drive that has a name, `honest` first.
std::span<const Personality> personalities();
/// Nothing where no drive is called so.
std::optional<Personality> personality(std::string_view name);

/// Turns one knob: `KNOB=VALUE`. Numbers are decimal or 0x; flags are 0 or 1; times are
/// milliseconds; strings take \xNN; percentages take `never`. Else false, and `why` says why.
bool turn(Personality& drive, std::string_view knob_and_value, std::string& why);

}  // namespace quietus::test::nvme
