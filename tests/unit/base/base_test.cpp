#include <algorithm>
#include <cerrno>
#include <cstdint>

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/exit_status.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/range_set.h"
#include "base/units.h"
#include "base/utc_time.h"

namespace quietus {
namespace {

TEST(RangeSet, MeltsTouchingRangesAndSubtracts) {
    RangeSet set;
    set.add({10, 10});
    set.add({30, 5});
    set.add({20, 10});
    EXPECT_EQ(set.ranges(), (std::vector<Range>{{10, 25}}));
    set.subtract({12, 3});
    EXPECT_EQ(set.ranges(), (std::vector<Range>{{10, 2}, {15, 20}}));
    EXPECT_FALSE(set.contains(12));
    EXPECT_TRUE(set.contains(34));
    EXPECT_FALSE(set.contains(35));
    EXPECT_EQ(set.complement(40).ranges(), (std::vector<Range>{{0, 10}, {12, 3}, {35, 5}}));
}

TEST(UtcTime, PrintsAndReadsBackWhatItPrinted) {
    const UtcTime time{1795310883123};
    EXPECT_EQ(to_rfc3339(time), "2026-11-22T01:28:03.123Z");
    EXPECT_EQ(parse_rfc3339(to_rfc3339(time)).value(), time);
    EXPECT_EQ(to_compact(time), "20261122T012803Z");
    EXPECT_FALSE(parse_rfc3339("2026-02-30T00:00:00.000Z").has_value());
    EXPECT_FALSE(parse_rfc3339("2026-11-22T01:28:03.123+00").has_value());
}

TEST(Json, RefusesWhatEvidenceMustNotHold) {
    EXPECT_FALSE(parse_json(R"({"a":1,"a":2})").has_value());
    EXPECT_FALSE(parse_json(R"({"a":1.5})").has_value());
    EXPECT_FALSE(parse_json(R"({"a":1} )"
                            "x")
                     .has_value());
    EXPECT_FALSE(parse_json(std::string(40, '[') + std::string(40, ']')).has_value());
    EXPECT_FALSE(parse_json("{\"a\":\"\xff\"}").has_value());
    EXPECT_EQ(canonical_json(parse_json(R"({"b":[1,"x"],"a":{"c":true}})").value()),
              R"({"a":{"c":true},"b":[1,"x"]})");
}

TEST(Json, KeepsLargeIntegersAsStrings) {
    EXPECT_EQ(canonical_json(json_integer((1ULL << 53U) - 1)), "9007199254740991");
    EXPECT_EQ(canonical_json(json_integer(1ULL << 53U)), "\"9007199254740992\"");
    EXPECT_EQ(integer_from(json_integer(~0ULL), "x").value(), ~0ULL);
    EXPECT_FALSE(integer_from(Json("12a"), "x").has_value());
}

TEST(Bytes, Base64AndHexTakeOnlyTheirOwnSpelling) {
    EXPECT_EQ(to_base64(bytes_of("foob")), "Zm9vYg==");  // RFC 4648 §10
    EXPECT_EQ(text_of(from_base64("Zm9vYg==").value()), "foob");
    EXPECT_FALSE(from_base64("Zm9vYh==").has_value());
    EXPECT_FALSE(from_base64("Zm9vYg").has_value());
    EXPECT_FALSE(from_hex("abc").has_value());
    EXPECT_EQ(
        sha256_hex("abc"),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");  // FIPS 180-4 example
}

TEST(Bytes, HostileTextCannotReachATerminal) {
    EXPECT_EQ(printable_ascii("  ab\x1b[31mc\xff  "), "ab?[31mc?");
    EXPECT_EQ(printable_text("a\x1b[0m\u00e9\u202e"), "a\\x1b[0m\u00e9\\xe2\\x80\\xae");
    EXPECT_EQ(printable_text("\xc0\x80\xed\xa0\x80"), "\\xc0\\x80\\xed\\xa0\\x80");
}

TEST(Uuid, IsVersion7OfTheTimeGiven) {
    const auto id = new_uuid_v7(UtcTime{0x0123456789AB}).value();
    EXPECT_EQ(id.substr(0, 13), "01234567-89ab");
    EXPECT_EQ(id[14], '7');
    EXPECT_NE(id, new_uuid_v7(UtcTime{0x0123456789AB}).value());
}

TEST(ExitStatus, TheWorstOfACallFollowsTheContract) {
    using enum ExitStatus;
    EXPECT_EQ(worst_untouched(std::vector{busy, unsupported, refused}), refused);
    EXPECT_EQ(worst_untouched(std::vector{bad_evidence, usage, config}), config);
    EXPECT_EQ(worst_written(std::vector{ok, exceptions, not_erased}), not_erased);
    EXPECT_EQ(worst_written(std::vector{ok, evidence_incomplete}), evidence_incomplete);
    EXPECT_EQ(worst_written(std::vector{ok, refused}), not_erased);
    EXPECT_EQ(worst_written(std::vector{ok, ok}), ok);
}

TEST(File, CreatesDurablyAndNeverReplaces) {
    const std::string folder =
        testing::TempDir() + "quietus-base-" + new_uuid_v7(SystemClock{}.now()).value();
    ASSERT_TRUE(make_directories(folder + "/a/b", 0700).has_value());
    ASSERT_TRUE(create_file_durably(folder + "/a/f", "one", 0600).has_value());
    EXPECT_EQ(create_file_durably(folder + "/a/f", "two", 0600).error().sys_errno, EEXIST);
    EXPECT_EQ(read_whole_file(folder + "/a/f", 10).value(), "one");
    ASSERT_TRUE(write_file_durably(folder + "/a/f", "three", 0600).has_value());
    EXPECT_EQ(read_whole_file(folder + "/a/f", 10).value(), "three");
    EXPECT_FALSE(read_whole_file(folder + "/a/f", 4).has_value());
    EXPECT_FALSE(make_directories(folder + "/a/f/x", 0700).has_value());
}

TEST(File, HashesInPiecesWhatItWouldHashWhole) {
    const std::string path =
        testing::TempDir() + "quietus-hash-" + new_uuid_v7(SystemClock{}.now()).value();
    EXPECT_EQ(sha256_hex_of_file(path).error().sys_errno, ENOENT);
    for (const std::size_t size : {0U, 1U, 65536U, 200'001U}) {
        const std::string bytes(size, 'q');
        ASSERT_TRUE(write_file_durably(path, bytes, 0600).has_value());
        EXPECT_EQ(sha256_hex_of_file(path).value(), sha256_hex(bytes)) << size;
    }
}

TEST(Memory, LargeBuffersStartOnAHugePageAndAreZero) {
    constexpr std::uintptr_t kHugePage = 2 * kMiB;
    for (const std::size_t size : {std::size_t{1}, kMiB - 1, kMiB, kMiB + 4096, 8 * kMiB}) {
        const auto buffer = AlignedBuffer::create(size).value();
        ASSERT_EQ(buffer.span().size(), size);
        const auto at = reinterpret_cast<std::uintptr_t>(buffer.span().data());
        EXPECT_EQ(at % (size >= kMiB ? kHugePage : 4096), 0U) << size;
        EXPECT_EQ(std::count(buffer.span().begin(), buffer.span().end(), std::byte{0}),
                  static_cast<std::ptrdiff_t>(size));
    }
}

}  // namespace
}  // namespace quietus
