// A key and self-signed certificate for a host on which nobody has configured one.

#include <algorithm>
#include <array>
#include <ctime>

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "base/bytes.h"
#include "base/units.h"
#include "certs/openssl_handles.h"
#include "certs/signing_key.h"

namespace quietus::certs {

namespace {

constexpr long kSecondsBefore = 5L * 60;    // another host's clock may be a little behind ours
constexpr int kValidityDays = 3653;         // ten years
constexpr std::size_t kCommonNameMax = 64;  // X.520 ub-common-name

using NumberHandle = Handle<BIGNUM, BN_free>;
using ExtensionHandle = Handle<X509_EXTENSION, X509_EXTENSION_free>;

Result<void> done(int status, const char* what) {
    if (status > 0) return {};
    return failure(ErrorCode::internal,
                   std::string{"making the local key: "} + what + ": " + openssl_reason());
}

Result<void> set_serial(X509* certificate) {
    std::array<unsigned char, 16> random{};
    QUIETUS_TRY(done(RAND_bytes(random.data(), static_cast<int>(random.size())), "serial"));
    random[0] &= 0x7FU;  // positive, and
    random[0] |= 0x40U;  // of full length: RFC 5280 §4.1.2.2
    const NumberHandle number{BN_bin2bn(random.data(), static_cast<int>(random.size()), nullptr)};
    return done(
        number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr,
        "serial");
}

Result<void> set_name(X509* certificate, const std::string& common_name) {
    X509_NAME* name = X509_get_subject_name(certificate);
    const std::string text = printable_text(common_name).substr(0, kCommonNameMax);
    const std::string usable = text.empty() ? "quietus" : text;
    const Bytes raw{bytes_of(usable).begin(), bytes_of(usable).end()};
    std::basic_string<unsigned char> bytes;
    for (const std::byte b : raw) bytes += std::to_integer<unsigned char>(b);
    QUIETUS_TRY(done(X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8, bytes.data(),
                                                static_cast<int>(bytes.size()), -1, 0),
                     "name"));
    return done(X509_set_issuer_name(certificate, name), "issuer");
}

Result<void> add_extension(X509* certificate, int nid, const char* value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
    const ExtensionHandle extension{X509V3_EXT_conf_nid(nullptr, &context, nid, value)};
    return done(extension && X509_add_ext(certificate, extension.get(), -1) == 1, value);
}

// No extended key usage: some checkers refuse a signature over a lone documentSigning.
Result<CertificateHandle> self_signed_certificate(EVP_PKEY* key, const std::string& common_name,
                                                  UtcTime now) {
    CertificateHandle certificate{X509_new()};
    QUIETUS_TRY(done(certificate != nullptr, "certificate"));
    X509* x = certificate.get();
    QUIETUS_TRY(done(X509_set_version(x, X509_VERSION_3), "version"));
    QUIETUS_TRY(set_serial(x));
    QUIETUS_TRY(set_name(x, common_name));
    const auto now_s = static_cast<time_t>(now.ms / 1000);
    QUIETUS_TRY(
        done(ASN1_TIME_adj(X509_getm_notBefore(x), now_s, 0, -kSecondsBefore) != nullptr, "time"));
    QUIETUS_TRY(
        done(ASN1_TIME_adj(X509_getm_notAfter(x), now_s, kValidityDays, 0) != nullptr, "time"));
    QUIETUS_TRY(done(X509_set_pubkey(x, key), "public key"));
    QUIETUS_TRY(add_extension(x, NID_basic_constraints, "critical,CA:FALSE"));
    QUIETUS_TRY(add_extension(x, NID_key_usage, "critical,digitalSignature,nonRepudiation"));
    QUIETUS_TRY(add_extension(x, NID_subject_key_identifier, "hash"));
    QUIETUS_TRY(done(X509_sign(x, key, EVP_sha256()), "signature"));
    return certificate;
}

Result<SecretBytes> private_pem(EVP_PKEY* key) {
    // Locked memory on both sides of the copy.
    const BioHandle out{BIO_new(BIO_s_secmem())};
    QUIETUS_TRY(done(out && PEM_write_bio_PKCS8PrivateKey(out.get(), key, nullptr, nullptr, 0,
                                                          nullptr, nullptr) == 1,
                     "private key"));
    char* data = nullptr;
    const long size = BIO_get_mem_data(out.get(), &data);
    QUIETUS_CHECK(size > 0 && data != nullptr);
    return SecretBytes::copy_of(std::as_bytes(std::span{data, static_cast<std::size_t>(size)}));
}

}  // namespace

Result<NewKey> make_local_key(const std::string& common_name, UtcTime now) {
    const KeyHandle key{EVP_EC_gen("P-256")};
    QUIETUS_TRY(done(key != nullptr, "key pair"));
    const CertificateHandle certificate =
        QUIETUS_TRY(self_signed_certificate(key.get(), common_name, now));
    NewKey made;
    made.key_pem = QUIETUS_TRY(private_pem(key.get()));
    made.certificate_pem = pem_of(certificate.get());
    return made;
}

}  // namespace quietus::certs
