#include "certs/render/pades.h"

#include <algorithm>
#include <vector>

#include <openssl/rsa.h>

#include "certs/signing_key_impl.h"

namespace quietus::certs {

namespace {

// As in certs/cms_sign.cpp: the bytes as they are, signing-certificate-v2, no list of ciphers.
constexpr unsigned kFlags = CMS_BINARY | CMS_CADES | CMS_NOSMIMECAP | CMS_PARTIAL | CMS_DETACHED;

using AttributeHandle = Handle<X509_ATTRIBUTE, X509_ATTRIBUTE_free>;

tl::unexpected<Error> cannot_sign(const char* what) {
    return failure(ErrorCode::internal,
                   std::string{"signing the PDF: "} + what + ": " + openssl_reason());
}

bool is_rsa(EVP_PKEY* key) {
    return EVP_PKEY_is_a(key, "RSA") == 1 || EVP_PKEY_is_a(key, "RSA-PSS") == 1;
}

// The digest follows the strength of the key: some verifiers refuse P-384 with SHA-256.
const EVP_MD* digest_for(EVP_PKEY* key) {
    return EVP_PKEY_is_a(key, "EC") == 1 && EVP_PKEY_get_bits(key) > 256 ? EVP_sha384()
                                                                         : EVP_sha256();
}

// Without these an id-RSASSA-PSS key signs something that nobody can verify.
Result<void> pad(EVP_PKEY_CTX* context, EVP_PKEY* key) {
    if (!is_rsa(key)) return {};
    if (EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) > 0 &&
        EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) > 0)
        return {};
    return cannot_sign("padding");
}

std::string der_length(std::size_t length) {
    if (length < 0x80) return std::string(1, static_cast<char>(length));
    std::string bytes;
    for (; length > 0; length >>= 8U)
        bytes.insert(bytes.begin(), static_cast<char>(length & 0xFFU));
    return static_cast<char>(0x80U | bytes.size()) + bytes;
}

// What the signature is over: the attributes as DER SET OF (RFC 5652 §5.4).
std::string signed_attributes(const CMS_SignerInfo* signer) {
    std::vector<std::string> parts;
    for (int i = 0; i < CMS_signed_get_attr_count(signer); ++i) {
        unsigned char* der = nullptr;
        const int size = i2d_X509_ATTRIBUTE(CMS_signed_get_attr(signer, i), &der);
        std::string part;
        for (int at = 0; at < size; ++at) part += static_cast<char>(der[at]);
        OPENSSL_free(der);
        parts.push_back(std::move(part));
    }
    std::sort(parts.begin(), parts.end(), [](const std::string& a, const std::string& b) {
        return std::lexicographical_compare(
            a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
                return static_cast<unsigned char>(x) < static_cast<unsigned char>(y);
            });
    });
    std::string all;
    for (const std::string& part : parts) all += part;
    return "\x31" + der_length(all.size()) + all;
}

// CMS_final puts a signingTime in, unasked. It is taken out and the rest signed again.
Result<void> sign_without_time(CMS_SignerInfo* signer, EVP_PKEY* key, const EVP_MD* digest) {
    const int at = CMS_signed_get_attr_by_NID(signer, NID_pkcs9_signingTime, -1);
    if (at < 0) return {};
    const AttributeHandle time{CMS_signed_delete_attr(signer, at)};
    const std::string text = signed_attributes(signer);
    const std::vector<unsigned char> content{text.begin(), text.end()};
    const DigestContext context{EVP_MD_CTX_new()};
    EVP_PKEY_CTX* parameters = nullptr;
    if (!context || EVP_DigestSignInit(context.get(), &parameters, digest, nullptr, key) != 1)
        return cannot_sign("again");
    QUIETUS_TRY(pad(parameters, key));
    std::size_t size = 0;
    if (EVP_DigestSign(context.get(), nullptr, &size, content.data(), content.size()) != 1)
        return cannot_sign("again");
    std::vector<unsigned char> value(size);
    if (EVP_DigestSign(context.get(), value.data(), &size, content.data(), content.size()) != 1)
        return cannot_sign("again");
    if (ASN1_STRING_set(CMS_SignerInfo_get0_signature(signer), value.data(),
                        static_cast<int>(size)) != 1)
        return cannot_sign("again");
    return {};
}

// A verifier has the root already; everything between must be inside.
Result<void> add_intermediates(CMS_ContentInfo* cms, const STACK_OF(X509) * issuers) {
    for (int i = 0; i < sk_X509_num(issuers); ++i) {
        X509* issuer = sk_X509_value(issuers, i);
        const bool root =
            X509_NAME_cmp(X509_get_subject_name(issuer), X509_get_issuer_name(issuer)) == 0;
        if (!root && CMS_add1_cert(cms, issuer) != 1) return cannot_sign("intermediate");
    }
    return {};
}

}  // namespace

Result<std::string> sign_pades(const SigningKey& signing_key, std::string_view content) {
    const SigningKey::Impl& parts = signing_key.impl();
    EVP_PKEY* key = parts.key.get();
    const EVP_MD* digest = digest_for(key);
    const CmsHandle cms{CMS_sign(nullptr, nullptr, nullptr, nullptr, kFlags)};
    if (!cms) return cannot_sign("new signature");
    CMS_SignerInfo* signer = CMS_add1_signer(cms.get(), parts.certificate.get(), key, digest,
                                             kFlags | (is_rsa(key) ? CMS_KEY_PARAM : 0U));
    if (signer == nullptr) return cannot_sign("signer");
    if (is_rsa(key)) QUIETUS_TRY(pad(CMS_SignerInfo_get0_pkey_ctx(signer), key));
    QUIETUS_TRY(add_intermediates(cms.get(), parts.issuers.get()));
    const BioHandle in = bio_over(content);
    if (CMS_final(cms.get(), in.get(), nullptr, kFlags) != 1) return cannot_sign("final");
    QUIETUS_TRY(sign_without_time(signer, key, digest));
    const BioHandle out{BIO_new(BIO_s_mem())};
    if (!out || i2d_CMS_bio(out.get(), cms.get()) != 1) return cannot_sign("encoding");
    char* data = nullptr;
    const long size = BIO_get_mem_data(out.get(), &data);
    if (size <= 0) return cannot_sign("encoding");
    return std::string(data, static_cast<std::size_t>(size));
}

}  // namespace quietus::certs
