#include "support/nvme_personality.h"

#include <array>
#include <charconv>
#include <limits>
#include <type_traits>
#include <variant>
#include <vector>

namespace quietus::test::nvme {
namespace {

using std::chrono::milliseconds;

constexpr std::uint32_t kCrypto = 1;
constexpr std::uint32_t kBlock = 2;
constexpr std::uint32_t kOverwrite = 4;
constexpr std::uint32_t kVerification = 8;
constexpr std::uint32_t kNoDeallocateInhibited = 1U << 29U;
constexpr std::uint32_t kNoFurtherModification = 1U << 30U;
constexpr std::uint32_t kEveryAction = kCrypto | kBlock | kOverwrite;

template <class Change>
Personality a_drive(const char* name, Change change) {
    Personality drive;
    drive.name = name;
    change(drive);
    return drive;
}

Personality with_strings(const char* name, const std::string& text) {
    return a_drive(name, [&](Personality& drive) {
        drive.serial = text;
        drive.model = text;
        drive.firmware = text;
    });
}

Personality with_sanicap(const char* name, std::uint32_t sanicap) {
    return a_drive(name, [&](Personality& drive) { drive.sanicap = sanicap; });
}

std::vector<Personality> abilities() {
    return {
        Personality{},
        with_sanicap("block-only", kBlock),
        with_sanicap("crypto-only", kCrypto),
        with_sanicap("overwrite-only", kOverwrite),
        with_sanicap("block-and-crypto", kBlock | kCrypto),
        with_sanicap("keeps-allocated", kEveryAction | kNoFurtherModification),
        with_sanicap("verifiable", kEveryAction | kVerification | kNoFurtherModification),
        with_sanicap("no-deallocate-inhibited", kEveryAction | kNoDeallocateInhibited),
        with_sanicap("no-sanitize", 0),
        a_drive("no-erase",
                [](Personality& drive) {
                    drive.sanicap = 0;
                    drive.oacs = 0;
                    drive.fna = 0;
                }),
        a_drive("format-only-user-data",
                [](Personality& drive) {
                    drive.sanicap = 0;
                    drive.fna = 0;
                }),
        a_drive("format-everything",
                [](Personality& drive) {
                    drive.sanicap = 0;
                    drive.fna = 0x07;
                }),
        a_drive("format-attached-only",
                [](Personality& drive) {
                    drive.sanicap = 0;
                    drive.formats_unattached = false;
                }),
        a_drive("instant", [](Personality& drive) { drive.sanitize_takes = milliseconds{0}; }),
        a_drive("slow",
                [](Personality& drive) {
                    drive.command_takes = milliseconds{2000};
                    drive.sanitize_takes = milliseconds{60'000};
                    drive.format_takes = milliseconds{30'000};
                }),
        a_drive("worn",
                [](Personality& drive) {
                    drive.critical_warning = 0x05;
                    drive.kelvin = 358;
                    drive.spare = 4;
                    drive.used = 255;
                    drive.media_errors = 77;
                }),
        a_drive("reserved-areas",
                [](Personality& drive) {
                    drive.rpmbs = 2;
                    drive.bpcap = 1;
                }),
    };
}

std::vector<Personality> remains() {
    return {
        a_drive("vendor-pattern",
                [](Personality& drive) {
                    drive.after_block = Remains::vendor_pattern;
                    drive.deallocates = false;
                }),
        a_drive("random-remains",
                [](Personality& drive) {
                    drive.sanicap = kCrypto;
                    drive.deallocates = false;
                }),
        a_drive("unreadable-remains",
                [](Personality& drive) {
                    drive.after_block = Remains::unreadable;
                    drive.deallocates = false;
                }),
    };
}

std::vector<Personality> liars() {
    return {
        a_drive("lying",
                [](Personality& drive) {
                    drive.sanitize_does = Erasure::nothing;
                    drive.format_does = Erasure::nothing;
                }),
        a_drive("half-erasing",
                [](Personality& drive) {
                    drive.sanitize_does = Erasure::first_half;
                    drive.format_does = Erasure::first_half;
                }),
        a_drive("keeps-hidden",
                [](Personality& drive) {
                    drive.sanitize_does = Erasure::attached_only;
                    drive.format_does = Erasure::attached_only;
                }),
        a_drive("unmaps-only",
                [](Personality& drive) {
                    drive.sanitize_does = Erasure::unmap_only;
                    drive.format_does = Erasure::unmap_only;
                }),
        a_drive("format-ignores-ses",
                [](Personality& drive) {
                    drive.sanicap = 0;
                    drive.format_ignores_ses = true;
                }),
        a_drive("wrong-echo", [](Personality& drive) { drive.echo_xor = 0x1; }),
        a_drive("log-unchanged",
                [](Personality& drive) {
                    drive.log_never_changes = true;
                    drive.sanitize_does = Erasure::nothing;
                }),
        a_drive("log-says-success-already",
                [](Personality& drive) {
                    drive.log_never_changes = true;
                    drive.sanitize_does = Erasure::nothing;
                    drive.earlier_status = 1;
                    drive.earlier_cdw10 = 0x2;
                }),
        a_drive("sanitized-before",
                [](Personality& drive) {
                    drive.earlier_status = 1;
                    drive.earlier_cdw10 = 0x2;
                }),
        a_drive("fake-capacity", [](Personality& drive) { drive.capacity_factor = 2; }),
        a_drive("another-drive", [](Personality& drive) { drive.other_from = 3; }),
    };
}

std::vector<Personality> failures() {
    return {
        a_drive("stalling", [](Personality& drive) { drive.stalls_at = 40; }),
        a_drive("failing", [](Personality& drive) { drive.fails_at = 40; }),
        a_drive("failing-restricted",
                [](Personality& drive) {
                    drive.fails_at = 40;
                    drive.failure = Failure::restricted;
                }),
        a_drive("failing-unrestricted",
                [](Personality& drive) {
                    drive.fails_at = 40;
                    drive.failure = Failure::unrestricted;
                }),
        a_drive("forgetful", [](Personality& drive) { drive.forgets_at = 40; }),
        a_drive("losing-power", [](Personality& drive) { drive.loses_power_at = 40; }),
        a_drive("vanishing", [](Personality& drive) { drive.vanishes_at = 40; }),
        a_drive("format-failing",
                [](Personality& drive) {
                    drive.sanicap = 0;
                    drive.format_fails_at = 40;
                }),
        a_drive("block-sid", [](Personality& drive) { drive.erase_refused_with = 0x001; }),
        a_drive("block-sid-format", [](Personality& drive) { drive.erase_refused_with = 0x10a; }),
        a_drive("pmr-enabled", [](Personality& drive) { drive.pmr_enabled = true; }),
        a_drive("firmware-pending", [](Personality& drive) { drive.firmware_pending = true; }),
        a_drive("lockdown", [](Personality& drive) { drive.lockdown = true; }),
    };
}

std::vector<Personality> hostile_strings() {
    return {
        with_strings("strings-ansi", "\x1b[2J\x1b[31mOK\a"),
        with_strings("strings-nul", std::string{"A\0B\0\0C", 6}),
        with_strings("strings-utf8", "\u00dc\u202e\u2028\U0001f4a9"),
        with_strings("strings-ff", std::string(40, '\xff')),
        with_strings("strings-blank", ""),
    };
}

std::vector<Personality> make_table() {
    std::vector<Personality> table = abilities();
    for (const auto& part : {remains(), liars(), failures(), hostile_strings()}) {
        table.insert(table.end(), part.begin(), part.end());
    }
    return table;
}

// -- Knobs as text
// -----------------------------------------------------------------------------------------------

using Knob =
    std::variant<std::string Personality::*, std::uint8_t Personality::*,
                 std::uint16_t Personality::*, std::uint32_t Personality::*,
                 std::uint64_t Personality::*, bool Personality::*, milliseconds Personality::*,
                 Erasure Personality::*, Remains Personality::*, Failure Personality::*>;

struct NamedKnob {
    std::string_view name;
    Knob knob;
};

#define QUIETUS_KNOB(member)          \
    NamedKnob {                       \
#member, &Personality::member \
    }
const std::array kKnobs{
    QUIETUS_KNOB(serial),
    QUIETUS_KNOB(model),
    QUIETUS_KNOB(firmware),
    QUIETUS_KNOB(subsystem),
    QUIETUS_KNOB(other_from),
    QUIETUS_KNOB(other_serial),
    QUIETUS_KNOB(version),
    QUIETUS_KNOB(oacs),
    QUIETUS_KNOB(fna),
    QUIETUS_KNOB(sanicap),
    QUIETUS_KNOB(rpmbs),
    QUIETUS_KNOB(bpcap),
    QUIETUS_KNOB(nwpc),
    QUIETUS_KNOB(vwc),
    QUIETUS_KNOB(dlfeat),
    QUIETUS_KNOB(queues),
    QUIETUS_KNOB(earlier_status),
    QUIETUS_KNOB(earlier_cdw10),
    QUIETUS_KNOB(capacity_factor),
    QUIETUS_KNOB(critical_warning),
    QUIETUS_KNOB(kelvin),
    QUIETUS_KNOB(spare),
    QUIETUS_KNOB(used),
    QUIETUS_KNOB(media_errors),
    QUIETUS_KNOB(power_on_hours),
    QUIETUS_KNOB(unsafe_shutdowns),
    QUIETUS_KNOB(sanitize_takes),
    QUIETUS_KNOB(format_takes),
    QUIETUS_KNOB(command_takes),
    QUIETUS_KNOB(sanitize_does),
    QUIETUS_KNOB(format_does),
    QUIETUS_KNOB(format_ignores_ses),
    QUIETUS_KNOB(after_block),
    QUIETUS_KNOB(after_crypto),
    QUIETUS_KNOB(deallocates),
    QUIETUS_KNOB(log_never_changes),
    QUIETUS_KNOB(echo_xor),
    QUIETUS_KNOB(stalls_at),
    QUIETUS_KNOB(fails_at),
    QUIETUS_KNOB(forgets_at),
    QUIETUS_KNOB(loses_power_at),
    QUIETUS_KNOB(vanishes_at),
    QUIETUS_KNOB(format_fails_at),
    QUIETUS_KNOB(failure),
    QUIETUS_KNOB(erase_refused_with),
    QUIETUS_KNOB(pmr_enabled),
    QUIETUS_KNOB(firmware_pending),
    QUIETUS_KNOB(lockdown),
    QUIETUS_KNOB(thin),
    QUIETUS_KNOB(formats_unattached),
};
#undef QUIETUS_KNOB

// In the order of their enumerations.
constexpr std::array<std::string_view, 5> kErasures{"whole", "nothing", "first_half",
                                                    "attached_only", "unmap_only"};
constexpr std::array<std::string_view, 5> kRemains{"zeros", "ones", "vendor_pattern", "random",
                                                   "unreadable"};
constexpr std::array<std::string_view, 3> kFailures{"as_asked", "restricted", "unrestricted"};

std::optional<std::uint64_t> number(std::string_view text, std::uint64_t max) {
    const bool is_hex = text.starts_with("0x");
    if (is_hex) text.remove_prefix(2);
    std::uint64_t value = 0;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), value, is_hex ? 16 : 10);
    if (error != std::errc{} || end != text.data() + text.size() || value > max) {
        return std::nullopt;
    }
    return value;
}

template <class Enum, std::size_t Size>
bool choose(Enum& into, const std::array<std::string_view, Size>& words, std::string_view text) {
    for (std::size_t i = 0; i < Size; ++i) {
        if (words[i] != text) continue;
        into = static_cast<Enum>(i);
        return true;
    }
    return false;
}

std::optional<std::string> unescaped(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        if (!text.starts_with("\\x")) {
            out += text.front();
            text.remove_prefix(1);
            continue;
        }
        const auto value = number("0x" + std::string{text.substr(2, 2)}, 0xff);
        if (!value || text.size() < 4) return std::nullopt;
        out += static_cast<char>(*value);
        text.remove_prefix(4);
    }
    return out;
}

bool assign(std::string& into, std::string_view text) {
    const auto bytes = unescaped(text);
    if (bytes) into = *bytes;
    return bytes.has_value();
}
bool assign(bool& into, std::string_view text) {
    into = text == "1";
    return text == "0" || text == "1";
}
bool assign(milliseconds& into, std::string_view text) {
    const auto value = number(text, std::numeric_limits<std::uint32_t>::max());
    if (value) into = milliseconds{*value};
    return value.has_value();
}
bool assign(Erasure& into, std::string_view text) {
    return choose(into, kErasures, text);
}
bool assign(Remains& into, std::string_view text) {
    return choose(into, kRemains, text);
}
bool assign(Failure& into, std::string_view text) {
    return choose(into, kFailures, text);
}
template <class Number>
requires std::is_unsigned_v<Number>
bool assign(Number& into, std::string_view text) {
    if (text == "never") text = "255";
    const auto value = number(text, std::numeric_limits<Number>::max());
    if (value) into = static_cast<Number>(*value);
    return value.has_value();
}

}  // namespace

std::span<const Personality> personalities() {
    static const std::vector<Personality> kTable = make_table();
    return kTable;
}

std::optional<Personality> personality(std::string_view name) {
    for (const Personality& drive : personalities()) {
        if (drive.name == name) return drive;
    }
    return std::nullopt;
}

bool turn(Personality& drive, std::string_view knob_and_value, std::string& why) {
    const std::size_t equals = knob_and_value.find('=');
    const std::string_view name = knob_and_value.substr(0, equals);
    for (const NamedKnob& named : kKnobs) {
        if (named.name != name || equals == std::string_view::npos) continue;
        const std::string_view text = knob_and_value.substr(equals + 1);
        const bool done =
            std::visit([&](auto member) { return assign(drive.*member, text); }, named.knob);
        if (!done) why = "not a value: '" + std::string{knob_and_value} + "'";
        return done;
    }
    why = "no knob: '" + std::string{name} + "'";
    return false;
}

}  // namespace quietus::test::nvme
