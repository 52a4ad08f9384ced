#include "engine/keystream.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <openssl/evp.h>

#include "base/bytes.h"
#include "base/random.h"

namespace quietus::engine {

namespace {

constexpr std::size_t kKeySize = 32;
constexpr std::size_t kNonceSize = 8;
constexpr std::uint64_t kAesBlock = 16;
constexpr std::uint64_t kChaChaBlock = 64;

// One EVP call takes an int length, and short inputs stay in the first-level cache.
constexpr std::size_t kZeroRun = 16 * kKiB;
alignas(64) constexpr std::array<unsigned char, kZeroRun> kZeros{};

unsigned char* raw(std::span<std::byte> bytes) {
    return reinterpret_cast<unsigned char*>(bytes.data());
}

std::array<unsigned char, 16> counter_block(bool chacha, std::span<const std::byte> nonce,
                                            std::uint64_t offset) {
    std::array<unsigned char, 16> block{};
    const std::uint64_t number = offset / (chacha ? kChaChaBlock : kAesBlock);
    for (std::size_t i = 0; i < 8; ++i) {
        const auto digit = static_cast<unsigned char>(number >> (8 * i) & 0xFFU);
        block[chacha ? i : 15 - i] = digit;
        block[chacha ? 8 + i : i] = std::to_integer<unsigned char>(nonce[i]);
    }
    return block;
}

Bytes bytes_from_hex(std::string_view hex) {
    return from_hex(hex).value();
}

Result<void> expect(const Keystream& keystream, std::uint64_t offset,
                    std::string_view expected_hex) {
    auto generator = QUIETUS_TRY(KeystreamGenerator::create(keystream));
    const Bytes expected = bytes_from_hex(expected_hex);
    Bytes got(expected.size());
    QUIETUS_TRY(generator.fill(offset, got));
    if (got != expected)
        return failure(ErrorCode::internal,
                       "self-test: " + keystream.algorithm + " gives wrong bytes");
    return {};
}

// A run that straddles block 2^32 must equal the same bytes made in two parts.
Result<void> expect_continuity(const Keystream& keystream, std::uint64_t block_size) {
    auto generator = QUIETUS_TRY(KeystreamGenerator::create(keystream));
    constexpr std::size_t kHalf = 512;
    const std::uint64_t boundary = (std::uint64_t{1} << 32U) * block_size;
    Bytes whole(2 * kHalf);
    Bytes parts(2 * kHalf);
    QUIETUS_TRY(generator.fill(boundary - kHalf, whole));
    QUIETUS_TRY(generator.fill(boundary, std::span{parts}.subspan(kHalf)));
    QUIETUS_TRY(generator.fill(boundary - kHalf, std::span{parts}.first(kHalf)));
    if (whole != parts)
        return failure(ErrorCode::internal,
                       "self-test: " + keystream.algorithm + " is not continuous at block 2^32");
    return {};
}

}  // namespace

struct KeystreamGenerator::State {
    EVP_CIPHER* cipher{nullptr};
    EVP_CIPHER_CTX* context{nullptr};
    bool chacha{false};
    Bytes nonce;

