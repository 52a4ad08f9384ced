// Nothing here believes OpenSSL's answer alone: CMS_verify looks neither at the versions, nor at
// unsigned attributes, nor at how the signature algorithm is named, and it reads BER. Whatever it
// leaves open would be bytes that can change without being noticed, so the shape is checked first,
// to the byte.

#include <algorithm>
#include <ctime>

#include <openssl/x509_vfy.h>

#include "base/bytes.h"
#include "certs/cms.h"
#include "certs/der.h"
#include "certs/openssl_handles.h"
#include "certs/signature_kind.h"

namespace quietus::certs {

namespace {

using namespace std::string_view_literals;

// Object identifiers and algorithm identifiers as DER has them.
constexpr auto kSignedData = "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"sv;  // RFC 5652 §5.1
constexpr auto kData = "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"sv;        // RFC 5652 §4
constexpr auto kVersion1 = "\x01"sv;

bool holds(const std::optional<DerElement>& element, std::string_view contents) {
    return element && element->contents == contents;
}

// What the signature file says of its signer and algorithm.
struct Shape {
    std::string_view digest;     // contents of the AlgorithmIdentifier
    std::string_view signer_id;  // contents of issuerAndSerialNumber
    const SignatureKind* kind{nullptr};
};

// What is asked of the SignerInfo: version 1, named by issuer and serial, the digest that the
// SignedData announces with an algorithm of the closed list, no unsigned attributes.
bool signer_has_our_shape(std::string_view signer_info, Shape& shape) {
    DerReader reader{signer_info};
    if (!holds(reader.next(kDerInteger), kVersion1)) return false;
    const auto id = reader.next(kDerSequence);
    if (!id || !holds(reader.next(kDerSequence), shape.digest) || !reader.next(kDerContext0))
        return false;
    const auto algorithm = reader.next(kDerSequence);
    if (!algorithm || !reader.next(kDerOctets)) return false;
    shape.signer_id = id->contents;
    shape.kind = signature_kind_named(shape.digest, algorithm->contents);
    return shape.kind != nullptr && reader.at_end();
}

// SignedData with one digest algorithm, detached data, certificates, no CRLs, one signer.
bool signed_data_has_our_shape(std::string_view signed_data, Shape& shape) {
    DerReader reader{signed_data};
    if (!holds(reader.next(kDerInteger), kVersion1)) return false;
    const auto digests = reader.next(kDerSet);
    if (!digests) return false;
    DerReader digest{digests->contents};
    const auto only = digest.next(kDerSequence);
    if (!only || !digest.at_end()) return false;
    shape.digest = only->contents;
    const auto content = reader.next(kDerSequence);
    if (!content) return false;
    DerReader inside{content->contents};
    if (!holds(inside.next(kDerOid), kData) || !inside.at_end()) return false;
    if (!reader.next(kDerContext0)) return false;
    const auto signers = reader.next(kDerSet);
    if (!signers || !reader.at_end()) return false;
    DerReader signer{signers->contents};
    const auto info = signer.next(kDerSequence);
    return info && signer.at_end() && signer_has_our_shape(info->contents, shape);
}

// Nothing where the file is not of our shape.
std::optional<Shape> shape_of(std::string_view signature) {
    DerReader outer{signature};
    const auto info = outer.next(kDerSequence);
    if (!info || !outer.at_end()) return std::nullopt;
    DerReader reader{info->contents};
    if (!holds(reader.next(kDerOid), kSignedData)) return std::nullopt;
    const auto wrapped = reader.next(kDerContext0);
    if (!wrapped || !reader.at_end()) return std::nullopt;
    DerReader inside{wrapped->contents};
    const auto signed_data = inside.next(kDerSequence);
    Shape shape;
    if (!signed_data || !inside.at_end() ||
        !signed_data_has_our_shape(signed_data->contents, shape))
        return std::nullopt;
    return shape;
}

tl::unexpected<Error> refuse(std::string why, std::string hint = {}) {
    ERR_clear_error();
    return failure(ErrorCode::not_authentic, "signature: " + std::move(why), std::move(hint));
}

// Decodes, and refuses whatever would be spelt differently when encoded again.
Result<CmsHandle> decode_exact(std::string_view signature) {
    if (signature.empty()) return refuse("the file holds no bytes");
    if (signature.size() > kSignatureSizeMax) return refuse("the file is too long to be one");
    const BioHandle in = bio_over(signature);
    CmsHandle cms{d2i_CMS_bio(in.get(), nullptr)};
    if (!cms) return refuse("not CMS in DER: " + openssl_reason());
    if (encoded<CMS_ContentInfo, i2d_CMS_ContentInfo>(cms.get()) != signature)
        return refuse("not exact DER, or bytes beyond its end");
    return cms;
}

// OpenSSL matches names without regard to case; here every byte of the signer's name must agree.
X509* find_signer(STACK_OF(X509) * certificates, std::string_view signer_id) {
    X509* found = nullptr;
    for (int i = 0; i < sk_X509_num(certificates); ++i) {
        X509* candidate = sk_X509_value(certificates, i);
        const std::string id =
            encoded<X509_NAME, i2d_X509_NAME>(X509_get_issuer_name(candidate)) +
            encoded<ASN1_INTEGER, i2d_ASN1_INTEGER>(X509_get0_serialNumber(candidate));
        if (id != signer_id) continue;
        if (found != nullptr) return nullptr;
        found = candidate;
    }
    return found;
}

// CAdES-BES: the signed attributes name the certificate by its digest, once.
bool names_its_certificate(CMS_ContentInfo* cms) {
    const CMS_SignerInfo* signer = sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms), 0);
    const int first = CMS_signed_get_attr_by_NID(signer, NID_id_smime_aa_signingCertificateV2, -1);
    return first >= 0 &&
           CMS_signed_get_attr_by_NID(signer, NID_id_smime_aa_signingCertificateV2, first) < 0;
}

