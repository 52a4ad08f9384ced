#include "certs/render/canvas.h"

#include <cairo-pdf.h>
#include <cmath>
#include <pango/pangocairo.h>

#include "base/bytes.h"

namespace quietus::certs {

namespace {

template <auto Free>
struct Released {
    template <class T>
    void operator()(T* object) const noexcept {
        Free(object);
    }
};
using LayoutHandle = std::unique_ptr<PangoLayout, Released<g_object_unref>>;
using FontHandle = std::unique_ptr<PangoFontDescription, Released<pango_font_description_free>>;
using SurfaceHandle = std::unique_ptr<cairo_surface_t, Released<cairo_surface_destroy>>;
using CairoHandle = std::unique_ptr<cairo_t, Released<cairo_destroy>>;

// One family, so that a page looks the same everywhere; letters it lacks come from what fontconfig
// finds.
constexpr const char* kFamily = "DejaVu Sans";
constexpr double kSmallest = 0.5;  // points; below that nothing is readable at any magnification

cairo_status_t append(void* closure, const unsigned char* data, unsigned length) {
    auto* out = static_cast<std::string*>(closure);
    for (unsigned i = 0; i < length; ++i) *out += static_cast<char>(data[i]);
    return CAIRO_STATUS_SUCCESS;
}

// No surprise of pango's stays on: a wrapped serial would gain a '-', letter spacing would be
// rounded to whole points, and the first strong letter would choose the side of the page.
LayoutHandle layout_of(cairo_t* cairo, const std::string& text, const Ink& ink, double size) {
    LayoutHandle layout{pango_cairo_create_layout(cairo)};
    PangoContext* context = pango_layout_get_context(layout.get());
    pango_cairo_context_set_resolution(context, 72);  // a point is a point
    pango_context_set_round_glyph_positions(context, FALSE);
    pango_context_set_base_dir(context, PANGO_DIRECTION_LTR);
    pango_layout_set_auto_dir(layout.get(), FALSE);
    PangoAttrList* attributes = pango_attr_list_new();
    pango_attr_list_insert(attributes, pango_attr_insert_hyphens_new(FALSE));
    pango_layout_set_attributes(layout.get(), attributes);
    pango_attr_list_unref(attributes);
    const FontHandle font{pango_font_description_new()};
    pango_font_description_set_family_static(font.get(), kFamily);
    pango_font_description_set_weight(font.get(),
                                      ink.bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
    pango_font_description_set_absolute_size(font.get(), std::max(size, kSmallest) * PANGO_SCALE);
    pango_layout_set_font_description(layout.get(), font.get());
    pango_layout_set_alignment(layout.get(), ink.centred ? PANGO_ALIGN_CENTER : PANGO_ALIGN_LEFT);
    pango_layout_set_text(layout.get(), text.data(), static_cast<int>(text.size()));
    return layout;
}

struct Extent {
    double width, height;
};

Extent extent_of(PangoLayout* layout) {
    int width = 0;
    int height = 0;
    pango_layout_get_size(layout, &width, &height);
    return {static_cast<double>(width) / PANGO_SCALE, static_cast<double>(height) / PANGO_SCALE};
}

void set_colour(cairo_t* cairo, Colour colour) {
    cairo_set_source_rgb(cairo, colour.red, colour.green, colour.blue);
}

}  // namespace

struct Canvas::Impl {
    double width, height;
    std::string bytes;
    SurfaceHandle surface;
    CairoHandle cairo;
    bool measuring{false};
    int pages{0};

    void show(PangoLayout* layout, double x, double y, Colour colour) const {
        if (measuring) return;
        set_colour(cairo.get(), colour);
        cairo_move_to(cairo.get(), x, y);
        pango_cairo_show_layout(cairo.get(), layout);
    }
};

Canvas::Canvas(double width, double height, const std::string& title, UtcTime created)
    : impl_{std::make_unique<Impl>()} {
    impl_->width = width;
    impl_->height = height;
    impl_->surface.reset(cairo_pdf_surface_create_for_stream(append, &impl_->bytes, width, height));
    cairo_surface_t* surface = impl_->surface.get();
    cairo_pdf_surface_restrict_to_version(surface, CAIRO_PDF_VERSION_1_5);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, title.c_str());
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE,
                                   (to_rfc3339(created).substr(0, 19) + "Z").c_str());
    impl_->cairo.reset(cairo_create(surface));
}

Canvas::~Canvas() = default;

void Canvas::measure(bool on) {
    impl_->measuring = on;
    impl_->pages = 0;
}

void Canvas::begin_page() {
    if (++impl_->pages > 1 && !impl_->measuring) cairo_show_page(impl_->cairo.get());
}

int Canvas::pages() const {
    return impl_->pages;
}

double Canvas::write(double x, double y, double width, const std::string& text, const Ink& ink) {
    if (text.empty()) return 0;
    const LayoutHandle layout = layout_of(impl_->cairo.get(), text, ink, ink.size);
    pango_layout_set_width(layout.get(), static_cast<int>(width * PANGO_SCALE));
    pango_layout_set_wrap(layout.get(), PANGO_WRAP_WORD_CHAR);
    impl_->show(layout.get(), x, y, ink.colour);
    return extent_of(layout.get()).height;
}

