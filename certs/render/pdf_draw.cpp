#include "certs/render/pdf_draw.h"

#include <algorithm>
#include <array>

#include "certs/render/batch_pages.h"
#include "certs/render/sheet.h"

namespace quietus::certs {

namespace {

constexpr double kColumnGap = 18;
constexpr double kColumnWidth = (kTextWidth - kColumnGap) / 2;
constexpr double kFrame = 9;

// What of a page is on its first sheet, and how large: tried in this order until it fits.
struct Arrangement {
    double scale;
    bool detail, pictures, facts;
};
constexpr std::array kArrangements{
    Arrangement{1.06, true, true, true},    Arrangement{1.0, true, true, true},
    Arrangement{0.95, true, true, true},    Arrangement{0.9, true, true, true},
    Arrangement{0.86, true, true, true},    Arrangement{1.0, false, true, true},
    Arrangement{0.93, false, true, true},   Arrangement{0.86, false, true, true},
    Arrangement{0.9, false, false, true},   Arrangement{0.82, false, false, true},
    Arrangement{0.86, false, false, false}, Arrangement{0.76, false, false, false}};

void draw_header(Sheet& sheet, const Page& page, const QrCode& qr) {
    Canvas& canvas = sheet.canvas;
    const double code = 82, top = kMargin - 8;
    canvas.qr(qr, {kMargin + kTextWidth - code, top, code, code});
    const double width = kTextWidth - code - 18;
    double y = top;
    y += canvas.write_line(kMargin, y, width, page.title, Ink{.size = 21, .bold = true}) + 3;
    const Ink grey{.size = 8, .colour = kGrey};
    if (!page.issuer.empty())
        y += canvas.write_line(kMargin, y, width, page.issuer, Ink{.size = 10}) + 1;
    y += canvas.write_line(kMargin, y, width, "Issued " + page.issued, grey);
    y += canvas.write_line(kMargin, y, width, "Record " + page.id, grey);
    if (!page.notice.empty())
        y += canvas.write_line(kMargin, y + 2, width, page.notice, Ink{.size = 8.5, .bold = true});
    sheet.y = std::max(y + 8, top + code + 10);
}

void draw_side_by_side(Sheet& sheet, const std::vector<Section>& left,
                       const std::vector<Section>& right) {
    const double top = sheet.y;
    for (const Section& section : left) draw_section(sheet, kMargin, kColumnWidth, section);
    const double lowest = sheet.y;
    sheet.y = top;
    for (const Section& section : right)
        draw_section(sheet, kMargin + kColumnWidth + kColumnGap, kColumnWidth, section);
    sheet.y = std::max(sheet.y, lowest);
}

void draw_detail(Sheet& sheet, const std::vector<Section>& detail) {
    std::vector<Section> left, right;
    for (std::size_t i = 0; i < detail.size(); ++i)
        (i % 2 == 0 ? left : right).push_back(detail[i]);
    Sheet small{sheet.canvas, sheet.scale * 0.86, sheet.y, /*names=*/62};
    draw_side_by_side(small, left, right);
    sheet.y = small.y;
}

// Which drive it is must be on the first sheet whatever else is not.
Section identity_of(const Section& drive) {
    Section section{.title = drive.title, .rows = {}, .sentences = {}};
    for (const Row& row : drive.rows)
        if (row.name == "Model" || row.name == "Serial number") section.rows.push_back(row);
    return section;
}

class PageDrawer {
  public:
    PageDrawer(Canvas& canvas, const Page& page, QrCode qr, int pages_in_all)
        : canvas_{canvas}, page_{page}, qr_{std::move(qr)}, pages_{pages_in_all} {}

    void draw(const Arrangement& chosen, bool fits) {
        fresh_sheet();
        Sheet sheet{canvas_, chosen.scale, 0};
        draw_front(sheet, chosen, fits);
        if (!chosen.detail || !chosen.pictures || !chosen.facts) draw_what_is_left(chosen);
    }

    /// Where the first sheet would end.
    double end_of(const Arrangement& arrangement) {
        Sheet sheet{canvas_, arrangement.scale, 0};
        draw_front(sheet, arrangement, /*fits=*/true);
        return sheet.y;
    }

  private:
    void fresh_sheet() {
        canvas_.begin_page();
        if (!page_.stamp.empty()) {
            canvas_.write_across(page_.stamp, 84);
            draw_warning(canvas_, page_, {0, 0, kPageWidth, kPageHeight}, kFrame);
        } else {
            canvas_.fill({0, 0, kPageWidth, kFrame}, colour_of(page_.standpoint));
        }
        draw_footer(canvas_, page_.authority,
                    "SHA-256 of " + page_.record_name + ": " + page_.digest, canvas_.pages(),
                    pages_);
    }

