// A technique that was found by a name is found again by the name it gives itself, with the same
// passes.

#include <cstdint>

#include "plan/technique.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace quietus;
    const auto found = find_technique({reinterpret_cast<const char*>(data), size});
    if (!found) return 0;
    const auto again = find_technique(found->name);
    QUIETUS_CHECK(again.has_value() && again->passes == found->passes && !found->passes.empty());
    return 0;
}