Result<std::string> normal_fingerprint(std::string_view given) {
    std::string digits;
    for (const char c : given) {
        if (c == ':') continue;
        digits += c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    const bool hex = digits.find_first_not_of("0123456789abcdef") == std::string::npos;
    if (digits.size() == 64 && hex) return digits;
    return refuse("the fingerprint given is not a SHA-256 digest in hex",
                  "openssl x509 -noout -fingerprint -sha256 -in CERTIFICATE prints it");
}

using StoreContext = Handle<X509_STORE_CTX, X509_STORE_CTX_free>;

// Only what the auditor named: the system's roots are in no store of ours.
StoreHandle anchors(const STACK_OF(X509) * roots, UtcTime at) {
    StoreHandle store = store_of(roots, at);
    X509_VERIFY_PARAM_set_purpose(X509_STORE_get0_param(store.get()), X509_PURPOSE_ANY);
    return store;
}

std::string day_of(const ASN1_TIME* time) {
    const auto day = utc_of(time);
    return day ? to_rfc3339(*day).substr(0, 10) : "an unreadable date";
}

std::string why_not_trusted(int error, X509* signer) {
    const std::string who = printable_name(X509_get_subject_name(signer));
    switch (error) {
        case X509_V_ERR_CERT_HAS_EXPIRED:
            return "a certificate of the chain has expired (the signer's, " + who +
                   ", is valid until " + day_of(X509_get0_notAfter(signer)) +
                   "), and no time stamp shows it was signed before";
        case X509_V_ERR_CERT_NOT_YET_VALID:
            return "a certificate of the chain is not valid yet (the signer's, " + who +
                   ", is valid from " + day_of(X509_get0_notBefore(signer)) + ")";
        default:
            return "signer " + who + " does not lead to a certificate that was given as trusted: " +
                   X509_verify_cert_error_string(error);
    }
}

Result<std::vector<std::string>> checked_chain(X509* signer, STACK_OF(X509) * embedded,
                                               X509_STORE* store) {
    const StoreContext context{X509_STORE_CTX_new()};
    QUIETUS_CHECK(context && X509_STORE_CTX_init(context.get(), store, signer, embedded) == 1);
    if (X509_verify_cert(context.get()) != 1)
        return refuse(why_not_trusted(X509_STORE_CTX_get_error(context.get()), signer));
    const STACK_OF(X509)* found = X509_STORE_CTX_get0_chain(context.get());
    std::vector<std::string> chain;
    const int count = std::max(0, sk_X509_num(found));
    chain.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) chain.push_back(der_of(sk_X509_value(found, i)));
    return chain;
}

