#include "engine/markers.h"

#include <gtest/gtest.h>

#include "base/units.h"
#include "engine/keystream.h"

namespace quietus::engine {
namespace {

constexpr std::uint32_t kSector = 512;

Bytes seed(int value) {
    return Bytes(kMarkerSeedSize, static_cast<std::byte>(value));
}

TEST(Markers, ArePlacedAsTheirPageSays) {
    constexpr std::uint64_t kSize = 256 * kMiB;
    const RangeSet places = marker_places(seed(7), kSize, kSector);
    RangeSet expected;
    expected.add({0, kMiB});
    expected.add({kSize - kMiB, kMiB});
    const std::uint64_t part = kSize / 2000 / kSector * kSector;
    for (std::uint64_t i = 0; i < 2000; ++i) {
        std::string text = text_of(seed(7)) + "quietus-marker-1";
        for (int byte = 7; byte >= 0; --byte) text += static_cast<char>(i >> (8 * byte));
        const Digest digest = sha256(text);
        std::uint64_t drawn = 0;
        for (std::size_t b = 0; b < 8; ++b)
            drawn = drawn * 256 + static_cast<std::uint64_t>(digest[b]);
        expected.add({i * part + drawn % ((part - 4096) / kSector + 1) * kSector, 4096});
    }
    EXPECT_EQ(places, expected);
    EXPECT_GE(places.total() * 50, kSize) << "two hundredths of a drive of this size";
    EXPECT_NE(places, marker_places(seed(8), kSize, kSector));
}

TEST(Markers, CoverASmallDriveWholly) {
    EXPECT_EQ(marker_places(seed(1), 4 * kMiB, kSector).total(), 4 * kMiB);
    EXPECT_EQ(marker_places(seed(1), 10 * 4096, 4096).total(), 10 * 4096U);
}

TEST(Markers, StayWithinTheDriveAndOnItsSectors) {
    for (const std::uint64_t sectors : {40'000U, 40'001U, 65'537U}) {
        const std::uint64_t size = sectors * 4096;
        const RangeSet places = marker_places(seed(3), size, 4096);
        for (const Range& range : places.ranges()) {
            EXPECT_LE(range.end(), size);
            EXPECT_EQ(range.first % 4096, 0U);
            EXPECT_EQ(range.count % 4096, 0U);
        }
    }
}

class LeavingsOf : public testing::Test {
  protected:
    void look(DeviceCommand last) {
        RangeSet places;
        places.add({0, 4096});
        source_ = make_leavings_source(keystream_, places, last, 8192, leavings_).value();
    }
    RangeSet compared(const Bytes& got) {
        RangeSet mismatched;
        EXPECT_TRUE(source_->compare(0, got, kSector, mismatched).has_value());
        return mismatched;
    }
    Bytes markers() {
        Bytes bytes(8192);
        EXPECT_TRUE(KeystreamGenerator::create(keystream_)->fill(0, bytes).has_value());
        return bytes;
    }
    static Bytes repeated(std::initializer_list<unsigned> pattern) {
        Bytes bytes(8192);
        for (std::size_t i = 0; i < bytes.size(); ++i)
            bytes[i] = static_cast<std::byte>(*(pattern.begin() + i % pattern.size()));
        return bytes;
    }

    Keystream keystream_{
        .algorithm = "AES-256-CTR", .key = Bytes(32, std::byte{9}), .nonce = Bytes(8)};
    Leavings leavings_;
    std::unique_ptr<PatternSource> source_;
};

TEST_F(LeavingsOf, AnySurvivingMarkerIsAMismatchWhateverTheMethod) {
    for (const DeviceCommand last :
         {DeviceCommand::nvme_sanitize_block, DeviceCommand::nvme_sanitize_crypto,
          DeviceCommand::nvme_sanitize_overwrite}) {
        look(last);
        Bytes got(8192);
        const Bytes marks = markers();
        std::copy(marks.begin() + 1024, marks.begin() + 1536, got.begin() + 1024);
        EXPECT_EQ(compared(got).ranges(), (std::vector<Range>{{1024, 512}})) << to_string(last);
    }
}

TEST_F(LeavingsOf, ABlockEraseLeavesZerosOrAShortPatternAndNothingElse) {
    look(DeviceCommand::nvme_sanitize_block);
    EXPECT_TRUE(compared(repeated({0})).empty());
    EXPECT_TRUE(compared(repeated({0xFF})).empty());
    EXPECT_TRUE(compared(repeated({0x33, 0xCC, 0x55, 0xAA})).empty());
    Bytes text = repeated({0});
    text[5000] = std::byte{'x'};
    EXPECT_EQ(compared(text).ranges(), (std::vector<Range>{{4608, 512}}));
    EXPECT_EQ(leavings_.zero_sectors + leavings_.uniform_sectors + leavings_.other_sectors, 64U);
    EXPECT_EQ(leavings_.other_sectors, 1U);
}

TEST_F(LeavingsOf, AnOverwriteLeavesItsPatternInEitherOrderOrZeros) {
    look(DeviceCommand::nvme_sanitize_overwrite);
    EXPECT_TRUE(compared(repeated({0x45, 0x49, 0x55, 0x51})).empty());
    EXPECT_TRUE(compared(repeated({0x51, 0x55, 0x49, 0x45})).empty());
    EXPECT_TRUE(compared(repeated({0})).empty());
    EXPECT_EQ(compared(repeated({0xFF})).total(), 8192U);
}

TEST_F(LeavingsOf, AfterACryptoEraseOnlyMarkersTell) {
    look(DeviceCommand::nvme_sanitize_crypto);
    Keystream other = keystream_;
    other.key[0] = std::byte{1};
    Bytes noise(8192);
    ASSERT_TRUE(KeystreamGenerator::create(other)->fill(0, noise).has_value());
    EXPECT_TRUE(compared(noise).empty());
    EXPECT_TRUE(source_->takes_anything()) << "unread buffers are found by their marks";
    EXPECT_EQ(describe(leavings_), "no zeros and no repeated pattern anywhere");
}

TEST(LeavingsText, SaysWhatZerosAre) {
    EXPECT_NE(describe({.zero_sectors = 8}).find("deallocated"), std::string::npos);
    EXPECT_EQ(describe({}), "nothing was read");
    EXPECT_EQ(describe({.uniform_sectors = 8}), "a short repeated pattern everywhere");
}

}  // namespace
}  // namespace quietus::engine
