#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace quietus::certs {

/// A QR code: width × width modules, row by row, without its quiet zone.
struct QrCode {
    std::size_t width{0};
    std::vector<bool> dark;
    bool at(std::size_t row, std::size_t column) const { return dark[row * width + column]; }
};

/// Error correction M: a quarter of it may be worn off.
Result<QrCode> qr_of(const std::string& text);

}  // namespace quietus::certs
