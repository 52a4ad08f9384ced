#include "certs/render/pades.h"

#include <algorithm>
#include <vector>

#include <openssl/rsa.h>

#include "certs/signature_kind.h"
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

std::string der_length(std::size_t length) {
    if (length < 0x80) return std::string(1, static_cast<char>(length));
    std::string bytes;
    for (; length > 0; length >>= 8U)
        bytes.insert(bytes.begin(), static_cast<char>(length & 0xFFU));
    return static_cast<char>(0x80U | bytes.size()) + bytes;
}

// What the signature is over: the attributes as DER SET OF (RFC 5652 §5.4).
std::string signed_attributes(const CMS_SignerInfo* signer) {
    const int count = CMS_signed_get_attr_count(signer);
    std::vector<std::string> parts;
    parts.reserve(count > 0 ? static_cast<std::size_t>(count) : 0);
    for (int i = 0; i < count; ++i) {
        parts.push_back(
            encoded<X509_ATTRIBUTE, i2d_X509_ATTRIBUTE>(CMS_signed_get_attr(signer, i)));
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
Result<void> sign_without_time(CMS_SignerInfo* signer, const OpenKey& open, const EVP_PKEY* kind) {
    const int at = CMS_signed_get_attr_by_NID(signer, NID_pkcs9_signingTime, -1);
    if (at < 0) return {};
    const AttributeHandle time{CMS_signed_delete_attr(signer, at)};
    const std::string text = signed_attributes(signer);
    const std::vector<unsigned char> content{text.begin(), text.end()};
    const DigestContext context{EVP_MD_CTX_new()};
    EVP_PKEY_CTX* parameters = nullptr;
    if (!context ||
        EVP_DigestSignInit_ex(context.get(), &parameters, EVP_MD_get0_name(digest_for(kind)),
                              open.library, open.properties, open.key.get(), nullptr) != 1)
        return cannot_sign("again");
    QUIETUS_TRY(prepare_signer(parameters, kind));
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

Result<std::string> sign_with(const OpenKey& open, const SigningKey::Impl& parts,
                              std::string_view content) {
    const EVP_PKEY* kind = parts.key.get();
    const CmsHandle cms{
        CMS_sign_ex(nullptr, nullptr, nullptr, nullptr, kFlags, open.library, open.properties)};
    if (!cms) return cannot_sign("new signature");
    CMS_SignerInfo* signer = CMS_add1_signer(cms.get(), parts.certificate.get(), open.key.get(),
                                             digest_for(kind), kFlags | CMS_KEY_PARAM);
    if (signer == nullptr) return cannot_sign("signer");
    QUIETUS_TRY(prepare_signer(CMS_SignerInfo_get0_pkey_ctx(signer), kind));
    QUIETUS_TRY(add_issuers(cms.get(), parts, Inside::intermediates));
    const BioHandle in = bio_over(content);
    if (CMS_final(cms.get(), in.get(), nullptr, kFlags) != 1) return cannot_sign("final");
    QUIETUS_TRY(sign_without_time(signer, open, kind));
    return der_of_cms(cms.get());
}

}  // namespace

Result<std::string> sign_pades(const SigningKey& signing_key, std::string_view content) {
    const SigningKey::Impl& parts = signing_key.impl();
    return use_key(parts, [&](const OpenKey& open) { return sign_with(open, parts, content); });
}

}  // namespace quietus::certs
