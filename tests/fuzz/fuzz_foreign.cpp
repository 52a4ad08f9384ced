// Whatever a report of another program holds, what we repeat of it is printable, and it names a
// drive or is refused. The first byte chooses the format.

#include <cstdint>

#include "base/bytes.h"
#include "certs/foreign/foreign.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace quietus;
    if (size == 0) return 0;
    const char* format = data[0] == 'n' ? "nwipe" : data[0] == 'b' ? "blancco" : "openseachest";
    const auto claims =
        certs::read_foreign(format, {reinterpret_cast<const char*>(data) + 1, size - 1});
    if (!claims) return 0;
    QUIETUS_CHECK(!claims->empty());
    for (const auto& claim : *claims) {
        for (const std::string& text : {claim.tool, claim.tool_version, claim.serial, claim.model,
                                        claim.method, claim.result, claim.started, claim.ended})
            QUIETUS_CHECK(printable_text(text) == text);
    }
    return 0;
}
