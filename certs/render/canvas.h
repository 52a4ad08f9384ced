#pragma once
// A PDF page to write and draw on, in points from its upper left corner. cairo and pango stay
// inside the .cpp file.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/utc_time.h"
#include "certs/render/qr.h"

namespace quietus::certs {

struct Colour {
    double red{0}, green{0}, blue{0};
};
inline constexpr Colour kBlack{};
inline constexpr Colour kWhite{1, 1, 1};
inline constexpr Colour kGrey{0.38, 0.40, 0.43};
inline constexpr Colour kLightGrey{0.86, 0.87, 0.89};

struct Ink {
    double size{8.5};
    bool bold{false};
    Colour colour{};
    bool centred{false};
};

struct Box {
    double x{0}, y{0}, width{0}, height{0};
};

class Canvas {
  public:
    Canvas(double width, double height, const std::string& title, UtcTime created);
    Canvas(const Canvas&) = delete;
    Canvas& operator=(const Canvas&) = delete;
    ~Canvas();

    /// While measuring, pages are counted and texts have heights, but nothing is drawn.
    void measure(bool on);
    /// Begins the next page; to be called before the first as well.
    void begin_page();
    int pages() const;

    /// Wrapped text; its height.
    double write(double x, double y, double width, const std::string& text, const Ink& ink);
    /// One line, which becomes smaller instead of breaking; its height.
    double write_line(double x, double y, double width, const std::string& text, const Ink& ink);
    /// Large light letters across the page, for what is written afterwards to stand on.
    void write_across(const std::string& text, double size);

    void fill(const Box& box, Colour colour);
    void frame(const Box& box, double line, Colour colour);
    /// Diagonal stripes, black on white.
    void stripe(const Box& box, double pitch);
    /// A line through points in a box: 0 to 1 from left to right and from bottom to top.
    void curve(const Box& box, const std::vector<std::pair<double, double>>& points, bool dashed);
    void qr(const QrCode& code, const Box& box);

    /// The PDF. Always the same bytes for the same calls.
    Result<std::string> finish();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace quietus::certs
