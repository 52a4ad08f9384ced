// Whatever parse_json accepts must come back from its own canonical text unchanged.

#include <cstdint>

#include "base/json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace quietus;
    const auto json = parse_json({reinterpret_cast<const char*>(data), size});
    if (!json) return 0;
    const std::string text = canonical_json(*json);
    const auto again = parse_json(text);
    QUIETUS_CHECK(again.has_value() && *again == *json && canonical_json(*again) == text);
    return 0;
}
