#include "subsystem.h"

#include <string>

namespace quietus::nvme_target {
namespace {

constexpr std::uint16_t kControllerBusy = 0x4181;
constexpr std::uint16_t kConnectInvalid = 0x4182;
constexpr std::uint16_t kInvalidField = 0x4002;

constexpr std::uint32_t kCapabilities = 0x00;
constexpr std::uint32_t kVersion = 0x08;
constexpr std::uint32_t kConfiguration = 0x14;
constexpr std::uint32_t kStatus = 0x1c;

constexpr std::uint32_t kEnable = 1;
constexpr std::uint32_t kReady = 1;
constexpr std::uint32_t kShutdownComplete = 2U << 2U;

/// Any controller that is free.
constexpr std::uint16_t kDynamic = 0xffff;

std::string text_at(std::span<const std::byte> data, std::size_t offset, std::size_t size) {
    std::string out;
    for (const std::byte each : data.subspan(offset, size)) {
        if (each == std::byte{0}) break;
        out += static_cast<char>(each);
    }
    return out;
}

}  // namespace

// Command: 42-43 queue, 44-45 its size less one. Data: 16-17 controller, 256 subsystem's name.
FabricsAnswer Subsystem::connect(const nvme::Command& command, std::span<const std::byte> data,
                                 std::optional<Queue>& queue) {
    if (data.size() < 1024 || queue) return {.status = kInvalidField};
    if (text_at(data, 256, 256) != model_->personality.subsystem) {
        return {.status = kConnectInvalid};
    }
    Queue made{.controller = 0,
               .number = nvme::get16(command.bytes, 42),
               .size = static_cast<std::uint16_t>(nvme::get16(command.bytes, 44) + 1)};
    const std::uint16_t asked = nvme::get16(data, 16);
    if (made.number != 0) {
        if (asked < 1 || asked > model_->controllers() || !controllers_.at(asked - 1U).has_host) {
            return {.status = kConnectInvalid};
        }
        made.controller = asked - 1U;
        queue = made;
        return {.dw = asked};
    }
    while (made.controller < model_->controllers() && controllers_.at(made.controller).has_host) {
        ++made.controller;
    }
    if (asked != kDynamic) return {.status = kConnectInvalid};
    if (made.controller == model_->controllers()) return {.status = kControllerBusy};
    controllers_.at(made.controller) = {.has_host = true};
    model_->forget_host(made.controller);
    queue = made;
    return {.dw = made.controller + 1U};
}

FabricsAnswer Subsystem::get_property(unsigned controller, const nvme::Command& command) const {
    switch (nvme::get32(command.bytes, 44)) {
        case kCapabilities:
            // 128 entries, contiguous, ready within 10 s, the NVM command set.
            return {.dw = 127ULL | 1ULL << 16U | 20ULL << 24U | 1ULL << 37U};
        case kVersion:
            return {.dw = model_->personality.version};
        case kConfiguration:
            return {.dw = controllers_.at(controller).configuration};
        case kStatus:
            return {.dw = controllers_.at(controller).status};
        default:
            return {.status = kInvalidField};
    }
}

FabricsAnswer Subsystem::set_property(unsigned controller, const nvme::Command& command) {
    if (nvme::get32(command.bytes, 44) != kConfiguration) return {.status = kInvalidField};
    Controller& of = controllers_.at(controller);
    const std::uint32_t value = nvme::get32(command.bytes, 48);
    const bool is_reset = (of.configuration & kEnable) != 0 && (value & kEnable) == 0;
    of.configuration = value;
    of.status = (value & kEnable) != 0 ? kReady : 0;
    if (nvme::field(value, 15, 14) != 0) of.status |= kShutdownComplete;
    if (is_reset) {
        model_->reset_controller(controller);
        ++resets_seen_;
    }
    return {};
}

void Subsystem::disconnected(unsigned controller) {
    Controller& of = controllers_.at(controller);
    if (!of.has_host) return;
    of = Controller{};
    model_->reset_controller(controller);
    ++resets_seen_;
}

bool Subsystem::has_been_reset() {
    const bool is_present = model_->present();
    const bool has = model_->resets() != resets_seen_ || (was_present_ && !is_present);
    resets_seen_ = model_->resets();
    was_present_ = is_present;
    return has;
}

}  // namespace quietus::nvme_target
