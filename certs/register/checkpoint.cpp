#include "certs/register/checkpoint.h"

#include <algorithm>

#include <openssl/pem.h>

#include "base/json.h"
#include "certs/openssl_handles.h"

namespace quietus::certs {

namespace {

constexpr std::size_t kPublicKeySize = 32;
constexpr std::size_t kSignatureSize = 64;
constexpr std::size_t kKeyIdSize = 4;
constexpr std::size_t kOriginSizeMax = 256;
constexpr const char* kDash =
    "\xE2\x80\x94 ";  // signed-note: an em dash and a blank begin a signature line

std::vector<unsigned char> octets_of(std::span<const std::byte> bytes) {
    std::vector<unsigned char> octets(bytes.size());
    std::transform(bytes.begin(), bytes.end(), octets.begin(),
                   [](std::byte b) { return std::to_integer<unsigned char>(b); });
    return octets;
}

int never_ask(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*data*/) {
    return -1;
}

Result<KeyHandle> read_log_key(std::string_view pem) {
    const BioHandle in = bio_over(pem);
    KeyHandle key{PEM_read_bio_PrivateKey(in.get(), nullptr, never_ask, nullptr)};
    ERR_clear_error();
    if (key && EVP_PKEY_is_a(key.get(), "ED25519") == 1) return key;
    return failure(ErrorCode::config, "the register's key is not an Ed25519 private key in PEM",
                   "restore the register's key from a backup");
}

// signed-note: the key's id is the start of SHA-256(name, newline, 0x01 for Ed25519, key).
Bytes key_id(std::string_view origin, std::span<const std::byte> public_key) {
    const Digest digest = sha256(std::string{origin} + "\n\x01" + text_of(public_key));
    return {digest.begin(), digest.begin() + kKeyIdSize};
}

std::string text_of_checkpoint(const Checkpoint& checkpoint, std::string_view origin) {
    return std::string{origin} + "\n" + std::to_string(checkpoint.size) + "\n" +
           to_base64(checkpoint.root) + "\n";
}

std::string note_of(const std::string& text, std::string_view origin,
                    std::span<const std::byte> public_key, std::span<const std::byte> signature) {
    Bytes blob = key_id(origin, public_key);
    blob.insert(blob.end(), signature.begin(), signature.end());
    return text + "\n" + kDash + std::string{origin} + " " + to_base64(blob) + "\n";
}

tl::unexpected<Error> refuse(const std::string& why) {
    return failure(ErrorCode::not_authentic, "checkpoint: " + why);
}

bool signature_holds(const std::string& text, std::span<const std::byte> signature,
                     std::span<const std::byte> public_key) {
    const auto raw = octets_of(public_key);
    const KeyHandle key{
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, raw.data(), raw.size())};
    const DigestContext context{EVP_MD_CTX_new()};
    const auto signed_octets = octets_of(bytes_of(text));
    const auto octets = octets_of(signature);
    const bool holds =
        key && context &&
        EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
        EVP_DigestVerify(context.get(), octets.data(), octets.size(), signed_octets.data(),
                         signed_octets.size()) == 1;
    ERR_clear_error();
    return holds;
}

std::string_view take_line(std::string_view& text) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    return line;
}

}  // namespace

bool is_origin(std::string_view origin) {
    return !origin.empty() && origin.size() <= kOriginSizeMax &&
           std::all_of(origin.begin(), origin.end(),
                       [](char c) { return c > 0x20 && c < 0x7F && c != '+'; });
}

Result<Bytes> log_public_key(std::string_view private_pem) {
    const KeyHandle key = QUIETUS_TRY(read_log_key(private_pem));
    std::vector<unsigned char> raw(kPublicKeySize);
    std::size_t size = raw.size();
    QUIETUS_CHECK(EVP_PKEY_get_raw_public_key(key.get(), raw.data(), &size) == 1 &&
                  size == kPublicKeySize);
    Bytes bytes;
    for (const unsigned char octet : raw) bytes.push_back(std::byte{octet});
    return bytes;
}

Result<SecretBytes> new_log_key_pem() {
    const KeyHandle key{EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")};
    const BioHandle out{BIO_new(BIO_s_secmem())};
    if (!key || !out ||
        PEM_write_bio_PKCS8PrivateKey(out.get(), key.get(), nullptr, nullptr, 0, nullptr,
                                      nullptr) != 1)
        return failure(ErrorCode::internal, "making the register's key: " + openssl_reason());
    char* data = nullptr;
    const long size = BIO_get_mem_data(out.get(), &data);
    QUIETUS_CHECK(size > 0);
    return SecretBytes::copy_of(bytes_of({data, static_cast<std::size_t>(size)}));
}

Result<std::string> sign_checkpoint(const Checkpoint& checkpoint, const std::string& origin,
                                    std::string_view private_pem) {
    QUIETUS_CHECK(is_origin(origin));
    const KeyHandle key = QUIETUS_TRY(read_log_key(private_pem));
    const std::string text = text_of_checkpoint(checkpoint, origin);
    const auto octets = octets_of(bytes_of(text));
    std::vector<unsigned char> signature(kSignatureSize);
    std::size_t size = signature.size();
    const DigestContext context{EVP_MD_CTX_new()};
    if (!context || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) != 1 ||
        EVP_DigestSign(context.get(), signature.data(), &size, octets.data(), octets.size()) != 1 ||
        size != kSignatureSize)
        return failure(ErrorCode::internal, "signing the checkpoint: " + openssl_reason());
    const Bytes public_key = QUIETUS_TRY(log_public_key(private_pem));
    return note_of(text, origin, public_key, std::as_bytes(std::span{signature}));
}

Result<Checkpoint> verify_checkpoint(std::string_view note, std::string_view origin,
                                     std::string_view public_key_base64) {
    const Bytes public_key = QUIETUS_TRY(from_base64(public_key_base64));
    if (public_key.size() != kPublicKeySize || !is_origin(origin))
        return refuse("the log's name or key is malformed");
    std::string_view rest = note;
    static_cast<void>(take_line(rest));
    const auto size = integer_from(Json(std::string{take_line(rest)}), "size");
    const auto root = from_base64(take_line(rest));
    static_cast<void>(take_line(rest));
    const std::string_view line = take_line(rest);
    const auto blob = from_base64(line.substr(std::min(line.size(), line.rfind(' ') + 1)));
    if (!size || !root || root->size() != Digest{}.size() || !blob ||
        blob->size() != kKeyIdSize + kSignatureSize)
        return refuse("malformed");
    Checkpoint checkpoint{.size = *size};
    std::copy(root->begin(), root->end(), checkpoint.root.begin());
    // Written again from its parts it must come out the same: no second spelling, no second
    // signature.
    const auto signature = std::span{*blob}.subspan(kKeyIdSize);
    const std::string text = text_of_checkpoint(checkpoint, origin);
    if (note_of(text, origin, public_key, signature) != note)
        return refuse("not of this log, or not in its one spelling");
    if (!signature_holds(text, signature, public_key))
        return refuse("the signature of the log does not hold");
    return checkpoint;
}

}  // namespace quietus::certs
