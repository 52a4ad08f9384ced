#pragma once
// The device model's memory of itself: plain numbers, so that it can lie in a file or in memory
// which forked processes share. What a power cycle does not take away is all in here.

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace quietus::test::nvme {

inline constexpr std::size_t kNamespacesMax = 8;
inline constexpr std::size_t kControllersMax = 2;
inline constexpr std::size_t kSeenMax = 256;
/// What the model keeps account of: so many bytes of a medium.
inline constexpr std::uint64_t kUnit = 512;

/// What a host sees of a unit of the medium.
enum class UnitState : std::uint8_t { mapped, deallocated, unreadable };

enum class FormatState : std::uint8_t { ready, in_progress, failed };

struct NamespaceState {
    std::uint8_t allocated{};
    std::uint8_t attached_to{};  ///< A bit for each controller.
    std::uint8_t lba_format{};
    std::uint8_t protection{};  ///< Feature 84h: 0 none, 1 on, 2 until power cycle, 3 for ever.
    FormatState format{};
    std::uint8_t shared{};     ///< NMIC bit 0.
    std::uint32_t age{};       ///< Times it was created: makes its identifiers new.
    std::uint64_t capacity{};  ///< Bytes that it says it has.
};

/// Sanitize state information: SSI bits 3:0 of log 81h.
enum class SanitizeStep : std::uint8_t {
    idle,
    restricted_processing,
    restricted_failure,
    unrestricted_processing,
    unrestricted_failure,
    media_verification,
    post_verification_deallocation,
};

/// What log 81h tells of an operation.
struct SanitizeOutcome {
    std::uint8_t status{};  ///< SSTAT 2:0.
    std::uint8_t passes{};  ///< SSTAT 7:3.
    std::uint8_t verification_cancelled{};
    std::uint32_t cdw10{};
};

struct SanitizeState {
    SanitizeOutcome now{}, before{};
    SanitizeStep step{};
    SanitizeStep failed_from{};
    std::uint8_t data_erased{};  ///< Global Data Erased.
    std::uint32_t cdw10{};       ///< Of the command that runs, or ran last.
    std::uint32_t pattern{};
    std::uint32_t configuration{};  ///< Feature 17h: bit 0 NODRM. Survives (from memory).
    std::uint8_t may_go_on{};       ///< It was released from where it stalled.
    std::uint64_t elapsed_ms{};
    std::uint64_t work{};  ///< Bytes erased so far, over all passes.
};

struct FormatJob {
    std::uint8_t active{};
    std::uint8_t erase_setting{};
    std::uint8_t lba_format{};
    std::uint32_t spaces{};  ///< A bit for each namespace.
    std::uint64_t elapsed_ms{};
    std::uint64_t work{};
};

struct ControllerState {
    std::array<std::uint32_t, 256> features{};
    std::uint64_t timestamp{};
    std::uint8_t event_requests{};  ///< Held.
    std::uint8_t sanitize_event{};  ///< Waits to be told.
    std::uint8_t space_event{};
};

struct SeenCommand {
    std::uint8_t controller{};
    std::uint8_t opcode{};
    std::uint16_t status{};
    std::uint32_t nsid{}, cdw10{}, cdw11{};
};

struct State {
    std::array<char, 8> magic{};
    std::uint64_t size{};  ///< Of it all, with the units after it.
    std::uint64_t now_ms{};
    std::uint64_t resets{};
    std::uint64_t identifies{};
    std::uint8_t gone{};
    std::uint8_t frozen{};
    SanitizeState sanitize{};
    FormatJob format{};
    std::array<NamespaceState, kNamespacesMax> spaces{};
    std::array<ControllerState, kControllersMax> controllers{};
    std::array<std::uint64_t, 256> admin_counts{};
    std::uint64_t seen_count{};
    std::array<SeenCommand, kSeenMax> seen{};
};
static_assert(std::is_trivially_copyable_v<State>);

}  // namespace quietus::test::nvme
