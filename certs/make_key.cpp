// New keys with their self-signed certificates, and requests for certificates of a CA.

#include <algorithm>
#include <array>
#include <ctime>

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "base/bytes.h"
#include "base/units.h"
#include "certs/openssl_handles.h"
#include "certs/signature_kind.h"
#include "certs/signing_key.h"
#include "certs/signing_key_impl.h"

namespace quietus::certs {

namespace {

constexpr long kSecondsBefore = 5L * 60;    // another host's clock may be a little behind ours
constexpr int kValidityDays = 3653;         // ten years
constexpr std::size_t kCommonNameMax = 64;  // X.520 ub-common-name

using NumberHandle = Handle<BIGNUM, BN_free>;
using RequestHandle = Handle<X509_REQ, X509_REQ_free>;
using AlgorithmHandle = Handle<X509_ALGOR, X509_ALGOR_free>;
using PlainKey = Handle<PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free>;
using EncryptedKey = Handle<X509_SIG, X509_SIG_free>;
using ExtensionHandle = Handle<X509_EXTENSION, X509_EXTENSION_free>;

Result<void> done(int status, const char* what) {
    if (status > 0) return {};
    return failure(ErrorCode::internal,
                   std::string{"making the key: "} + what + ": " + openssl_reason());
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

Result<void> set_name(X509_NAME* name, const std::string& common_name) {
    const std::string text = printable_text(common_name).substr(0, kCommonNameMax);
    const std::string usable = text.empty() ? "quietus" : text;
    const Bytes raw{bytes_of(usable).begin(), bytes_of(usable).end()};
    std::basic_string<unsigned char> bytes;
    for (const std::byte b : raw) bytes += std::to_integer<unsigned char>(b);
    return done(X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8, bytes.data(),
                                           static_cast<int>(bytes.size()), -1, 0),
                "name");
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
    QUIETUS_TRY(set_name(X509_get_subject_name(x), common_name));
    QUIETUS_TRY(done(X509_set_issuer_name(x, X509_get_subject_name(x)), "issuer"));
    const auto now_s = static_cast<time_t>(now.ms / 1000);
    QUIETUS_TRY(
        done(ASN1_TIME_adj(X509_getm_notBefore(x), now_s, 0, -kSecondsBefore) != nullptr, "time"));
    QUIETUS_TRY(
        done(ASN1_TIME_adj(X509_getm_notAfter(x), now_s, kValidityDays, 0) != nullptr, "time"));
    QUIETUS_TRY(done(X509_set_pubkey(x, key), "public key"));
    QUIETUS_TRY(add_extension(x, NID_basic_constraints, "critical,CA:FALSE"));
    QUIETUS_TRY(add_extension(x, NID_key_usage, "critical,digitalSignature,nonRepudiation"));
    QUIETUS_TRY(add_extension(x, NID_subject_key_identifier, "hash"));
    QUIETUS_TRY(done(X509_sign(x, key, digest_for(key)), "signature"));
    return certificate;
}

// What `openssl pkcs8 -topk8 -scrypt` writes: RFC 7914, 16 MiB for each guess.
Result<EncryptedKey> encrypted(PKCS8_PRIV_KEY_INFO* plain, const SecretBytes& passphrase) {
    constexpr std::uint64_t kCost = 16384;
    constexpr std::uint64_t kBlock = 8;
    AlgorithmHandle scheme{
        PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), nullptr, 0, nullptr, kCost, kBlock, 1)};
    QUIETUS_TRY(done(scheme != nullptr, "scrypt"));
    const auto* text = reinterpret_cast<const char*>(passphrase.span().data());
    EncryptedKey sealed{
        PKCS8_set0_pbe(text, static_cast<int>(passphrase.span().size()), plain, scheme.get())};
    QUIETUS_TRY(done(sealed != nullptr, "encryption"));
    static_cast<void>(scheme.release());  // it belongs to the result now
    return sealed;
}

