// The device model: Get and Set Features, Namespace Management and Attachment.

#include <algorithm>
#include <array>
#include <bit>

#include "support/nvme_model.h"

namespace quietus::test::nvme {
namespace {

constexpr std::uint32_t kVolatileCache = 0x06;
constexpr std::uint32_t kQueues = 0x07;
constexpr std::uint32_t kEventConfiguration = 0x0b;
constexpr std::uint32_t kTimestamp = 0x0e;
constexpr std::uint32_t kHostBehaviour = 0x16;
constexpr std::uint32_t kSanitizeConfiguration = 0x17;
constexpr std::uint32_t kHostIdentifier = 0x81;
constexpr std::uint32_t kWriteProtection = 0x84;

constexpr std::uint32_t kCreate = 0;
constexpr std::uint32_t kDelete = 1;

Completion refused(std::uint16_t code) {
    return {.status = static_cast<std::uint16_t>(code == 0 ? 0 : code | status::kDoNotRetry)};
}

// Kept and given back, no more: arbitration, power management, temperature threshold, error
// recovery, interrupt coalescing and vectors, write atomicity, keep alive timer.
bool is_plain(std::uint32_t feature) {
    constexpr std::array<std::uint32_t, 8> kPlain{0x01, 0x02, 0x04, 0x05, 0x08, 0x09, 0x0a, 0x0f};
    return std::ranges::find(kPlain, feature) != kPlain.end();
}

}  // namespace

Completion Model::get_features(unsigned controller, const Command& command,
                               std::span<std::byte> data) {
    const std::uint32_t feature = field(command.dword(10), 7, 0);
    const ControllerState& of = state().controllers.at(controller);
    switch (feature) {
        case kQueues: {
            const auto granted = static_cast<std::uint32_t>(personality.queues - 1);
            return {.dw0 = granted << 16U | granted};
        }
        case kVolatileCache:
            if ((personality.vwc & 1U) == 0) return refused(status::kInvalidField);
            return {.dw0 = of.features[feature] ^ 1U};  // On unless somebody turned it off.
        case kTimestamp:
            if (data.size() < 8) return refused(status::kInvalidField);
            put(data, 0, of.timestamp + state().now_ms, 6);
            put(data, 6, of.timestamp != 0 ? 2 : 0, 2);
            return {};
        case kHostBehaviour:
        case kHostIdentifier:
            std::ranges::fill(data, std::byte{0});
            return {};
        case kSanitizeConfiguration:
            if ((personality.sanicap & 7U) == 0) return refused(status::kInvalidField);
            return {.dw0 = state().sanitize.configuration};
        case kWriteProtection:
            if (personality.nwpc == 0) return refused(status::kInvalidField);
            if (attached_space(controller, command.nsid()) == nullptr) {
                return refused(status::kInvalidNamespace);
            }
            return {.dw0 = state().spaces[command.nsid() - 1].protection};
        default:
            if (!is_plain(feature) && feature != kEventConfiguration) {
                return refused(status::kInvalidField);
            }
            return {.dw0 = of.features[feature]};
    }
}

Completion Model::set_features(unsigned controller, const Command& command,
                               std::span<std::byte> data) {
    const std::uint32_t feature = field(command.dword(10), 7, 0);
    const std::uint32_t value = command.dword(11);
    ControllerState& of = state().controllers.at(controller);
    switch (feature) {
        case kQueues: {
            const auto most = static_cast<std::uint32_t>(personality.queues - 1);
            const std::uint32_t submission = std::min(field(value, 15, 0), most);
            const std::uint32_t completion = std::min(field(value, 31, 16), most);
            return {.dw0 = completion << 16U | submission};
        }
        case kVolatileCache:
            if ((personality.vwc & 1U) == 0) return refused(status::kInvalidField);
            of.features[feature] = (value & 1U) ^ 1U;
            return {};
        case kTimestamp:
            if (data.size() < 8) return refused(status::kInvalidField);
            of.timestamp = get(data, 0, 6) - state().now_ms;
            return {};
        case kHostBehaviour:
        case kHostIdentifier:
            return {};
        case kSanitizeConfiguration:
            if ((personality.sanicap & 7U) == 0) return refused(status::kInvalidField);
            state().sanitize.configuration = value & 1U;
            return {};
        case kWriteProtection:
            return refused(protect(controller, command.nsid(), field(value, 2, 0)));
        default:
            if (!is_plain(feature) && feature != kEventConfiguration) {
                return refused(status::kInvalidField);
            }
            of.features[feature] = value;
            return {};
    }
}

std::uint16_t Model::protect(unsigned controller, std::uint32_t nsid, std::uint32_t value) {
    if (personality.nwpc == 0) return status::kInvalidField;
    NamespaceState* space = attached_space(controller, nsid);
    if (space == nullptr) return status::kInvalidNamespace;
    const bool knows = value <= 1 || (value == 2 && (personality.nwpc & 2U) != 0) ||
                       (value == 3 && (personality.nwpc & 4U) != 0);
    if (!knows) return status::kInvalidField;
    if (space->protection >= 2 && space->protection != value) return status::kNotChangeable;
    space->protection = static_cast<std::uint8_t>(value);
    return 0;
}

// -- Namespaces
// -----------------------------------------------------------------------------------------------

// What is deleted stays on its medium: nobody erased it.
std::uint16_t Model::manage(const Command& command, std::span<std::byte> data,
                            std::uint32_t& nsid) {
    if ((personality.oacs & 8U) == 0) return status::kInvalidOpcode;
    if (const auto busy = media_status(/*is_write=*/true); busy != 0) return busy;
    const std::uint32_t what = field(command.dword(10), 3, 0);
    if (what == kDelete) {
        const bool is_every = command.nsid() == kEveryNamespace;
        const bool is_there = command.nsid() != 0 && command.nsid() <= specs_.size() &&
                              state().spaces[command.nsid() - 1].allocated != 0;
        if (!is_every && !is_there) return status::kInvalidNamespace;
        for (std::size_t i = 0; i < specs_.size(); ++i) {
            if (!is_every && command.nsid() != i + 1) continue;
            state().spaces[i].allocated = 0;
            state().spaces[i].attached_to = 0;
            state().spaces[i].protection = 0;
        }
        note_changed_spaces();
        return 0;
    }
    if (what != kCreate || data.size() < 384) return status::kInvalidField;
    const std::uint64_t lbas = get(data, 0, 8);
    const std::uint8_t lba_format = get8(data, 26) & 0xfU;
    if (lba_format > 1 || get8(data, 29) != 0) return status::kInvalidFormat;
    if (lbas == 0 || get(data, 8, 8) != lbas) return status::kInvalidField;  // Never thin.
    const std::uint64_t bytes = lbas > ~0ULL / 4096 ? ~0ULL : lbas * (lba_format == 0 ? 512 : 4096);
    bool some_left = false;
    for (std::size_t i = 0; i < specs_.size(); ++i) {
        NamespaceState& space = state().spaces[i];
        if (space.allocated != 0) continue;
        some_left = true;
        if (bytes > medium_bytes(i) * personality.capacity_factor) continue;
        space = {.allocated = 1,
                 .lba_format = lba_format,
                 .format = FormatState::ready,
                 .shared = static_cast<std::uint8_t>(get8(data, 30) & 1U),
                 .age = space.age + 1,
                 .capacity = bytes};
        std::ranges::fill(units(i), UnitState::deallocated);
        nsid = static_cast<std::uint32_t>(i + 1);
        return 0;
    }
    return some_left ? status::kInsufficientCapacity : status::kNoNamespaceId;
}

// SEL 0 attaches, 1 detaches; the data are a list of controllers, counted.
std::uint16_t Model::attach(const Command& command, std::span<std::byte> data) {
    if ((personality.oacs & 8U) == 0) return status::kInvalidOpcode;
    if (const auto busy = media_status(/*is_write=*/true); busy != 0) return busy;
    const std::uint32_t what = field(command.dword(10), 3, 0);
    if (what > 1) return status::kInvalidField;
    if (command.nsid() == 0 || command.nsid() > specs_.size() ||
        state().spaces[command.nsid() - 1].allocated == 0) {
        return status::kInvalidNamespace;
    }
    NamespaceState& space = state().spaces[command.nsid() - 1];
    if (data.size() < 2) return status::kControllerListInvalid;
    const std::size_t count = get16(data, 0);
    if (count == 0 || count > controllers_ || data.size() < 2 + 2 * count) {
        return status::kControllerListInvalid;
    }
    unsigned asked = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const unsigned id = get16(data, 2 + 2 * i);
        if (id < 1 || id > controllers_) return status::kControllerListInvalid;
        asked |= 1U << (id - 1);
    }
    if (what == 0 && (space.attached_to & asked) != 0) return status::kAlreadyAttached;
    if (what == 1 && (space.attached_to & asked) != asked) return status::kNotAttached;
    const unsigned becomes = what == 0 ? space.attached_to | asked : space.attached_to & ~asked;
    if (space.shared == 0 && std::popcount(becomes) > 1) return status::kPrivate;
    space.attached_to = static_cast<std::uint8_t>(becomes);
    note_changed_spaces();
    return 0;
}

void Model::note_changed_spaces() {
    for (ControllerState& controller : state().controllers) {
        const bool is_wanted = (controller.features[kEventConfiguration] >> 8U & 1U) != 0;
        if (is_wanted) controller.space_event = 1;
    }
}

}  // namespace quietus::test::nvme