    void further_sheet(Sheet& sheet) {
        fresh_sheet();
        sheet.y = kMargin - 8;
        std::string line = page_.title + ", " + page_.id + " (continued)";
        if (!page_.badge.empty()) line += ": " + page_.badge;
        sheet.y +=
            canvas_.write_line(kMargin, sheet.y, kTextWidth, line, Ink{.size = 9, .bold = true}) +
            10;
    }

    void draw_front(Sheet& sheet, const Arrangement& chosen, bool fits) {
        draw_header(sheet, page_, qr_);
        draw_badge(sheet, page_);
        sheet.y +=
            canvas_.write(kMargin, sheet.y, kTextWidth, page_.lead, Ink{.size = sheet.size(9.5)}) +
            sheet.size(9);
        if (chosen.facts)
            draw_facts(sheet);
        else
            draw_section(sheet, kMargin, kTextWidth, identity_of(page_.drive));
        if (chosen.pictures) draw_pictures(sheet, page_);
        for (const Section* section :
             {&page_.not_reached, &page_.limits, &page_.people, &page_.signatures})
            flow(sheet, *section, fits);
        if (chosen.detail) draw_detail(sheet, page_.detail);
    }

    void draw_facts(Sheet& sheet) {
        draw_side_by_side(sheet, {page_.drive}, {page_.work});
        for (const Section& section : page_.statement)
            draw_section(sheet, kMargin, kTextWidth, section);
    }

    // As it is where it is known to fit; else row by row, onto further sheets.
    void flow(Sheet& sheet, const Section& section, bool fits) {
        if (fits) return draw_section(sheet, kMargin, kTextWidth, section);
        if (section.rows.empty() && section.sentences.empty()) return;
        make_room(sheet, 40);
        draw_heading(sheet, kMargin, kTextWidth, section.title);
        for (const Row& row : section.rows) {
            make_room(sheet, 90);
            draw_row(sheet, kMargin, kTextWidth, row);
        }
        for (const std::string& sentence : section.sentences) {
            make_room(sheet, 60);
            draw_sentence(sheet, kMargin, kTextWidth, sentence);
        }
        sheet.y += sheet.size(7);
    }

    void make_room(Sheet& sheet, double points) {
        if (sheet.y + points > kBottom) further_sheet(sheet);
    }

    void draw_what_is_left(const Arrangement& chosen) {
        Sheet sheet{canvas_, 1, 0};
        further_sheet(sheet);
        if (!chosen.facts) {
            flow(sheet, page_.drive, /*fits=*/false);
            flow(sheet, page_.work, /*fits=*/false);
            for (const Section& section : page_.statement) flow(sheet, section, /*fits=*/false);
        }
        if (!chosen.pictures) {
            make_room(sheet, 120);
            draw_pictures(sheet, page_);
        }
        for (const Section& section : page_.detail) flow(sheet, section, /*fits=*/false);
    }

    Canvas& canvas_;
    const Page& page_;
    QrCode qr_;
    int pages_;
};

// Measuring draws nothing, so this may be asked while a document is being drawn.
struct Fitted {
    Arrangement arrangement;
    bool fits;
};

Fitted fit(const Page& page, const QrCode& qr) {
    Canvas scratch{kPageWidth, kPageHeight, "", {}};
    scratch.measure(true);
    PageDrawer drawer{scratch, page, qr, 1};
    for (Arrangement arrangement : kArrangements) {
        if (drawer.end_of(arrangement) > kBottom) continue;
        // Nothing to carry over: no further sheet.
        if (page.detail.empty()) arrangement.detail = true;
        return {arrangement, true};
    }
    return {kArrangements.back(), false};
}

}  // namespace

Result<std::string> draw_pages(const std::vector<Page>& pages, const BatchSummary* summary,
                               const std::string& title, UtcTime created) {
    Canvas canvas{kPageWidth, kPageHeight, title, created};
    std::vector<QrCode> codes;
    std::vector<Fitted> fitted;
    for (const Page& page : pages) {
        codes.push_back(QUIETUS_TRY(qr_of(page.qr)));
        fitted.push_back(fit(page, codes.back()));
    }
    const QrCode summary_code = summary != nullptr ? QUIETUS_TRY(qr_of(summary->qr)) : QrCode{};
    // Twice: the first time to learn on which page each record begins, and how many there are.
    std::vector<int> begins(pages.size(), 0);
    int in_all = 0;
    for (const bool measuring : {true, false}) {
        canvas.measure(measuring);
        if (summary != nullptr) draw_summary(canvas, *summary, summary_code, pages, begins, in_all);
        for (std::size_t i = 0; i < pages.size(); ++i) {
            begins[i] = canvas.pages() + 1;
            PageDrawer{canvas, pages[i], codes[i], in_all}.draw(fitted[i].arrangement,
                                                                fitted[i].fits);
        }
        in_all = canvas.pages();
    }
    return canvas.finish();
}

}  // namespace quietus::certs
