#include "certs/render/html.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/bytes.h"
#include "base/units.h"
#include "certs/render/qr.h"
#include "certs/render/text_safety.h"

namespace quietus::certs {

namespace {

// Frames and words tell records apart also where colours are lost. Texts of devices and people are
// isolated (bdi), so that none reorders what stands beside it.
constexpr std::string_view kStyle = R"(
:root{color-scheme:light}
body{font:15px/1.45 "DejaVu Sans",Verdana,sans-serif;color:#111;background:#fff;max-width:54rem;margin:0 auto;padding:1.5rem 2rem;border-top:.6rem solid #294061}
body.good{border-top-color:#0a5c3d}
body.bad{border:.9rem solid #000;border-image:repeating-linear-gradient(45deg,#000 0 .9rem,#fff .9rem 1.8rem) 28}
header{display:flex;justify-content:space-between;gap:2rem}
header svg{width:8rem;height:8rem;flex:none}
h1{font-size:1.9rem;line-height:1.2;margin:0 0 .4rem}
h2{font-size:1rem;margin:1.3rem 0 .4rem;border-bottom:1px solid #667}
p{margin:.3rem 0}
.badge{font-size:1.5rem;font-weight:bold;padding:.5rem .9rem;margin:1rem 0 .6rem;color:#fff;background:#294061}
.good .badge{background:#0a5c3d}
.failed .badge{background:#b21217;border:4px double #000}
.exception .badge{background:#fc3;color:#000;border:4px double #000}
.stamp{font-size:2rem;font-weight:bold;text-align:center;border:.35rem solid #000;padding:.3rem;margin:.6rem 0;letter-spacing:.08em}
.notice{font-weight:bold}
.facts{display:grid;grid-template-columns:1fr 1fr;gap:0 2rem}
dl{display:grid;grid-template-columns:9rem 1fr;gap:.1rem .8rem;margin:0;font-size:.9rem}
dt{color:#555}
dd{margin:0;overflow-wrap:break-word;min-width:0}
.fixed{white-space:nowrap;overflow-x:auto;hyphens:none;font-variant-ligatures:none}
ul{margin:.2rem 0;padding-left:1.2rem;font-size:.9rem}
.pictures{display:grid;grid-template-columns:1fr 1fr;gap:0 2rem;font-size:.8rem;color:#444}
.pictures svg{width:100%;height:4rem}
footer{margin-top:1.5rem;border-top:1px solid #667;padding-top:.4rem;font-size:.8rem}
@media (max-width:40rem){.facts,.pictures{grid-template-columns:1fr}}
@media print{body{max-width:none}.badge{print-color-adjust:exact}}
)";

std::string isolated(const std::string& text) {
    return "<bdi>" + html_text(text) + "</bdi>";
}

std::string number(double value) {
    const auto hundredths = std::lround(value * 100);
    std::string digits = std::to_string(hundredths % 100);
    if (digits.size() < 2) digits.insert(0, "0");
    return std::to_string(hundredths / 100) + "." + digits;
}

std::string rectangle(std::size_t x, std::size_t y, std::size_t width, std::size_t height,
                      const std::string& more) {
    return "<rect x=\"" + std::to_string(x) + "\" y=\"" + std::to_string(y) + "\" width=\"" +
           std::to_string(width) + "\" height=\"" + std::to_string(height) + "\"" + more + "/>";
}

std::string qr_svg(const QrCode& code) {
    const std::string side = std::to_string(code.width + 8);  // with its quiet zone
    std::string svg =
        "<svg role=\"img\" aria-label=\"QR code: id and digest of the record\" "
        "viewBox=\"-4 -4 " +
        side + " " + side + "\" shape-rendering=\"crispEdges\"><path d=\"";
    for (std::size_t row = 0; row < code.width; ++row)
        for (std::size_t column = 0; column < code.width; ++column)
            if (code.at(row, column))
                svg += "M" + std::to_string(column) + " " + std::to_string(row) + "h1v1h-1z";
    return svg + "\"/></svg>";
}

std::string cell_style(CellState state) {
    switch (state) {
        case CellState::done:
            return " fill=\"#dadde2\"";
        case CellState::not_read:
            return " fill=\"#fff\" stroke=\"#667\"";
        case CellState::unwritten:
            return " fill=\"#000\"";
        case CellState::mismatched:
            return " fill=\"#b21217\" stroke=\"#000\" stroke-width=\"2\"";
        case CellState::unreadable:
            return " fill=\"#888\" stroke=\"#000\" stroke-dasharray=\"2 1\"";
    }
    return {};
}

std::string map_html(const AreaMap& map) {
    if (map.cells.empty()) return {};
    std::string html =
        "<div><h2>What was left, first to last address</h2>"
        "<svg role=\"img\" aria-label=\"Map of the drive\" viewBox=\"0 0 640 80\" "
        "preserveAspectRatio=\"none\">";
    for (std::size_t i = 0; i < map.cells.size(); ++i)
        html += rectangle(i % 64 * 10, i / 64 * 20, 9, 18, cell_style(map.cells[i]));
    html += "</svg>";
    for (const std::string& entry : map.legend) html += "<p>" + isolated(entry) + "</p>";
    return html + "</div>";
}

std::string speed_html(const std::vector<SpeedCurve>& curves) {
    if (curves.empty()) return {};
    std::uint64_t fastest = 1;
    for (const SpeedCurve& curve : curves)
        fastest =
            std::max(fastest, *std::max_element(curve.kib_per_s.begin(), curve.kib_per_s.end()));
    std::string html =
        "<div><h2>Speed, first to last address</h2><svg role=\"img\" "
        "aria-label=\"Speed over the addresses\" viewBox=\"0 0 640 80\" "
        "preserveAspectRatio=\"none\"><path d=\"M0 0V80H640\" fill=\"none\" "
        "stroke=\"#667\"/>";
    std::string names;
    for (std::size_t c = 0; c < curves.size(); ++c) {
        html += "<polyline fill=\"none\" stroke=\"#000\" stroke-width=\"1.5\"" +
                std::string{c > 0 ? " stroke-dasharray=\"5 3\"" : ""} + " points=\"";
        const auto& speeds = curves[c].kib_per_s;
        for (std::size_t i = 0; i < speeds.size(); ++i) {
            if (speeds[i] == 0) continue;
            const double x =
                640 * (static_cast<double>(i) + 0.5) / static_cast<double>(speeds.size());
            const double y =
                80 - 80 * static_cast<double>(speeds[i]) / static_cast<double>(fastest);
            html += number(x) + "," + number(y) + " ";
        }
        html += "\"/>";
        names += (c > 0 ? ", dashed: " : "Line: ") + curves[c].name;
    }
    return html + "</svg><p>" +
           isolated(names + "; highest " + human_size({fastest * 1024}) + "/s") + "</p></div>";
}

std::string section_html(const Section& section) {
    if (section.rows.empty() && section.sentences.empty()) return {};
    std::string html = "<section><h2>" + html_text(section.title) + "</h2>";
    if (!section.rows.empty()) {
        html += "<dl>";
        for (const Row& row : section.rows)
            html += "<dt>" + isolated(row.name) + "</dt><dd" +
                    std::string{row.setting != Setting::text ? " class=\"fixed\"" : ""} + ">" +
                    isolated(row.value) + "</dd>";
        html += "</dl>";
    }
    if (!section.sentences.empty()) {
        html += "<ul>";
        for (const std::string& sentence : section.sentences)
            html += "<li>" + isolated(sentence) + "</li>";
        html += "</ul>";
    }
    return html + "</section>";
}

std::string class_of(const Page& page) {
    switch (page.standpoint) {
        case Standpoint::good:
            return "good";
        case Standpoint::exception:
            return "bad exception";
        case Standpoint::failed:
            return "bad failed";
        case Standpoint::statement:
            break;
    }
    return "statement";
}

std::string head_html(const Page& page) {
    const std::string digest = to_base64(sha256(kStyle));
    return "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
           "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
           "'sha256-" +
           digest +
           "'; base-uri 'none'; form-action 'none'\">"
           "<meta name=\"referrer\" content=\"no-referrer\">"
           "<meta name=\"viewport\" content=\"width=device-width\">"
           "<title>" +
           html_text(page.title + (page.stamp.empty() ? "" : ": " + page.stamp)) +
           "</title><style>" + std::string{kStyle} + "</style></head>\n";
}

std::string header_html(const Page& page, const QrCode& code) {
    std::string html = "<header><div><h1>" + isolated(page.title) + "</h1>";
    if (!page.issuer.empty()) html += "<p>" + isolated(page.issuer) + "</p>";
    html += "<p>Issued " + isolated(page.issued) + "<br>Record " + isolated(page.id) + "</p>";
    if (!page.notice.empty()) html += "<p class=\"notice\">" + isolated(page.notice) + "</p>";
    html += "</div>" + qr_svg(code) + "</header>\n";
    if (!page.stamp.empty()) html += "<p class=\"stamp\">" + html_text(page.stamp) + "</p>";
    if (!page.badge.empty()) html += "<p class=\"badge\">" + html_text(page.badge) + "</p>";
    return html + "<p>" + isolated(page.lead) + "</p>\n";
}

}  // namespace

Result<std::string> html_of(const Page& page) {
    const QrCode code = QUIETUS_TRY(qr_of(page.qr));
    std::string html = head_html(page) + "<body class=\"" + class_of(page) + "\">\n" +
                       header_html(page, code) + "<div class=\"facts\">" +
                       section_html(page.drive) + section_html(page.work) + "</div>\n";
    for (const Section& section : page.statement) html += section_html(section);
    html += "<div class=\"pictures\">" + map_html(page.map) + speed_html(page.speed) + "</div>\n" +
            section_html(page.not_reached) + section_html(page.limits) + section_html(page.people) +
            section_html(page.signatures) + "\n";
    for (const Section& section : page.detail) html += section_html(section);
    return html + "<footer><p><strong>" + isolated(page.authority) + "</strong></p><p>SHA-256 of " +
           isolated(page.record_name) + ": " + isolated(page.digest) +
           "</p><p>This page is not signed. Check the record beside it: quietus certificate verify "
           "FOLDER</p></footer>\n</body></html>\n";
}

}  // namespace quietus::certs
