#include "certs/signature_kind.h"

#include <array>

#include <openssl/err.h>
#include <openssl/rsa.h>

#include "certs/openssl_handles.h"

namespace quietus::certs {

namespace {

using namespace std::string_view_literals;

constexpr int kRsaBitsMin = 3072;  // 128 bits of strength: NIST SP 800-57 part 1 rev. 5, table 2
constexpr int kRsaBitsMax = 8192;  // beyond it a signature costs a verifier more than it gains
constexpr const char* kKeyHint =
    "quietus key create makes a suitable one: EC P-256, EC P-384, or RSA of 3072 to 8192 bits";

constexpr auto kSha256 = "\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01"sv;
constexpr auto kSha256Null = "\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00"sv;
constexpr auto kSha384 = "\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02"sv;
constexpr auto kSha384Null = "\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00"sv;
// RFC 5758 §3.2: ecdsa-with-SHA256 and -SHA384, parameters absent.
constexpr auto kEcdsaSha256 = "\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02"sv;
constexpr auto kEcdsaSha384 = "\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03"sv;
// RFC 4055 §3.1: RSASSA-PSS-params with SHA-256, MGF1 with SHA-256, a salt of 32 bytes and the
// trailer field left at its default.
constexpr auto kPssSha256 =
    "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a\x30\x34"
    "\xa0\x0f\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00"
    "\xa1\x1c\x30\x1a\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08"
    "\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00"
    "\xa2\x03\x02\x01\x20"sv;

// The same with the parameters of SHA-256 absent: what OpenSSL writes for the key of an engine. RFC
// 4055 §2.1 has everybody take both.
constexpr auto kPssSha256Bare =
    "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a\x30\x30"
    "\xa0\x0d\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01"
    "\xa1\x1a\x30\x18\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08"
    "\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01"
    "\xa2\x03\x02\x01\x20"sv;

constexpr std::array kKinds{SignatureKind{"ECDSA P-256 with SHA-256", kSha256, kSha256Null,
                                          kEcdsaSha256, kEcdsaSha256, EVP_sha256, false},
                            SignatureKind{"ECDSA P-384 with SHA-384", kSha384, kSha384Null,
                                          kEcdsaSha384, kEcdsaSha384, EVP_sha384, false},
                            SignatureKind{"RSASSA-PSS with SHA-256", kSha256, kSha256Null,
                                          kPssSha256, kPssSha256Bare, EVP_sha256, true}};

std::string group_of(const EVP_PKEY* key) {
    std::array<char, 64> group{};
    std::size_t length = 0;
    if (EVP_PKEY_get_group_name(const_cast<EVP_PKEY*>(key), group.data(), group.size(), &length) !=
        1) {
        ERR_clear_error();
        return {};
    }
    return group.data();
}

bool is_of_group(const EVP_PKEY* key, std::string_view name) {
    return EVP_PKEY_is_a(key, "EC") == 1 && group_of(key) == name;
}

}  // namespace

const SignatureKind* signature_kind_of(const EVP_PKEY* key) {
    if (key == nullptr) return nullptr;
    if (is_of_group(key, "prime256v1") || is_of_group(key, "P-256")) return kKinds.data();
    if (is_of_group(key, "secp384r1") || is_of_group(key, "P-384")) return &kKinds[1];
    // A key whose own type says RSASSA-PSS is another type: "RSA-PSS". Too many programs refuse its
    // certificate.
    const int bits = EVP_PKEY_get_bits(key);
    if (EVP_PKEY_is_a(key, "RSA") == 1 && bits >= kRsaBitsMin && bits <= kRsaBitsMax)
        return &kKinds[2];
    return nullptr;
}

const SignatureKind* signature_kind_named(std::string_view digest, std::string_view algorithm) {
    for (const SignatureKind& kind : kKinds) {
        // RFC 5754 §2: parameters absent is the form to write, NULL the form to read as well.
        const bool same_digest = digest == kind.digest || digest == kind.digest_null;
        const bool same_algorithm = algorithm == kind.algorithm || algorithm == kind.algorithm_bare;
        if (same_digest && same_algorithm) return &kind;
    }
    return nullptr;
}

Result<const SignatureKind*> suitable_kind(const EVP_PKEY* key) {
    if (const SignatureKind* kind = signature_kind_of(key)) return kind;
    return failure(ErrorCode::config,
                   "unsuitable signing key: it is " + key_text(key) +
                       ", records are signed with EC P-256, EC P-384 or RSA from 3072 bits on",
                   kKeyHint);
}

const EVP_MD* digest_for(const EVP_PKEY* key) {
    const SignatureKind* kind = signature_kind_of(key);
    QUIETUS_CHECK(kind != nullptr);
    return kind->digest_method();
}

Result<void> prepare_signer(EVP_PKEY_CTX* context, const EVP_PKEY* key) {
    const SignatureKind* kind = signature_kind_of(key);
    QUIETUS_CHECK(kind != nullptr);
    // Without both of these OpenSSL writes a signature that nobody, itself included, verifies.
    if (!kind->pss || (EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) > 0 &&
                       EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) > 0))
        return {};
    return failure(ErrorCode::config, "the signing key does no RSASSA-PSS: " + openssl_reason(),
                   "use an EC key, or a key store that does");
}

std::string key_text(const EVP_PKEY* key) {
    if (key == nullptr) return "of unknown type";
    const char* type = EVP_PKEY_get0_type_name(key);
    std::string text = type != nullptr ? type : "of unknown type";
    if (EVP_PKEY_is_a(key, "EC") != 1)
        return text + ", " + std::to_string(EVP_PKEY_get_bits(key)) + " bits";
    const std::string group = group_of(key);
    if (group == "prime256v1") return text + ", P-256";
    if (group == "secp384r1") return text + ", P-384";
    return text + ", " + (group.empty() ? "parameters of its own" : group);
}

}  // namespace quietus::certs
