#include <ctime>

#include "certs/cms.h"
#include "certs/signature_kind.h"
#include "certs/signing_key_impl.h"

namespace quietus::certs {

namespace {

// CMS_BINARY: the stored bytes as they are. CMS_CADES: signing-certificate-v2, which ties the
// signature to this one certificate. CMS_NOSMIMECAP: OpenSSL would otherwise advertise DES and RC2.
// CMS_KEY_PARAM: the padding is ours to set before it signs.
constexpr unsigned kFlags =
    CMS_BINARY | CMS_CADES | CMS_NOSMIMECAP | CMS_PARTIAL | CMS_DETACHED | CMS_KEY_PARAM;

using TimeHandle = Handle<ASN1_TIME, ASN1_TIME_free>;

tl::unexpected<Error> cannot_sign(const char* what) {
    return failure(ErrorCode::internal, std::string{"signing: "} + what + ": " + openssl_reason());
}

// The record's own time, so that signature and record never disagree.
Result<void> set_signing_time(CMS_SignerInfo* signer, UtcTime when) {
    const TimeHandle time{ASN1_TIME_set(nullptr, static_cast<time_t>(when.ms / 1000))};
    if (!time ||
        CMS_signed_add1_attr_by_NID(signer, NID_pkcs9_signingTime, time->type, time.get(), -1) != 1)
        return cannot_sign("signing time");
    return {};
}

Result<std::string> sign_with(const OpenKey& open, const SigningKey::Impl& parts,
                              std::string_view content, UtcTime when, Inside inside) {
    const CmsHandle cms{
        CMS_sign_ex(nullptr, nullptr, nullptr, nullptr, kFlags, open.library, open.properties)};
    if (!cms) return cannot_sign("new signature");
    CMS_SignerInfo* signer = CMS_add1_signer(cms.get(), parts.certificate.get(), open.key.get(),
                                             digest_for(parts.key.get()), kFlags);
    if (signer == nullptr) return cannot_sign("signer");
    QUIETUS_TRY(prepare_signer(CMS_SignerInfo_get0_pkey_ctx(signer), parts.key.get()));
    QUIETUS_TRY(set_signing_time(signer, when));
    QUIETUS_TRY(add_issuers(cms.get(), parts, inside));
    const BioHandle in = bio_over(content);
    if (CMS_final(cms.get(), in.get(), nullptr, kFlags) != 1) return cannot_sign("final");
    return der_of_cms(cms.get());
}

}  // namespace

Result<void> add_issuers(CMS_ContentInfo* cms, const SigningKey::Impl& parts, Inside inside) {
    const STACK_OF(X509)* issuers = parts.issuers.get();
    for (int i = 0; i < sk_X509_num(issuers); ++i) {
        X509* issuer = sk_X509_value(issuers, i);
        const bool root =
            X509_NAME_cmp(X509_get_subject_name(issuer), X509_get_issuer_name(issuer)) == 0;
        if ((!root || inside == Inside::whole_path) && CMS_add1_cert(cms, issuer) != 1)
            return cannot_sign("intermediate certificate");
    }
    return {};
}

Result<std::string> der_of_cms(CMS_ContentInfo* cms) {
    const BioHandle out{BIO_new(BIO_s_mem())};
    if (!out || i2d_CMS_bio(out.get(), cms) != 1) return cannot_sign("encoding");
    char* data = nullptr;
    const long size = BIO_get_mem_data(out.get(), &data);
    if (size <= 0) return cannot_sign("encoding");
    return std::string(data, static_cast<std::size_t>(size));
}

Result<std::string> sign_detached(const SigningKey& key, std::string_view content, UtcTime when,
                                  Inside inside) {
    const SigningKey::Impl& parts = key.impl();
    return use_key(
        parts, [&](const OpenKey& open) { return sign_with(open, parts, content, when, inside); });
}

}  // namespace quietus::certs
