#include "base/bytes.h"

#include <algorithm>

#include <openssl/evp.h>

namespace quietus {

namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kBase64Digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int hex_value(char digit) {
    if (digit >= '0' && digit <= '9') return digit - '0';
    if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
    return -1;
}

std::string escaped(unsigned char byte) {
    return {'\\', 'x', kHexDigits[byte >> 4U], kHexDigits[byte & 15U]};
}

// Length of the well-formed UTF-8 sequence of a printable character at the start of `text`, else 0.
std::size_t utf8_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const auto lead = byte(0);
    const std::size_t length = lead < 0x80                   ? 1
                               : lead >= 0xC2 && lead < 0xE0 ? 2
                               : (lead & 0xF0U) == 0xE0      ? 3
                               : lead >= 0xF0 && lead < 0xF5 ? 4
                                                             : 0;
    if (length == 0 || length > text.size()) return 0;
    std::uint32_t code = length == 1 ? lead : lead & (0xFFU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0U) != 0x80) return 0;
        code = code << 6U | (byte(i) & 0x3FU);
    }
    constexpr std::array<std::uint32_t, 5> kSmallest{0, 0, 0x80, 0x800, 0x10000};
    const bool malformed =
        code < kSmallest[length] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000);
    const bool control = code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0xFEFF ||
                         (code >= 0x200B && code <= 0x200F) || (code >= 0x2028 && code <= 0x202E) ||
                         (code >= 0x2060 && code <= 0x206F) || (code >= 0xE0000 && code < 0xE1000);
    return malformed || control ? 0 : length;
}

}  // namespace

std::string text_of(std::span<const std::byte> bytes) {
    std::string text(bytes.size(), '\0');
    std::transform(bytes.begin(), bytes.end(), text.begin(),
                   [](std::byte b) { return static_cast<char>(b); });
    return text;
}

std::string to_hex(std::span<const std::byte> bytes) {
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const std::byte b : bytes) {
        text += kHexDigits[std::to_integer<unsigned>(b) >> 4U];
        text += kHexDigits[std::to_integer<unsigned>(b) & 15U];
    }
    return text;
}

Result<Bytes> from_hex(std::string_view text) {
    if (text.size() % 2 != 0)
        return failure(ErrorCode::usage, "hex needs an even number of digits");
    Bytes bytes;
    bytes.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const int high = hex_value(text[i]);
        const int low = hex_value(text[i + 1]);
        if (high < 0 || low < 0)
            return failure(ErrorCode::usage,
                           "not a hex digit at position " + std::to_string(high < 0 ? i : i + 1));
        bytes.push_back(static_cast<std::byte>(high * 16 + low));
    }
    return bytes;
}

std::string to_base64(std::span<const std::byte> bytes) {
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t group = 0;
        const std::size_t have = std::min<std::size_t>(3, bytes.size() - i);
        for (std::size_t k = 0; k < 3; ++k)
            group = group << 8U | (k < have ? std::to_integer<std::uint32_t>(bytes[i + k]) : 0U);
        for (std::size_t k = 0; k < 4; ++k)
            text += k <= have ? kBase64Digits[group >> (18 - 6 * k) & 63U] : '=';
    }
    return text;
}

Result<Bytes> from_base64(std::string_view text) {
    Bytes bytes;
    std::uint32_t group = 0;
    unsigned bits = 0;
    for (const char c : text) {
        if (c == '=') break;
        const auto value = kBase64Digits.find(c);
        if (value == std::string_view::npos) return failure(ErrorCode::bad_evidence, "not base64");
        group = group << 6U | static_cast<std::uint32_t>(value);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            bytes.push_back(static_cast<std::byte>(group >> bits & 0xFFU));
        }
    }
    // One spelling only: what we would have written ourselves.
    if (to_base64(bytes) != text) return failure(ErrorCode::bad_evidence, "not canonical base64");
    return bytes;
}

struct Sha256::State {
    EVP_MD_CTX* context{EVP_MD_CTX_new()};
    State() {
        QUIETUS_CHECK(context != nullptr &&
                      EVP_DigestInit_ex2(context, EVP_sha256(), nullptr) == 1);
    }
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() { EVP_MD_CTX_free(context); }
};

Sha256::Sha256() : state_{std::make_unique<State>()} {}
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;
Sha256::~Sha256() = default;

void Sha256::update(std::span<const std::byte> bytes) {
    QUIETUS_CHECK(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) == 1);
}

Digest Sha256::finish() {
    std::array<unsigned char, 32> raw{};
    unsigned length = 0;
    QUIETUS_CHECK(EVP_DigestFinal_ex(state_->context, raw.data(), &length) == 1 &&
                  length == raw.size());
    Digest digest{};
    std::transform(raw.begin(), raw.end(), digest.begin(),
                   [](unsigned char c) { return std::byte{c}; });
    return digest;
}

Digest sha256(std::span<const std::byte> bytes) {
    Sha256 hash;
    hash.update(bytes);
    return hash.finish();
}

std::string sha256_hex(std::string_view text) {
    return to_hex(sha256(text));
}

std::string printable_ascii(std::string_view raw) {
    std::string text;
    for (const char c : raw) text += c >= 0x20 && c < 0x7F ? c : '?';
    const auto first = text.find_first_not_of(' ');
    if (first == std::string::npos) return {};
    return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

std::string printable_text(std::string_view raw) {
    std::string text;
    while (!raw.empty()) {
        const std::size_t length = utf8_length(raw);
        if (length == 0)
            text += escaped(static_cast<unsigned char>(raw.front()));
        else
            text += raw.substr(0, length);
        raw.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return text;
}

}  // namespace quietus