double Canvas::write_line(double x, double y, double width, const std::string& text,
                          const Ink& ink) {
    if (text.empty()) return 0;
    LayoutHandle layout = layout_of(impl_->cairo.get(), text, ink, ink.size);
    const Extent natural = extent_of(layout.get());
    Extent extent = natural;
    if (natural.width > width) {
        layout = layout_of(impl_->cairo.get(), text, ink, ink.size * width / natural.width * 0.995);
        extent = extent_of(layout.get());
    }
    pango_layout_set_single_paragraph_mode(layout.get(), TRUE);
    const double left = ink.centred ? x + (width - extent.width) / 2 : x;
    // Smaller letters stand in the middle of the line they would have filled.
    impl_->show(layout.get(), left, y + (natural.height - extent.height) / 2, ink.colour);
    return natural.height;
}

void Canvas::write_across(const std::string& text, double size) {
    if (impl_->measuring || text.empty()) return;
    cairo_t* cairo = impl_->cairo.get();
    const LayoutHandle layout = layout_of(cairo, text, Ink{.bold = true}, size);
    const Extent extent = extent_of(layout.get());
    cairo_save(cairo);
    cairo_translate(cairo, impl_->width / 2, impl_->height / 2);
    cairo_rotate(cairo, -std::atan2(impl_->height, impl_->width));
    impl_->show(layout.get(), -extent.width / 2, -extent.height / 2, {0.90, 0.90, 0.90});
    cairo_restore(cairo);
}

void Canvas::fill(const Box& box, Colour colour) {
    if (impl_->measuring) return;
    set_colour(impl_->cairo.get(), colour);
    cairo_rectangle(impl_->cairo.get(), box.x, box.y, box.width, box.height);
    cairo_fill(impl_->cairo.get());
}

void Canvas::frame(const Box& box, double line, Colour colour) {
    if (impl_->measuring) return;
    set_colour(impl_->cairo.get(), colour);
    cairo_set_line_width(impl_->cairo.get(), line);
    cairo_rectangle(impl_->cairo.get(), box.x, box.y, box.width, box.height);
    cairo_stroke(impl_->cairo.get());
}

void Canvas::stripe(const Box& box, double pitch) {
    if (impl_->measuring) return;
    cairo_t* cairo = impl_->cairo.get();
    fill(box, kWhite);
    cairo_save(cairo);
    cairo_rectangle(cairo, box.x, box.y, box.width, box.height);
    cairo_clip(cairo);
    set_colour(cairo, kBlack);
    const int count = static_cast<int>((box.width + box.height) / (2 * pitch)) + 1;
    for (int i = 0; i <= count; ++i) {
        const double at = box.x + 2 * pitch * i;
        cairo_move_to(cairo, at, box.y);
        cairo_line_to(cairo, at + pitch, box.y);
        cairo_line_to(cairo, at + pitch - box.height, box.y + box.height);
        cairo_line_to(cairo, at - box.height, box.y + box.height);
        cairo_close_path(cairo);
    }
    cairo_fill(cairo);
    cairo_restore(cairo);
}

void Canvas::curve(const Box& box, const std::vector<std::pair<double, double>>& points,
                   bool dashed) {
    if (impl_->measuring || points.empty()) return;
    cairo_t* cairo = impl_->cairo.get();
    set_colour(cairo, dashed ? kGrey : kBlack);
    cairo_set_line_width(cairo, dashed ? 0.7 : 0.9);
    const double dash = 2;
    cairo_set_dash(cairo, &dash, dashed ? 1 : 0, 0);
    for (const auto& [x, y] : points)
        cairo_line_to(cairo, box.x + x * box.width, box.y + (1 - y) * box.height);
    cairo_stroke(cairo);
    cairo_set_dash(cairo, nullptr, 0, 0);
}

void Canvas::qr(const QrCode& code, const Box& box) {
    if (impl_->measuring || code.width == 0) return;
    cairo_t* cairo = impl_->cairo.get();
    set_colour(cairo, kBlack);
    const double module = box.width / static_cast<double>(code.width);
    // Runs of a row in one rectangle: no hairlines between modules.
    for (std::size_t row = 0; row < code.width; ++row) {
        for (std::size_t from = 0; from < code.width;) {
            std::size_t to = from;
            while (to < code.width && code.at(row, to)) ++to;
            if (to > from)
                cairo_rectangle(cairo, box.x + static_cast<double>(from) * module,
                                box.y + static_cast<double>(row) * module,
                                static_cast<double>(to - from) * module, module * 1.02);
            from = to + 1;
        }
    }
    cairo_fill(cairo);
}

Result<std::string> Canvas::finish() {
    const LayoutHandle probe = layout_of(impl_->cairo.get(), "A", {}, 8);
    if (pango_layout_get_unknown_glyphs_count(probe.get()) != 0)
        return failure(ErrorCode::config, "no font to write with",
                       "install one: apt-get install fonts-dejavu-core");
    cairo_show_page(impl_->cairo.get());
    impl_->cairo.reset();
    cairo_surface_finish(impl_->surface.get());
    const cairo_status_t status = cairo_surface_status(impl_->surface.get());
    impl_->surface.reset();
    if (status != CAIRO_STATUS_SUCCESS)
        return failure(ErrorCode::internal,
                       "drawing the page: " + printable_text(cairo_status_to_string(status)));
    return std::move(impl_->bytes);
}

}  // namespace quietus::certs
