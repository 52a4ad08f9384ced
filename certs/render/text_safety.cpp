#include "certs/render/text_safety.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <vector>

#include "base/bytes.h"

namespace quietus::certs {

namespace {

struct Span {
    std::uint32_t first, last;
};

// Unicode 15: default-ignorable code points, bidirectional controls, separators, fillers, private
// use and noncharacters of the first plane. Joiners are among them: they carry meaning in some
// scripts, but can also make two names look alike.
constexpr std::array kSpeltOut{
    Span{0x0000, 0x001F},   Span{0x007F, 0x009F},   Span{0x00AD, 0x00AD}, Span{0x034F, 0x034F},
    Span{0x061C, 0x061C},   Span{0x115F, 0x1160},   Span{0x17B4, 0x17B5}, Span{0x180B, 0x180F},
    Span{0x200B, 0x200F},   Span{0x2028, 0x202E},   Span{0x2060, 0x206F}, Span{0x2800, 0x2800},
    Span{0x3164, 0x3164},   Span{0xE000, 0xF8FF},   Span{0xFE00, 0xFE0F}, Span{0xFEFF, 0xFEFF},
    Span{0xFFA0, 0xFFA0},   Span{0xFFF0, 0xFFFB},   Span{0xFFFE, 0xFFFF}, Span{0x1BCA0, 0x1BCA3},
    Span{0x1D173, 0x1D17A}, Span{0xE0000, 0x10FFFF}};

// Blocks of nothing but combining marks, and the marks of scripts in which more than two on one
// letter are no ordinary spelling.
constexpr std::array kMarks{Span{0x0300, 0x036F}, Span{0x0483, 0x0489}, Span{0x0591, 0x05BD},
                            Span{0x0610, 0x061A}, Span{0x064B, 0x065F}, Span{0x0E31, 0x0E3A},
                            Span{0x0E47, 0x0E4E}, Span{0x1AB0, 0x1AFF}, Span{0x1DC0, 0x1DFF},
                            Span{0x20D0, 0x20FF}, Span{0x302A, 0x302F}, Span{0x3099, 0x309A},
                            Span{0xFE20, 0xFE2F}};
constexpr int kMarksMax = 2;

template <std::size_t N>
bool is_in(const std::array<Span, N>& spans, std::uint32_t point) {
    return std::any_of(spans.begin(), spans.end(),
                       [&](const Span& s) { return point >= s.first && point <= s.last; });
}

std::string spelt_out(std::uint32_t point) {
    std::array<char, 16> text{};
    const int written = std::snprintf(text.data(), text.size(), "<U+%04X>", point);
    return {text.data(), static_cast<std::size_t>(std::max(written, 0))};
}

struct Letter {
    std::uint32_t point;
    std::string_view bytes;
};

// `text` is well-formed UTF-8: printable_text has seen to that.
Letter first_letter(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(text[i]) & 0xFFU; };
    const std::uint32_t lead = byte(0);
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    QUIETUS_CHECK(length <= text.size());
    std::uint32_t point = length == 1 ? lead : lead & (0xFFU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) point = point << 6U | (byte(i) & 0x3FU);
    return {point, text.substr(0, length)};
}

std::string joined(const std::vector<std::string>& parts, std::size_t first, std::size_t count) {
    std::string text;
    for (std::size_t i = first; i < first + count; ++i) text += parts[i];
    return text;
}

}  // namespace

std::string safe_text(std::string_view raw) {
    const std::string printable = printable_text(raw);
    std::vector<std::string> parts;
    int marks = 0;
    for (std::string_view rest = printable; !rest.empty();) {
        const Letter letter = first_letter(rest);
        rest.remove_prefix(letter.bytes.size());
        marks = is_in(kMarks, letter.point) ? marks + 1 : 0;
        // The first letter must not sit on what stands before the text.
        const bool loose = marks > 0 && parts.empty();
        if (is_in(kSpeltOut, letter.point) || marks > kMarksMax || loose)
            parts.push_back(spelt_out(letter.point));
        else
            parts.emplace_back(letter.bytes);
    }
    if (parts.size() <= kShownCharactersMax) return joined(parts, 0, parts.size());
    constexpr std::size_t kHead = kShownCharactersMax * 2 / 3;
    constexpr std::size_t kTail = kShownCharactersMax - kHead;
    return joined(parts, 0, kHead) + " [... " + std::to_string(parts.size() - kHead - kTail) +
           " characters not shown ...] " + joined(parts, parts.size() - kTail, kTail);
}

std::string shortened(const std::string& safe, std::size_t most) {
    std::size_t shown = 0;
    std::size_t at = 0;
    for (; at < safe.size() && shown < most; ++shown)
        at += first_letter(std::string_view{safe}.substr(at)).bytes.size();
    return at == safe.size() ? safe : safe.substr(0, at) + "...";
}

std::string html_text(std::string_view raw) {
    std::string text;
    for (const char c : safe_text(raw)) {
        switch (c) {
            case '&':
                text += "&amp;";
                break;
            case '<':
                text += "&lt;";
                break;
            case '>':
                text += "&gt;";
                break;
            case '"':
                text += "&quot;";
                break;
            case '\'':
                text += "&#39;";
                break;
            default:
                text += c;
        }
    }
    return text;
}

}  // namespace quietus::certs