    State() = default;
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() {
        EVP_CIPHER_CTX_free(context);
        EVP_CIPHER_free(cipher);
    }
};

KeystreamGenerator::KeystreamGenerator(std::unique_ptr<State> state) : state_{std::move(state)} {}
KeystreamGenerator::KeystreamGenerator(KeystreamGenerator&&) noexcept = default;
KeystreamGenerator& KeystreamGenerator::operator=(KeystreamGenerator&&) noexcept = default;
KeystreamGenerator::~KeystreamGenerator() = default;

std::string_view preferred_algorithm() {
#if defined(__x86_64__) || defined(__i386__)
    return __builtin_cpu_supports("aes") ? kAes256Ctr : kChaCha20;
#else
    return kAes256Ctr;
#endif
}

Result<Keystream> new_keystream(std::string_view algorithm) {
    Keystream keystream{
        .algorithm = std::string{algorithm}, .key = Bytes(kKeySize), .nonce = Bytes(kNonceSize)};
    QUIETUS_TRY(fill_random(keystream.key));
    QUIETUS_TRY(fill_random(keystream.nonce));
    return keystream;
}

Result<KeystreamGenerator> KeystreamGenerator::create(const Keystream& keystream) {
    const bool chacha = keystream.algorithm == kChaCha20;
    if (!chacha && keystream.algorithm != kAes256Ctr)
        return failure(ErrorCode::bad_evidence,
                       "unknown keystream algorithm '" + printable_text(keystream.algorithm) + "'");
    if (keystream.key.size() != kKeySize || keystream.nonce.size() != kNonceSize)
        return failure(ErrorCode::bad_evidence, "keystream key or nonce has a wrong length");
    auto state = std::make_unique<State>();
    state->chacha = chacha;
    state->nonce = keystream.nonce;
    state->cipher = EVP_CIPHER_fetch(nullptr, chacha ? "ChaCha20" : "AES-256-CTR", nullptr);
    state->context = EVP_CIPHER_CTX_new();
    std::array<unsigned char, kKeySize> key{};
    std::transform(keystream.key.begin(), keystream.key.end(), key.begin(),
                   [](std::byte b) { return std::to_integer<unsigned char>(b); });
    const auto counter = counter_block(chacha, state->nonce, 0);
    if (state->cipher == nullptr || state->context == nullptr ||
        EVP_EncryptInit_ex2(state->context, state->cipher, key.data(), counter.data(), nullptr) !=
            1) {
        return failure(ErrorCode::internal, "OpenSSL offers no " + keystream.algorithm);
    }
    return KeystreamGenerator{std::move(state)};
}

Result<void> KeystreamGenerator::fill(std::uint64_t offset, std::span<std::byte> out) {
    QUIETUS_CHECK(offset % kChaChaBlock == 0);
    const auto counter = counter_block(state_->chacha, state_->nonce, offset);
    if (EVP_EncryptInit_ex2(state_->context, nullptr, nullptr, counter.data(), nullptr) != 1)
        return failure(ErrorCode::internal, "keystream: cannot set the position");
    while (!out.empty()) {
        const std::size_t run = std::min(out.size(), kZeroRun);
        int made = 0;
        if (EVP_EncryptUpdate(state_->context, raw(out), &made, kZeros.data(),
                              static_cast<int>(run)) != 1 ||
            static_cast<std::size_t>(made) != run) {
            return failure(ErrorCode::internal, "keystream: the generator failed");
        }
        out = out.subspan(run);
    }
    return {};
}

Result<void> selftest() {
    // SP 800-38A F.5.5 (CTR-AES256): its initial counter block is f0f1…ff. As nonce || block number
    // that is nonce f0..f7 and block 0xf8f9fafbfcfdfeff, beyond any byte offset; so the published
    // key is checked against an answer for counter block nonce || 0, made with `openssl enc
    // -aes-256-ctr`, and F.5.5 itself in the unit test.
    const Keystream aes{
        .algorithm = std::string{kAes256Ctr},
        .key = bytes_from_hex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"),
        .nonce = bytes_from_hex("f0f1f2f3f4f5f6f7")};
    QUIETUS_TRY(expect(aes, 0, "b4b0374fbf3694c871e1d290c5ba13a7125f28bc6d2414dde799a2f216cf5f82"));
    QUIETUS_TRY(expect_continuity(aes, kAesBlock));
    // draft-agl-tls-chacha20poly1305-04 §7, first vector: zero key, zero nonce, 64-bit counter.
    const Keystream chacha{
        .algorithm = std::string{kChaCha20}, .key = Bytes(kKeySize), .nonce = Bytes(kNonceSize)};
    QUIETUS_TRY(expect(chacha, 0,
                       "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7da41597c515"
                       "7488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586"));
    QUIETUS_TRY(expect_continuity(chacha, kChaChaBlock));
    if (sha256_hex("abc") != "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        return failure(ErrorCode::internal, "self-test: SHA-256 gives wrong bytes");
    return {};
}

}  // namespace quietus::engine
