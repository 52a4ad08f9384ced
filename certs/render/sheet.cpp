#include "certs/render/sheet.h"

#include <algorithm>

#include "base/units.h"

namespace quietus::certs {

namespace {

void draw_cell(Canvas& canvas, const Box& box, CellState state) {
    switch (state) {
        case CellState::done:
            canvas.fill(box, kLightGrey);
            return;
        case CellState::not_read:
            canvas.frame(box, 0.3, kGrey);
            return;
        case CellState::unwritten:
            canvas.fill(box, kBlack);
            return;
        case CellState::mismatched:
            canvas.fill(box, {0.72, 0.08, 0.10});
            canvas.frame({box.x + 0.5, box.y + 0.5, box.width - 1, box.height - 1}, 1, kBlack);
            return;
        case CellState::unreadable:
            canvas.stripe(box, 1);
            canvas.frame(box, 0.4, kBlack);
            return;
    }
}

CellState state_of(const AreaMap& map, std::size_t entry) {
    std::size_t seen = 0;
    for (const CellState state : {CellState::done, CellState::not_read, CellState::unwritten,
                                  CellState::mismatched, CellState::unreadable}) {
        if (std::find(map.cells.begin(), map.cells.end(), state) == map.cells.end()) continue;
        if (seen++ == entry) return state;
    }
    return CellState::done;
}

void draw_map(Sheet& sheet, const Box& box, const AreaMap& map) {
    constexpr std::size_t kColumns = 64;
    Canvas& canvas = sheet.canvas;
    const double step = box.width / kColumns;
    const std::size_t rows = (map.cells.size() + kColumns - 1) / kColumns;
    const double tall = box.height / 4;
    for (std::size_t i = 0; i < map.cells.size(); ++i) {
        const std::size_t row = i / kColumns, column = i % kColumns;
        draw_cell(canvas,
                  {box.x + static_cast<double>(column) * step,
                   box.y + static_cast<double>(row) * tall, step - 0.6, tall - 0.8},
                  map.cells[i]);
    }
    double y = box.y + static_cast<double>(rows) * tall + 2;
    for (std::size_t i = 0; i < map.legend.size(); ++i) {
        draw_cell(canvas, {box.x, y + 1.5, 6, 6}, state_of(map, i));
        y += canvas.write_line(box.x + 10, y, box.width - 10, map.legend[i],
                               Ink{.size = sheet.size(7), .colour = kGrey});
    }
    sheet.y = std::max(sheet.y, y);
}

void draw_speed(Sheet& sheet, const Box& box, const std::vector<SpeedCurve>& curves) {
    Canvas& canvas = sheet.canvas;
    std::uint64_t fastest = 1;
    for (const SpeedCurve& curve : curves)
        fastest =
            std::max(fastest, *std::max_element(curve.kib_per_s.begin(), curve.kib_per_s.end()));
    canvas.fill({box.x, box.y + box.height, box.width, 0.5}, kGrey);
    canvas.fill({box.x, box.y, 0.5, box.height}, kGrey);
    for (std::size_t c = 0; c < curves.size(); ++c) {
        std::vector<std::pair<double, double>> points;
        const auto& speeds = curves[c].kib_per_s;
        for (std::size_t i = 0; i < speeds.size(); ++i) {
            if (speeds[i] == 0) continue;
            points.emplace_back((static_cast<double>(i) + 0.5) / static_cast<double>(speeds.size()),
                                static_cast<double>(speeds[i]) / static_cast<double>(fastest));
        }
        canvas.curve(box, points, /*dashed=*/c > 0);
    }
    std::string names;
    for (std::size_t c = 0; c < curves.size(); ++c)
        names += (c > 0 ? ", dashed: " : "Line: ") + curves[c].name;
    const double y = box.y + box.height + 2;
    sheet.y = std::max(
        sheet.y, y + canvas.write_line(box.x, y, box.width,
                                       names + "; highest " + human_size({fastest * 1024}) + "/s",
                                       Ink{.size = sheet.size(7), .colour = kGrey}));
}

}  // namespace

Colour colour_of(Standpoint standpoint) {
    switch (standpoint) {
        case Standpoint::good:
            return {0.04, 0.36, 0.24};
        case Standpoint::exception:
            return {1.00, 0.80, 0.20};
        case Standpoint::failed:
            return {0.70, 0.07, 0.09};
        case Standpoint::statement:
            break;
    }
    return {0.16, 0.24, 0.38};
}

Colour letters_on(Standpoint standpoint) {
    return standpoint == Standpoint::exception ? kBlack : kWhite;
}

void draw_warning(Canvas& canvas, const Page& page, const Box& paper, double thickness) {
    if (page.stamp.empty()) return;
    const double t = thickness;
    canvas.stripe({paper.x, paper.y, paper.width, t}, t);
    canvas.stripe({paper.x, paper.y + paper.height - t, paper.width, t}, t);
    canvas.stripe({paper.x, paper.y + t, t, paper.height - 2 * t}, t);
    canvas.stripe({paper.x + paper.width - t, paper.y + t, t, paper.height - 2 * t}, t);
}

void draw_badge(Sheet& sheet, const Page& page) {
    if (page.badge.empty()) return;
    Canvas& canvas = sheet.canvas;
    const double height = sheet.size(34);
    const double stamp_width = page.stamp.empty() ? 0 : kTextWidth * 0.42;
    const Box box{kMargin, sheet.y, kTextWidth, height};
    canvas.fill(box, colour_of(page.standpoint));
    const double ink_size = sheet.size(19);
    canvas.write_line(kMargin + 12, sheet.y + (height - ink_size * 1.17) / 2,
                      kTextWidth - 24 - stamp_width, page.badge,
                      Ink{.size = ink_size, .bold = true, .colour = letters_on(page.standpoint)});
    if (!page.stamp.empty()) {
        const Box stamp{kMargin + kTextWidth - stamp_width, sheet.y, stamp_width, height};
        canvas.fill(stamp, kWhite);
        canvas.write_line(stamp.x + 8, sheet.y + (height - sheet.size(18) * 1.17) / 2,
                          stamp.width - 16, page.stamp,
                          Ink{.size = sheet.size(18), .bold = true, .centred = true});
        canvas.frame({box.x + 1, box.y + 1, box.width - 2, box.height - 2}, 2, kBlack);
        canvas.fill({stamp.x, stamp.y, 2, stamp.height}, kBlack);
    }
    sheet.y += height + sheet.size(7);
}

void draw_heading(Sheet& sheet, double x, double width, const std::string& title) {
    sheet.y +=
        sheet.canvas.write_line(x, sheet.y, width, title, Ink{.size = sheet.size(9), .bold = true});
    sheet.canvas.fill({x, sheet.y + 0.5, width, 0.5}, kGrey);
    sheet.y += sheet.size(4);
}

void draw_row(Sheet& sheet, double x, double width, const Row& row) {
    Canvas& canvas = sheet.canvas;
    const double name_width = sheet.size(sheet.names);
    const Ink ink{.size = sheet.size(8), .bold = row.setting == Setting::identity};
    const double named = canvas.write(x, sheet.y, name_width - 4, row.name,
                                      Ink{.size = sheet.size(8), .colour = kGrey});
    const double left = x + name_width, room = width - name_width;
    const double tall = row.setting != Setting::text
                            ? canvas.write_line(left, sheet.y, room, row.value, ink)
                            : canvas.write(left, sheet.y, room, row.value, ink);
    sheet.y += std::max(named, tall) + sheet.size(1.6);
}

void draw_sentence(Sheet& sheet, double x, double width, const std::string& sentence) {
    const double indent = sheet.size(8);
    sheet.canvas.fill({x + 1, sheet.y + sheet.size(4), sheet.size(2.2), sheet.size(2.2)}, kGrey);
    sheet.y += sheet.canvas.write(x + indent, sheet.y, width - indent, sentence,
                                  Ink{.size = sheet.size(7.8)}) +
               sheet.size(1);
}

void draw_section(Sheet& sheet, double x, double width, const Section& section) {
    if (section.rows.empty() && section.sentences.empty()) return;
    draw_heading(sheet, x, width, section.title);
    for (const Row& row : section.rows) draw_row(sheet, x, width, row);
    for (const std::string& sentence : section.sentences) draw_sentence(sheet, x, width, sentence);
    sheet.y += sheet.size(7);
}

void draw_pictures(Sheet& sheet, const Page& page) {
    if (page.map.cells.empty() && page.speed.empty()) return;
    const bool both = !page.map.cells.empty() && !page.speed.empty();
    const double width = both ? (kTextWidth - 18) / 2 : kTextWidth;
    const double top = sheet.y, height = sheet.size(34);
    double x = kMargin, lowest = top;
    const auto begin = [&](const char* title) {
        sheet.y = top;
        draw_heading(sheet, x, width, title);
        return Box{x, sheet.y + 2, width, height};
    };
    if (!page.map.cells.empty()) {
        draw_map(sheet, begin("What was left, first to last address"), page.map);
        lowest = std::max(lowest, sheet.y);
        x += width + 18;
    }
    if (!page.speed.empty()) {
        draw_speed(sheet, begin("Speed, first to last address"), page.speed);
        lowest = std::max(lowest, sheet.y);
    }
    sheet.y = lowest + sheet.size(7);
}

void draw_footer(Canvas& canvas, const std::string& authority, const std::string& digest_line,
                 int page, int pages) {
    const double top = kPageHeight - 62;
    canvas.fill({kMargin, top, kTextWidth, 0.5}, kGrey);
    double y = top + 4;
    y += canvas.write_line(kMargin, y, kTextWidth, authority, Ink{.size = 7, .bold = true});
    y += canvas.write_line(kMargin, y, kTextWidth, digest_line, Ink{.size = 7, .colour = kGrey});
    canvas.write_line(kMargin, y, kTextWidth,
                      "Page " + std::to_string(page) + " of " + std::to_string(pages),
                      Ink{.size = 7, .colour = kGrey});
}

}  // namespace quietus::certs
