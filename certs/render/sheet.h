#pragma once
// The parts that every page of ours is made of.

#include <string>

#include "certs/render/canvas.h"
#include "certs/render/page.h"

namespace quietus::certs {

inline constexpr double kPageWidth = 595.276;  // A4
inline constexpr double kPageHeight = 841.89;
inline constexpr double kMargin = 46;
inline constexpr double kTextWidth = kPageWidth - 2 * kMargin;
inline constexpr double kBottom = kPageHeight - 72;  ///< Above the footer.

/// A place on a page, and how large things are there: 1 is the natural size.
struct Sheet {
    Canvas& canvas;
    double scale{1};
    double y{0};
    double names{78};  ///< Width of the names of rows.
    double size(double points) const { return points * scale; }
};

Colour colour_of(Standpoint standpoint);
Colour letters_on(Standpoint standpoint);

/// A heavy striped frame and letters across the page, where the page is not a certificate.
void draw_warning(Canvas& canvas, const Page& page, const Box& paper, double thickness);
void draw_badge(Sheet& sheet, const Page& page);

/// These go down from sheet.y, which is beneath them afterwards.
void draw_heading(Sheet& sheet, double x, double width, const std::string& title);
void draw_row(Sheet& sheet, double x, double width, const Row& row);
void draw_section(Sheet& sheet, double x, double width, const Section& section);
void draw_sentence(Sheet& sheet, double x, double width, const std::string& sentence);
void draw_pictures(Sheet& sheet, const Page& page);

/// What the JSON is for, at the foot of each page.
void draw_footer(Canvas& canvas, const std::string& authority, const std::string& digest_line,
                 int page, int pages);

}  // namespace quietus::certs
