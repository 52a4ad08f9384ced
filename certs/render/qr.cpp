#include "certs/render/qr.h"

#include <memory>
#include <qrencode.h>

namespace quietus::certs {

Result<QrCode> qr_of(const std::string& text) {
    const auto release = [](QRcode* code) { QRcode_free(code); };
    const std::unique_ptr<QRcode, decltype(release)> code{
        QRcode_encodeString8bit(text.c_str(), /*version=*/0, QR_ECLEVEL_M), release};
    if (!code || code->width <= 0)
        return failure(ErrorCode::internal, "the text does not fit into a QR code");
    QrCode qr;
    qr.width = static_cast<std::size_t>(code->width);
    for (std::size_t i = 0; i < qr.width * qr.width; ++i)
        qr.dark.push_back((code->data[i] & 1U) != 0);
    return qr;
}

}  // namespace quietus::certs
