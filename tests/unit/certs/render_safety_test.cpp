// Texts that would hide, reorder or forge something, and where they end up.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "certs/render/page_of_record.h"
#include "certs/render/pdf_check.h"
#include "certs/render/text_safety.h"
#include "unit/certs/render_fixture.h"

namespace quietus::certs {
namespace {

using namespace testing;
using ::testing::HasSubstr;
using ::testing::Not;

std::string utf8(std::uint32_t point) {
    const auto byte = [](std::uint32_t value) { return static_cast<char>(value); };
    if (point < 0x80) return {byte(point)};
    if (point < 0x800) return {byte(0xC0U | point >> 6U), byte(0x80U | (point & 0x3FU))};
    if (point < 0x10000)
        return {byte(0xE0U | point >> 12U), byte(0x80U | (point >> 6U & 0x3FU)),
                byte(0x80U | (point & 0x3FU))};
    return {byte(0xF0U | point >> 18U), byte(0x80U | (point >> 12U & 0x3FU)),
            byte(0x80U | (point >> 6U & 0x3FU)), byte(0x80U | (point & 0x3FU))};
}

const std::vector<std::string> kHostile{
    "\x1b[31mred\x1b[0m\x1b]0;title\x07",
    "<script>alert(1)</script>\"' onload='x",
    "</style></title><img src=x>",
    "ABC\u202e4321\u202c",
    "\u2066isolated\u2069\u200f\u061c",
    "zero\u200bwidth\u200d\ufeffjoined\u00ad",
    std::string(200, 'M'),
    std::string{"bytes \xff\xfe\x80 nul "} + '\0' + " end",
    "line\nbreak\r\u2028separator",
    "/ByteRange [ 0 1 2 3 ] %%EOF startxref /Contents <00>",
    "שלום العربية 日本語 हिन्दी ✓",
    "]]> --> &amp; &#x3c;",
};

TEST(SafeText, LeavesOrdinaryTextAlone) {
    for (const char* text : {"WD-TEST0001", "Łucja Żółć", "Müller & Söhne", "日本語", "½ µ ✓", ""})
        EXPECT_EQ(safe_text(text), text);
}

TEST(SafeText, SpellsOutWhatIsInvisibleOrReorders) {
    for (const std::uint32_t point :
         {0x00ADU,     0x034FU,  0x061CU, 0x115FU, 0x180EU, 0x200BU, 0x200CU, 0x200DU, 0x200EU,
          0x200FU,     0x2028U,  0x2029U, 0x202AU, 0x202BU, 0x202CU, 0x202DU, 0x202EU, 0x2060U,
          0x2066U,     0x2067U,  0x2068U, 0x2069U, 0x2800U, 0x3164U, 0xFE0FU, 0xFEFFU, 0xFFA0U,
          0xFFFCU - 1, 0xE0041U, 0x1U,    0x7U,    0x1BU,   0x7FU,   0x85U,   0x9BU,   0xE000U}) {
        const std::string shown = safe_text("a" + utf8(point) + "b");
        EXPECT_THAT(shown, Not(HasSubstr(utf8(point)))) << std::hex << point;
        EXPECT_GT(shown.size(), 5U) << "not visible: " << std::hex << point;
        EXPECT_EQ(shown.front(), 'a');
        EXPECT_EQ(shown.back(), 'b');
    }
}

TEST(SafeText, KeepsMarksFromPilingUp) {
    EXPECT_EQ(safe_text("e\u0301\u0302"), "e\u0301\u0302");
    EXPECT_EQ(safe_text("e\u0301\u0302\u0303\u0304x"), "e\u0301\u0302<U+0303><U+0304>x");
    EXPECT_EQ(safe_text("\u0338"
                        "5"),
              "<U+0338>5")
        << "would strike through what stands before";
}

TEST(SafeText, CutsAndSaysSo) {
    const std::string shown = safe_text(std::string(5000, 'x'));
    EXPECT_THAT(shown, HasSubstr("[... 4400 characters not shown ...]"));
    EXPECT_LT(shown.size(), 700U);
    EXPECT_EQ(shortened("日本語", 2), "日本...");
    EXPECT_EQ(shortened("日本", 2), "日本");
}

TEST(HtmlText, EscapesEveryCharacterThatMeansSomething) {
    EXPECT_EQ(html_text("<a b=\"c\" d='e'>&"), "&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;");
    EXPECT_EQ(html_text("x\u202e"), html_text(safe_text("x\u202e")));
}

std::string tags_of(const std::string& html) {
    std::string tags;
    for (std::size_t at = html.find('<'); at != std::string::npos; at = html.find('<', at + 1))
        tags += html.substr(at, html.find_first_of(" >", at) - at) + "\n";
    return tags;
}

// Puts the text wherever a person or a device may put one.
RenderInput with(RenderInput input, const std::string& text) {
    const std::string printable =
        safe_text(text);  // records are made printable before; both are tried
    for (const char* key : {"model", "serial", "asset_tag", "classification", "destination"})
        input.record["drive"][key] = text;
    input.record["issuer"]["organisation"] = printable;
    input.record["order"]["ticket"] = text;
    input.people["people"][0]["name"] = text;
    input.record["host"]["site"] = text;
    input.record["sanitization"]["not_reached"] = Json::array({{{"what", text}, {"why", text}}});
    input.standing.statements = {{text, text, text, text, text, text}};
    input.standing.missing = {text};
    return input;
}

TEST(HostileStrings, AddNoMarkupToAPage) {
    const Issuer issuer;
    const RenderInput plain = input_of(issuer, an_erased_drive());
    const std::string expected = tags_of(render_html(with(plain, "plain")).value());
    for (const std::string& text : kHostile) {
        const std::string html = render_html(with(plain, text)).value();
        EXPECT_EQ(tags_of(html), expected) << text;
        for (const char* hidden : {"\u202e", "\u2066", "\u200b", "\u200f", "\x1b", "\ufeff"})
            EXPECT_THAT(html, Not(HasSubstr(hidden))) << text;
    }
}

TEST(HostileStrings, CannotMakeAFailureLookGood) {
    const Issuer issuer;
    for (const std::string& text : kHostile) {
        const RenderInput input = with(input_of(issuer, a_failed_erasure()), text);
        const Page page =
            page_of_record(input.record, input.record_bytes, input.standing, input.people);
        EXPECT_EQ(page.badge, "NOT ERASED");
        EXPECT_EQ(page.stamp, "NOT A CERTIFICATE");
    }
}

TEST(HostileStrings, StillMakeASignedPdfThatVerifies) {
    const Issuer issuer;
    for (const std::string& text : kHostile) {
        RenderInput input = with(input_of(issuer, an_erased_drive()), text);
        for (const bool label : {false, true}) {
            const auto pdf = label ? render_label(input, &issuer.key, kNow)
                                   : render_pdf(input, &issuer.key, kNow);
            ASSERT_TRUE(pdf.has_value()) << pdf.error().message;
            const auto signer = verify_pdf(*pdf, attachments_for({input}), issuer.trust(), kNow);
            EXPECT_TRUE(signer.has_value()) << signer.error().message << ": " << text;
        }
    }
}

}  // namespace
}  // namespace quietus::certs
