#include "engine/keystream.h"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "base/bytes.h"

namespace quietus::engine {
namespace {

Bytes stream(const Keystream& keystream, std::uint64_t offset, std::size_t size) {
    auto generator = KeystreamGenerator::create(keystream);
    EXPECT_TRUE(generator.has_value());
    Bytes out(size, std::byte{0xEE});
    EXPECT_TRUE(generator->fill(offset, out).has_value());
    return out;
}

Keystream counting_key(std::string_view algorithm) {
    Keystream keystream{.algorithm = std::string{algorithm}, .key = {}, .nonce = {}};
    for (int i = 0; i < 32; ++i) keystream.key.push_back(static_cast<std::byte>(i));
    keystream.nonce = from_hex("f0e1d2c3b4a59687").value();
    return keystream;
}

TEST(Keystream, EqualsWhatOpensslEncMakesAtEveryOffset) {
    std::ifstream file{std::string{QUIETUS_SOURCE_DIR} + "/tests/vectors/keystream/keystream.txt"};
    int vectors = 0;
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("#")) continue;
        std::istringstream words{line};
        std::string algorithm;
        std::string key;
        std::string nonce;
        std::string bytes;
        std::uint64_t offset = 0;
        words >> algorithm >> key >> nonce >> offset >> bytes;
        const Keystream keystream{
            .algorithm = algorithm, .key = from_hex(key).value(), .nonce = from_hex(nonce).value()};
        EXPECT_EQ(to_hex(stream(keystream, offset, bytes.size() / 2)), bytes)
            << algorithm << " at " << offset;
        ++vectors;
    }
    EXPECT_EQ(vectors, 20);
}

// RFC 8439 appendix A.1. Its nonce has 12 bytes and its counter 4; where the first four bytes of
// the nonce are zero that is our form with 8 and 8.
TEST(Keystream, EqualsTheChaCha20VectorsOfRfc8439) {
    Keystream keystream{.algorithm = std::string{kChaCha20}, .key = Bytes(32), .nonce = Bytes(8)};
    EXPECT_EQ(to_hex(stream(keystream, 0, 64)),
              "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7"
              "da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586");
    EXPECT_EQ(to_hex(stream(keystream, 64, 64)),
              "9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed"
              "29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f");
    keystream.nonce[7] = std::byte{2};
    EXPECT_EQ(to_hex(stream(keystream, 0, 64)),
              "c2c64d378cd536374ae204b9ef933fcd1a8b2288b3dfa49672ab765b54ee27c7"
              "8a970e0e955c14f3a88e741b97c286f75f8fc299e8148362fa198a39531bed6d");
    keystream.nonce[7] = std::byte{0};
    keystream.key[31] = std::byte{1};
    EXPECT_EQ(to_hex(stream(keystream, 64, 64)),
              "3aeb5224ecf849929b9d828db1ced4dd832025e8018b8160b82284f3c949aa5a"
              "8eca00bbb4a73bdad192b5c42f73f2fd4e273644c8b36125a64addeb006c13a0");
}

class KeystreamOf : public testing::TestWithParam<std::string_view> {};