Result<CertificateStack> trusted_certificates(const Trust& trust, X509* signer) {
    CertificateStack roots = certificates_from_pem(trust.roots_pem);
    const bool any = sk_X509_num(roots.get()) > 0;
    if (!trust.roots_pem.empty() && !any) {
        return refuse("the CA file given holds no certificate in PEM",
                      "give --ca a file of PEM certificates");
    }
    if (!trust.fingerprint) {
        if (any) return roots;
        return refuse("nothing says whom to trust",
                      "give --ca FILE or --fingerprint SHA256 of your own");
    }
    const std::string actual = sha256_hex(der_of(signer));
    if (actual != QUIETUS_TRY(normal_fingerprint(*trust.fingerprint))) {
        return refuse("made by another signer than asked for: " +
                      printable_name(X509_get_subject_name(signer)) + ", SHA-256 " + actual);
    }
    // Pinned by its fingerprint alone, the signer's certificate is its own anchor.
    if (!any && X509_up_ref(signer) == 1 && sk_X509_push(roots.get(), signer) == 0)
        X509_free(signer);
    return roots;
}

}  // namespace

Result<Signer> verify_detached(std::string_view signature, std::string_view content,
                               const Trust& trust, UtcTime at) {
    const CmsHandle cms = QUIETUS_TRY(decode_exact(signature));
    const auto shape = shape_of(signature);
    if (!shape) {
        return refuse(
            "not of the one form quietus writes (detached, one signer, ECDSA P-256 with SHA-256, "
            "ECDSA P-384 with SHA-384 or RSASSA-PSS with SHA-256, no CRLs, no unsigned "
            "attributes)");
    }
    const CertificateStack embedded{CMS_get1_certs(cms.get())};
    X509* signer = find_signer(embedded.get(), shape->signer_id);
    if (signer == nullptr) return refuse("the certificate of its signer is not inside");
    // The key alone says how it signs: there is nothing to choose, and nothing to exchange.
    if (signature_kind_of(X509_get0_pubkey(signer)) != shape->kind)
        return refuse("the signer's key does not go with " + std::string{shape->kind->name});
    if (!names_its_certificate(cms.get()))
        return refuse("not CAdES: it does not name its certificate");

    const CertificateStack roots = QUIETUS_TRY(trusted_certificates(trust, signer));
    const StoreHandle store = anchors(roots.get(), at);
    std::vector<std::string> chain =
        QUIETUS_TRY(checked_chain(signer, embedded.get(), store.get()));
    const BioHandle in = bio_over(content);
    const BioHandle nowhere{BIO_new(BIO_s_null())};
    // CMS_NOCRL: an old CRL carried inside would win over a newer one. There is none, and none is
    // used.
    const unsigned flags = CMS_BINARY | CMS_CADES | CMS_NOCRL;
    if (CMS_verify(cms.get(), nullptr, store.get(), in.get(), nowhere.get(), flags) != 1)
        return refuse("does not hold for these bytes: " + openssl_reason());

    Signer result;
    result.subject = printable_name(X509_get_subject_name(signer));
    result.fingerprint = sha256_hex(der_of(signer));
    result.key_sha256 = spki_sha256(signer);
    result.algorithm = shape->kind->name;
    result.chain = std::move(chain);
    for (int i = 0; i < sk_X509_num(embedded.get()); ++i)
        result.certificates.push_back(der_of(sk_X509_value(embedded.get(), i)));
    return result;
}

Result<std::string> claimed_signer(std::string_view signature) {
    const CmsHandle cms = QUIETUS_TRY(decode_exact(signature));
    const auto shape = shape_of(signature);
    if (!shape) return refuse("not of the one form quietus writes");
    const CertificateStack embedded{CMS_get1_certs(cms.get())};
    const X509* signer = find_signer(embedded.get(), shape->signer_id);
    if (signer == nullptr) return refuse("the certificate of its signer is not inside");
    return sha256_hex(der_of(signer));
}

std::vector<std::string> certificates_of(std::string_view pem) {
    const CertificateStack stack = certificates_from_pem(pem);
    std::vector<std::string> ders;
    const int count = std::max(0, sk_X509_num(stack.get()));  // -1 for no stack at all
    ders.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) ders.push_back(der_of(sk_X509_value(stack.get(), i)));
    return ders;
}

}  // namespace quietus::certs
