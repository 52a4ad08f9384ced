// What other programs' reports claim, and what is no report.

#include "certs/foreign/foreign.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/units.h"

namespace quietus::certs {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string sample(const std::string& name) {
    return read_whole_file(std::string{QUIETUS_SOURCE_DIR} + "/tests/vectors/foreign/" + name, kMiB)
        .value();
}

TEST(Foreign, ReadsALogOfNwipe) {
    const auto claims = read_foreign("nwipe", sample("nwipe-erased.log")).value();
    ASSERT_EQ(claims.size(), 1U);
    EXPECT_EQ(claims[0].tool, "nwipe");
    EXPECT_EQ(claims[0].tool_version, "0.33");
    EXPECT_EQ(claims[0].method, "Fill With Zeros");
    EXPECT_EQ(claims[0].model, "TESTDISK 1000");
    EXPECT_EQ(claims[0].serial, "WD-TEST0001");
    EXPECT_EQ(claims[0].result, "Erased");
    EXPECT_TRUE(claims[0].claims_success);
    EXPECT_EQ(claims[0].ended, "2026/11/22 13:39:11");
    EXPECT_THAT(claims[0].remarks, IsEmpty());
}

TEST(Foreign, KeepsTheErrorsThatNwipeCounted) {
    const auto claims = read_foreign("nwipe", sample("nwipe-failed.log")).value();
    ASSERT_EQ(claims.size(), 1U);
    EXPECT_EQ(claims[0].result, "-FAILED-");
    EXPECT_FALSE(claims[0].claims_success);
    EXPECT_THAT(claims[0].remarks, ElementsAre("pass errors: 3", "verification errors: 1"));
}

TEST(Foreign, ReadsEveryErasureOfABlanccoReport) {
    const auto claims = read_foreign("blancco", sample("blancco.xml")).value();
    ASSERT_EQ(claims.size(), 2U);
    EXPECT_EQ(claims[0].tool, "Example Eraser");
    EXPECT_EQ(claims[0].tool_version, "7.1");
    EXPECT_EQ(claims[0].serial, "WD-TEST0001");
    EXPECT_EQ(claims[0].model, "Example TESTDISK 1000");
    EXPECT_EQ(claims[0].method, "NIST 800-88 Clear");
    EXPECT_TRUE(claims[0].claims_success);
    EXPECT_EQ(claims[1].serial, "WD-TEST0002");
    EXPECT_FALSE(claims[1].claims_success);
    EXPECT_THAT(claims[1].remarks, ElementsAre("failure: 17 sectors <unwritten>"));
}

TEST(Foreign, TakesNothingForSuccessThatItDoesNotKnow) {
    const auto claim = [](const char* result) {
        return read_foreign("openseachest", R"({"Drive":{"Serial Number":"S-1"},"result":")" +
                                                std::string{result} + "\"}")
            .value()
            .front();
    };
    EXPECT_TRUE(claim("Success").claims_success);
    EXPECT_FALSE(claim("Succeeded, mostly").claims_success);
    EXPECT_FALSE(claim("Failure").claims_success);
    EXPECT_EQ(claim("Failure").serial, "S-1");
}

TEST(Foreign, RefusesWhatIsNoReport) {
    for (const std::string& format : foreign_formats()) {
        for (const char* text : {"", "hello", "{}", "<a><b>", "<root/>", "a | b | c | d | e\n",
                                 "[1,2,3]", "\xff\xfe\x00"})
            EXPECT_EQ(read_foreign(format, text).error().code, ErrorCode::bad_evidence)
                << format << ": " << text;
    }
    EXPECT_EQ(read_foreign("scrub", "x").error().code, ErrorCode::usage);
    EXPECT_EQ(read_foreign("nwipe", std::string(17 * kMiB, 'x')).error().code,
              ErrorCode::bad_evidence);
}

// Whatever a report holds, what we repeat of it is printable.
TEST(Foreign, MakesHostileTextsPrintable) {
    std::string log = sample("nwipe-erased.log");
    const auto at = log.find("TESTDISK 1000/");
    log.replace(at, 8, "\x1b[2J\x07\xe2\x80\xae");
    const auto claims = read_foreign("nwipe", log).value();
    EXPECT_EQ(claims[0].model.find('\x1b'), std::string::npos);
    EXPECT_EQ(claims[0].serial, "WD-TEST0001");
}

}  // namespace
}  // namespace quietus::certs
