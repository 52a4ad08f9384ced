// Whatever is accepted as a profile has passes within the limits, hides no technique of ours, and
// is the same the second time.

#include <cstdint>

#include "plan/profile.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace quietus;
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const auto profile = parse_profile(text, "fuzz.toml");
    if (!profile) {
        QUIETUS_CHECK(profile.error().code == ErrorCode::bad_evidence);
        return 0;
    }
    const Technique& technique = profile->technique;
    QUIETUS_CHECK(!technique.passes.empty() && technique.passes.size() <= kPassesMax);
    QUIETUS_CHECK(technique.level == Level::clear && !find_technique(technique.name).has_value());
    QUIETUS_CHECK(parse_profile(text, "fuzz.toml").value() == *profile);
    for (const Pattern& pattern : technique.passes)
        QUIETUS_CHECK(parse_pattern(to_string(pattern)).value() == pattern);
    return 0;
}