TEST_P(KeystreamOf, SeekingGivesWhatGoingThereInOrderGives) {
    const Keystream keystream = counting_key(GetParam());
    const Bytes whole = stream(keystream, 0, 200'000 / 64 * 64);
    for (std::size_t offset = 0; offset < whole.size(); offset += 64 * 97) {
        const Bytes part =
            stream(keystream, offset, std::min<std::size_t>(1000, whole.size() - offset));
        EXPECT_TRUE(std::equal(part.begin(), part.end(),
                               whole.begin() + static_cast<std::ptrdiff_t>(offset)))
            << offset;
    }
}

TEST_P(KeystreamOf, OneGeneratorMayJumpBackAndForth) {
    auto generator = KeystreamGenerator::create(counting_key(GetParam()));
    ASSERT_TRUE(generator.has_value());
    const Bytes whole = stream(counting_key(GetParam()), 0, 65536);
    Bytes out(512);
    for (const std::uint64_t offset : {1024U, 0U, 65024U, 512U, 1024U}) {
        ASSERT_TRUE(generator->fill(offset, out).has_value());
        EXPECT_TRUE(std::equal(out.begin(), out.end(),
                               whole.begin() + static_cast<std::ptrdiff_t>(offset)));
    }
}

TEST_P(KeystreamOf, RunsOnAcrossBlock2To32) {
    const Keystream keystream = counting_key(GetParam());
    for (const std::uint64_t block : {16U, 64U}) {
        const std::uint64_t edge = block << 32U;
        const Bytes across = stream(keystream, edge - 4096, 8192);
        Bytes parts = stream(keystream, edge - 4096, 4096);
        const Bytes after = stream(keystream, edge, 4096);
        parts.insert(parts.end(), after.begin(), after.end());
        EXPECT_EQ(across, parts);
        // A counter of 32 bits would begin again here.
        EXPECT_NE(after, stream(keystream, 0, 4096));
    }
}

TEST_P(KeystreamOf, AnotherKeyOrNonceIsAnotherStream) {
    const Bytes first = stream(counting_key(GetParam()), 0, 4096);
    Keystream other = counting_key(GetParam());
    other.nonce[0] ^= std::byte{1};
    EXPECT_NE(stream(other, 0, 4096), first);
    other = counting_key(GetParam());
    other.key[31] ^= std::byte{1};
    EXPECT_NE(stream(other, 0, 4096), first);
}

TEST_P(KeystreamOf, AKeyOrNonceOfAnotherLengthIsRefused) {
    for (const auto& [key, nonce] :
         {std::pair{31, 8}, {33, 8}, {0, 8}, {32, 7}, {32, 9}, {32, 0}}) {
        const Keystream keystream{.algorithm = std::string{GetParam()},
                                  .key = Bytes(static_cast<std::size_t>(key)),
                                  .nonce = Bytes(static_cast<std::size_t>(nonce))};
        EXPECT_FALSE(KeystreamGenerator::create(keystream).has_value()) << key << " " << nonce;
    }
}

INSTANTIATE_TEST_SUITE_P(Both, KeystreamOf, testing::Values(kAes256Ctr, kChaCha20),
                         [](const auto& row) {
                             return row.param == kChaCha20 ? std::string{"ChaCha20"}
                                                           : std::string{"Aes256Ctr"};
                         });

TEST(Keystream, AnUnknownAlgorithmIsRefused) {
    Keystream keystream = counting_key("AES-128-CTR");
    EXPECT_FALSE(KeystreamGenerator::create(keystream).has_value());
}

TEST(Keystream, EachNewKeystreamHasItsOwnKeyAndNonce) {
    const Keystream first = new_keystream(preferred_algorithm()).value();
    const Keystream second = new_keystream(preferred_algorithm()).value();
    EXPECT_EQ(first.key.size(), 32U);
    EXPECT_EQ(first.nonce.size(), 8U);
    EXPECT_NE(first.key, second.key);
    EXPECT_NE(first.nonce, second.nonce);
}

TEST(Keystream, TheSelfTestPasses) {
    const auto passed = selftest();
    EXPECT_TRUE(passed.has_value()) << passed.error().message;
}

// engine_without_aes runs this on a processor that has no AES instructions, and says so.
TEST(KeystreamDispatch, TakesAesWhereTheProcessorHasIt) {
    const char* expected = std::getenv("QUIETUS_EXPECTED_ALGORITHM");
    if (expected != nullptr)
        EXPECT_EQ(preferred_algorithm(), expected);
    else
        EXPECT_EQ(preferred_algorithm() == kAes256Ctr, __builtin_cpu_supports("aes") != 0);
    const Keystream drawn = new_keystream(preferred_algorithm()).value();
    Bytes bytes(4096);
    EXPECT_TRUE(KeystreamGenerator::create(drawn)->fill(64, bytes).has_value());
}

}  // namespace
}  // namespace quietus::engine
