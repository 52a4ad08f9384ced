// Bytes that claim to be a time stamp: refused, or of the bytes they name; never more than that.

#include <cstdint>

#include "certs/time_stamp.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace quietus;
    const std::string_view reply{reinterpret_cast<const char*>(data), size};
    const auto stamp = certs::verify_time_stamp(reply, "content", {}, UtcTime{1795310883123});
    QUIETUS_CHECK(!stamp || !stamp->trusted);
    static_cast<void>(certs::check_time_stamp_reply(reply, reply));
    return 0;
}
