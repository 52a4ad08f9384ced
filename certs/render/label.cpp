#include "certs/render/pdf_draw.h"
#include "certs/render/sheet.h"
#include "certs/render/text_safety.h"

namespace quietus::certs {

namespace {

constexpr double kWidth = 283.465;   // 100 mm
constexpr double kHeight = 141.732;  // 50 mm
constexpr double kFrame = 6;
constexpr double kCode = 96;
constexpr double kLeft = 12;
constexpr double kTextRoom = kWidth - kCode - 2 * kLeft - 10;

}  // namespace

Result<std::string> draw_label(const Page& page, UtcTime created) {
    const QrCode code = QUIETUS_TRY(qr_of(page.qr));
    Canvas canvas{kWidth, kHeight, page.title, created};
    canvas.begin_page();
    draw_warning(canvas, page, {0, 0, kWidth, kHeight}, kFrame);
    canvas.qr(code, {kWidth - kCode - kLeft - 2, 13, kCode, kCode});

    double y = 12;
    const double badge_height = 25;
    canvas.fill({kLeft, y, kTextRoom, badge_height}, colour_of(page.standpoint));
    if (!page.stamp.empty())
        canvas.frame({kLeft + 1, y + 1, kTextRoom - 2, badge_height - 2}, 2, kBlack);
    canvas.write_line(kLeft + 6, y + 4, kTextRoom - 12,
                      page.badge.empty() ? page.title : page.badge,
                      Ink{.size = 14, .bold = true, .colour = letters_on(page.standpoint)});
    y += badge_height + 3;
    if (!page.stamp.empty())
        y += canvas.write_line(kLeft, y, kTextRoom, page.stamp, Ink{.size = 13, .bold = true});
    y += canvas.write_line(kLeft, y, kTextRoom, "Serial number", Ink{.size = 6, .colour = kGrey});
    y += canvas.write_line(kLeft, y, kTextRoom, page.serial, Ink{.size = 13, .bold = true}) + 1;
    y += canvas.write_line(kLeft, y, kTextRoom, shortened(page.model, 48), Ink{.size = 8});
    y += canvas.write_line(kLeft, y, kTextRoom, page.title + ", " + page.issued, Ink{.size = 6.5});
    if (!page.notice.empty())
        canvas.write_line(kLeft, y, kTextRoom, page.notice, Ink{.size = 6.5, .bold = true});
    y = kHeight - 24;
    y += canvas.write_line(kLeft, y, kWidth - 2 * kLeft,
                           "Record " + page.id + ". Authoritative is the signed JSON record.",
                           Ink{.size = 6});
    canvas.write_line(kLeft, y, kWidth - 2 * kLeft, "SHA-256 " + page.digest, Ink{.size = 6});
    return canvas.finish();
}

}  // namespace quietus::certs
