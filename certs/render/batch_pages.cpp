#include "certs/render/batch_pages.h"

#include <algorithm>
#include <array>

#include "certs/render/sheet.h"
#include "certs/render/text_safety.h"

namespace quietus::certs {

namespace {

struct Column {
    const char* title;
    double x, width;
};
constexpr std::array kColumns{Column{"No.", kMargin, 24},
                              Column{"Verdict", kMargin + 28, 118},
                              Column{"Serial number", kMargin + 150, 140},
                              Column{"Model", kMargin + 294, 132},
                              Column{"Issued", kMargin + 430, 48},
                              Column{"Page", kMargin + 482, 22}};
constexpr double kRowHeight = 15;

std::size_t count(const std::vector<Page>& pages, Standpoint standpoint) {
    return static_cast<std::size_t>(
        std::count_if(pages.begin(), pages.end(),
                      [&](const Page& page) { return page.standpoint == standpoint; }));
}

void begin_sheet(Canvas& canvas, const BatchSummary& summary, int in_all) {
    canvas.begin_page();
    canvas.fill({0, 0, kPageWidth, 9}, colour_of(Standpoint::statement));
    draw_footer(canvas, summary.authority, summary.qr, canvas.pages(), in_all);
}

void draw_table_heading(Canvas& canvas, double& y) {
    for (const Column& column : kColumns)
        canvas.write_line(column.x, y, column.width, column.title,
                          Ink{.size = 8, .bold = true, .colour = kGrey});
    y += 12;
    canvas.fill({kMargin, y, kTextWidth, 0.7}, kBlack);
    y += 3;
}

void draw_drive(Canvas& canvas, double y, std::size_t number, const Page& page, int begins) {
    const std::array<std::string, kColumns.size()> cells{
        std::to_string(number),
        page.badge.empty() ? page.title : page.badge,
        page.serial,
        shortened(page.model, 40),
        page.issued.substr(0, 10),
        std::to_string(begins)};
    const bool bad = !page.stamp.empty();
    if (bad) {
        canvas.fill({kColumns[1].x - 3, y - 1.5, kColumns[1].width + 2, kRowHeight - 1},
                    colour_of(page.standpoint));
        canvas.frame({kColumns[1].x - 3, y - 1.5, kColumns[1].width + 2, kRowHeight - 1}, 1.2,
                     kBlack);
    }
    for (std::size_t i = 0; i < cells.size(); ++i) {
        const bool verdict = i == 1;
        canvas.write_line(kColumns[i].x, y, kColumns[i].width, cells[i],
                          Ink{.size = 8,
                              .bold = verdict,
                              .colour = verdict && bad ? letters_on(page.standpoint) : kBlack});
    }
}

std::string tally_of(const std::vector<Page>& pages) {
    const std::size_t good = count(pages, Standpoint::good);
    std::string text = std::to_string(good) + " of " + std::to_string(pages.size()) +
                       (pages.size() == 1 ? " drive erased" : " drives erased");
    if (const auto n = count(pages, Standpoint::exception); n > 0)
        text += ", " + std::to_string(n) + " with exceptions";
    if (const auto n = count(pages, Standpoint::failed); n > 0)
        text += ", " + std::to_string(n) + " NOT ERASED";
    if (const auto n = count(pages, Standpoint::statement); n > 0)
        text += ", " + std::to_string(n) + " further statements";
    return text;
}

}  // namespace

void draw_summary(Canvas& canvas, const BatchSummary& summary, const QrCode& code,
                  const std::vector<Page>& pages, const std::vector<int>& begins, int in_all) {
    begin_sheet(canvas, summary, in_all);
    const double side = 82, top = kMargin - 8, width = kTextWidth - side - 18;
    canvas.qr(code, {kMargin + kTextWidth - side, top, side, side});
    double y = top;
    y += canvas.write_line(kMargin, y, width, summary.title, Ink{.size = 21, .bold = true}) + 4;
    y += canvas.write_line(kMargin, y, width, summary.ticket, Ink{.size = 11}) + 4;
    canvas.write_line(kMargin, y, width, tally_of(pages), Ink{.size = 11, .bold = true});
    y = top + side + 16;
    y += canvas.write(kMargin, y, kTextWidth,
                      "This list is no certificate: the record of each drive follows on the page "
                      "named, with its limits. Drives that are marked are not shown to be erased.",
                      Ink{.size = 8.5}) +
         10;
    draw_table_heading(canvas, y);
    for (std::size_t i = 0; i < pages.size(); ++i) {
        if (y + kRowHeight > kBottom) {
            begin_sheet(canvas, summary, in_all);
            y = kMargin;
            draw_table_heading(canvas, y);
        }
        draw_drive(canvas, y, i + 1, pages[i], begins[i]);
        y += kRowHeight;
    }
}

}  // namespace quietus::certs
