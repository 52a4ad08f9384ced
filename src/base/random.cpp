#include "base/random.h"

#include <array>
#include <cerrno>
#include <cstdint>

#include <sys/random.h>

#include "base/bytes.h"

namespace quietus {

Result<void> fill_random(std::span<std::byte> out) {
    while (!out.empty()) {
        const ssize_t got = getrandom(out.data(), out.size(), 0);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) {
            Error error = sys_error("getrandom", errno);
            error.code = ErrorCode::internal;
            return tl::unexpected{std::move(error)};
        }
        out = out.subspan(static_cast<std::size_t>(got));
    }
    return {};
}

Result<std::string> new_uuid_v7(UtcTime now) {
    std::array<std::byte, 16> id{};
    QUIETUS_TRY(fill_random(id));
    const auto ms = static_cast<std::uint64_t>(now.ms);
    for (std::size_t i = 0; i < 6; ++i) id[i] = static_cast<std::byte>(ms >> (40 - 8 * i) & 0xFFU);
    id[6] = (id[6] & std::byte{0x0F}) | std::byte{0x70};
    id[8] = (id[8] & std::byte{0x3F}) | std::byte{0x80};
    const std::string hex = to_hex(id);
    return hex.substr(0, 8) + "-" + hex.substr(8, 4) + "-" + hex.substr(12, 4) + "-" +
           hex.substr(16, 4) + "-" + hex.substr(20);
}

}  // namespace quietus
