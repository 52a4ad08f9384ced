#include "base/parse_units.h"

#include <gtest/gtest.h>

#include "base/units.h"

namespace quietus {
namespace {

TEST(ParseBytes, KnowsDecimalAndBinaryUnits) {
    EXPECT_EQ(parse_bytes("500").value(), 500U);
    EXPECT_EQ(parse_bytes("64k").value(), 64'000U);
    EXPECT_EQ(parse_bytes("64K").value(), 64'000U);
    EXPECT_EQ(parse_bytes("100MB/s").value(), 100'000'000U);
    EXPECT_EQ(parse_bytes("2GiB").value(), 2 * kGiB);
    EXPECT_EQ(parse_bytes("1Ti").value(), 1024 * kGiB);
}

TEST(ParseBytes, RefusesWhatIsNoWholeNumberOfBytes) {
    for (const char* bad : {"", "k", "-1", "1.5G", "10 M", "10X", "10Mib", "10mB", "0x10",
                            "99999999999999999999", "99999999999T"}) {
        const auto bytes = parse_bytes(bad);
        ASSERT_FALSE(bytes.has_value()) << bad;
        EXPECT_EQ(bytes.error().code, ErrorCode::usage);
    }
}

TEST(ParseDuration, AddsUnitsFromLargeToSmall) {
    using std::chrono::seconds;
    EXPECT_EQ(parse_duration("45s").value(), seconds{45});
    EXPECT_EQ(parse_duration("90m").value(), seconds{5400});
    EXPECT_EQ(parse_duration("8h").value(), seconds{28800});
    EXPECT_EQ(parse_duration("1d2h3m4s").value(), seconds{86400 + 7200 + 180 + 4});
}

TEST(ParseDuration, RefusesWhatIsNone) {
    for (const char* bad : {"", "8", "h", "1m1h", "1h1h", "-1h", "0s", "1y", "367d", "1h x",
                            "9999999999999999999s"}) {
        EXPECT_FALSE(parse_duration(bad).has_value()) << bad;
    }
}

}  // namespace
}  // namespace quietus