Result<SecretBytes> private_pem(EVP_PKEY* key, const SecretBytes& passphrase) {
    // Locked memory on both sides of the copy.
    const BioHandle out{BIO_new(BIO_s_secmem())};
    QUIETUS_TRY(done(out != nullptr, "private key"));
    const PlainKey plain{EVP_PKEY2PKCS8(key)};
    QUIETUS_TRY(done(plain != nullptr, "private key"));
    if (passphrase.empty()) {
        QUIETUS_TRY(done(PEM_write_bio_PKCS8_PRIV_KEY_INFO(out.get(), plain.get()), "private key"));
    } else {
        const EncryptedKey sealed = QUIETUS_TRY(encrypted(plain.get(), passphrase));
        QUIETUS_TRY(done(PEM_write_bio_PKCS8(out.get(), sealed.get()), "private key"));
    }
    char* data = nullptr;
    const long size = BIO_get_mem_data(out.get(), &data);
    QUIETUS_CHECK(size > 0 && data != nullptr);
    return SecretBytes::copy_of(std::as_bytes(std::span{data, static_cast<std::size_t>(size)}));
}

KeyHandle fresh_key(KeyType type) {
    switch (type) {
        case KeyType::p256:
            return KeyHandle{EVP_EC_gen("P-256")};
        case KeyType::p384:
            return KeyHandle{EVP_EC_gen("P-384")};
        case KeyType::rsa3072:
            return KeyHandle{EVP_RSA_gen(3072U)};
    }
    return nullptr;
}

Result<std::string> signed_request(const OpenKey& open, EVP_PKEY* public_key,
                                   const std::string& common_name) {
    const RequestHandle request{X509_REQ_new_ex(open.library, open.properties)};
    QUIETUS_TRY(done(request != nullptr, "request"));
    X509_REQ* r = request.get();
    QUIETUS_TRY(done(X509_REQ_set_version(r, X509_REQ_VERSION_1), "version"));
    QUIETUS_TRY(set_name(X509_REQ_get_subject_name(r), common_name));
    QUIETUS_TRY(done(X509_REQ_set_pubkey(r, public_key), "public key"));
    const DigestContext context{EVP_MD_CTX_new()};
    QUIETUS_TRY(
        done(EVP_DigestSignInit_ex(context.get(), nullptr, EVP_MD_get0_name(digest_for(public_key)),
                                   open.library, open.properties, open.key.get(), nullptr),
             "signature"));
    // RSA with the usual padding: a request only shows who holds the key, and more CAs read it.
    QUIETUS_TRY(done(X509_REQ_sign_ctx(r, context.get()), "signature"));
    const BioHandle out{BIO_new(BIO_s_mem())};
    QUIETUS_TRY(done(out && PEM_write_bio_X509_REQ(out.get(), r) == 1, "encoding"));
    char* data = nullptr;
    const long size = BIO_get_mem_data(out.get(), &data);
    QUIETUS_CHECK(size > 0 && data != nullptr);
    return std::string(data, static_cast<std::size_t>(size));
}

}  // namespace

Result<NewKey> make_key(KeyType type, const std::string& common_name, UtcTime now,
                        const SecretBytes& passphrase) {
    const KeyHandle key = fresh_key(type);
    QUIETUS_TRY(done(key != nullptr, "key pair"));
    const CertificateHandle certificate =
        QUIETUS_TRY(self_signed_certificate(key.get(), common_name, now));
    NewKey made;
    made.key_pem = QUIETUS_TRY(private_pem(key.get(), passphrase));
    made.certificate_pem = pem_of(certificate.get());
    return made;
}

Result<NewKey> make_local_key(const std::string& common_name, UtcTime now) {
    return make_key(KeyType::p256, common_name, now, {});
}

Result<std::string> certificate_request(const PrivateKey& key, const std::string& common_name) {
    EVP_PKEY* public_key = key.impl().key.get();
    std::string pem = QUIETUS_TRY(use_key(key.impl(), [&](const OpenKey& open) {
        return signed_request(open, public_key, common_name);
    }));
    const BioHandle in = bio_over(pem);
    const RequestHandle made{PEM_read_bio_X509_REQ(in.get(), nullptr, nullptr, nullptr)};
    QUIETUS_TRY(done(made && X509_REQ_verify(made.get(), public_key) == 1, "it does not hold"));
    return pem;
}

}  // namespace quietus::certs
