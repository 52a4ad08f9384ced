#include "control.h"

#include <charconv>
#include <optional>

namespace quietus::nvme_target {
namespace {

using test::nvme::Model;

std::optional<std::uint32_t> number(std::string_view text, int base) {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::string hex(std::uint32_t value) {
    std::array<char, 16> text{};
    const auto [end, error] = std::to_chars(text.begin(), text.end(), value, 16);
    return error == std::errc{} ? std::string{text.begin(), end} : std::string{};
}

std::string status_line(const Model& model, std::size_t hosts) {
    const auto& sanitize = model.seen().sanitize;
    const unsigned sstat =
        sanitize.now.status | sanitize.now.passes * 8U | sanitize.data_erased * 256U;
    const auto percent = model.progress();
    return "ok present=" + std::to_string(model.present() ? 1 : 0) +
           " now=" + std::to_string(model.seen().now_ms) + " sstat=" + hex(sstat) +
           " step=" + std::to_string(static_cast<unsigned>(sanitize.step)) +
           " progress=" + (percent ? std::to_string(*percent) : "none") +
           " resets=" + std::to_string(model.resets()) + " hosts=" + std::to_string(hosts) + "\n";
}

std::string commands_text(const Model& model) {
    const auto seen = model.commands();
    std::string out = "ok " + std::to_string(seen.size()) + "\n";
    for (const auto& each : seen) {
        out += hex(each.controller) + " " + hex(each.opcode) + " " + hex(each.nsid) + " " +
               hex(each.cdw10) + " " + hex(each.cdw11) + " " + hex(each.status) + "\n";
    }
    return out;
}

}  // namespace

std::string answer(Model& model, std::string_view line, std::size_t hosts) {
    const std::size_t blank = line.find(' ');
    const std::string_view word = line.substr(0, blank);
    const std::string_view rest =
        blank == std::string_view::npos ? std::string_view{} : line.substr(blank + 1);
    const std::string good = "ok\n";
    if (word == "status") return status_line(model, hosts);
    if (word == "commands") return commands_text(model);
    if (word == "advance") {
        const auto by = number(rest, 10);
        if (!by) return "error not milliseconds: " + std::string{rest} + "\n";
        model.advance(std::chrono::milliseconds{*by});
        return good;
    }
    if (word == "count") {
        const auto opcode = number(rest, 16);
        if (!opcode || *opcode > 0xff) return "error not an opcode: " + std::string{rest} + "\n";
        return "ok " + std::to_string(model.count(static_cast<std::uint8_t>(*opcode))) + "\n";
    }
    if (word == "knob") {
        std::string why;
        return turn(model.personality, rest, why) ? good : "error " + why + "\n";
    }
    if (word == "freeze") return model.freeze(), good;
    if (word == "release") return model.release(), good;
    if (word == "vanish") return model.vanish(), good;
    if (word == "power-cycle") return model.power_cycle(), good;
    if (word == "reset") {
        for (unsigned i = 0; i < model.controllers(); ++i) model.reset_controller(i);
        return good;
    }
    return "error what is '" + std::string{word} + "'?\n";
}

}  // namespace quietus::nvme_target
