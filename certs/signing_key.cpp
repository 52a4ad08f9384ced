#include "certs/signing_key.h"

#include <algorithm>
#include <array>
#include <ctime>

#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/bytes.h"
#include "certs/cms.h"
#include "certs/own_process.h"
#include "certs/signature_kind.h"
#include "certs/signing_key_impl.h"

namespace quietus::certs {

namespace {

constexpr std::size_t kSecureHeapSize = 256 * 1024;  // a handful of keys and their PEM texts
constexpr std::size_t kSecureHeapBlock = 32;
constexpr const char* kKeyHint = "quietus key create makes a suitable key";

Result<KeyHandle> read_private_key(std::string_view pem, const SecretBytes& passphrase) {
    if (pem.empty()) {
        return failure(ErrorCode::config, "the signing key holds no bytes",
                       "restore the key file, or remove it to have a new one made");
    }
    PassphraseRequest request{.passphrase = &passphrase};
    const BioHandle in = bio_over(pem);
    KeyHandle key{PEM_read_bio_PrivateKey(in.get(), nullptr, give_passphrase, &request)};
    const std::string reason = key ? std::string{} : openssl_reason();
    ERR_clear_error();
    if (key) return key;
    if (request.asked && passphrase.empty()) {
        return failure(ErrorCode::config,
                       "the signing key is encrypted and no passphrase was given",
                       "give it with --passphrase-fd N, or run this on a terminal");
    }
    if (request.asked) {
        return failure(ErrorCode::config, "wrong passphrase for the signing key",
                       "check the passphrase given with --passphrase-fd");
    }
    return failure(ErrorCode::config, "the signing key is not a private key in PEM: " + reason,
                   kKeyHint);
}

std::string public_der(const EVP_PKEY* key) {
    unsigned char* der = nullptr;
    const int size = i2d_PUBKEY(key, &der);
    std::string bytes;
    for (int i = 0; i < size; ++i) bytes += static_cast<char>(der[i]);
    OPENSSL_free(der);
    return bytes;
}

// A copy that knows nothing of the engine or provider the key lives in.
Result<KeyHandle> public_half(const std::string& der) {
    const BioHandle in = bio_over(der);
    KeyHandle copy{d2i_PUBKEY_bio(in.get(), nullptr)};
    if (copy) return copy;
    return failure(ErrorCode::config, "the key's public half cannot be read: " + openssl_reason(),
                   "a token must hold the public key as well as the private one");
}

// Found out now that the token signs, and not after the erase.
Result<void> try_signing(const OpenKey& opened, EVP_PKEY* public_key) {
    constexpr std::array<unsigned char, 32> kMessage{};
    std::array<unsigned char, 2048> signature{};
    std::size_t size = signature.size();
    const DigestContext signer{EVP_MD_CTX_new()};
    const DigestContext verifier{EVP_MD_CTX_new()};
    const char* digest = EVP_MD_get0_name(digest_for(public_key));
    EVP_PKEY_CTX* context = nullptr;
    bool done = EVP_DigestSignInit_ex(signer.get(), &context, digest, opened.library,
                                      opened.properties, opened.key.get(), nullptr) == 1 &&
                prepare_signer(context, public_key) &&
                EVP_DigestSign(signer.get(), signature.data(), &size, kMessage.data(),
                               kMessage.size()) == 1;
    const std::string why = done ? std::string{} : openssl_reason();
    done = done &&
           EVP_DigestVerifyInit_ex(verifier.get(), &context, digest, nullptr, nullptr, public_key,
                                   nullptr) == 1 &&
           prepare_signer(context, public_key) &&
           EVP_DigestVerify(verifier.get(), signature.data(), size, kMessage.data(),
                            kMessage.size()) == 1;
    ERR_clear_error();
    if (done) return {};
    return failure(ErrorCode::config,
                   why.empty() ? "the signing key makes signatures that do not hold"
                               : "the signing key does not sign: " + why,
                   "check its passphrase, and that the token allows it to sign");
}

Result<std::string> used(const KeyHandle& key, const std::unique_ptr<KeySource>& source,
                         const KeyUse& use) {
    constexpr std::chrono::seconds kTokenLimit{120};  // a slow card makes an RSA signature in 5
    if (source)
        return in_own_process(
            [&]() -> Result<std::string> { return use(QUIETUS_TRY(source->open())); }, kTokenLimit);
    OpenKey own;
    QUIETUS_CHECK(EVP_PKEY_up_ref(key.get()) == 1);
    own.key.reset(key.get());
    return use(own);
}

Result<PrivateKey> tried(std::unique_ptr<KeySource> source) {
    const auto look_and_try = [](const OpenKey& opened) -> Result<std::string> {
        std::string der = public_der(opened.key.get());
        const KeyHandle half = QUIETUS_TRY(public_half(der));
        QUIETUS_TRY(suitable_kind(half.get()));
        QUIETUS_TRY(try_signing(opened, half.get()));
        return der;
    };
    auto impl = std::make_unique<PrivateKey::Impl>();
    const std::string der = QUIETUS_TRY(used(impl->key, source, look_and_try));
    impl->key = QUIETUS_TRY(public_half(der));
    impl->source = std::move(source);
    return PrivateKey{std::move(impl)};
}

std::string protection_of(const std::unique_ptr<KeySource>& source) {
    return source ? source->protection() : "file";
}

std::string time_text(const ASN1_TIME* time) {
    std::tm parts{};
    if (ASN1_TIME_to_tm(time, &parts) != 1) return "unreadable";
    return to_rfc3339({static_cast<std::int64_t>(timegm(&parts)) * 1000});
}

Result<void> check_key_usage(X509* certificate) {
    const std::uint32_t usage = X509_get_key_usage(certificate);  // all ones where not restricted
    if ((usage & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)) != 0) return {};
    return failure(ErrorCode::config,
                   "the signing certificate's key usage does not allow signatures",
                   "ask the CA for keyUsage digitalSignature");
}

// Each certificate of the chain must be signed by the one after it, or an auditor cannot use it.
Result<void> check_chain(X509* certificate, const STACK_OF(X509) * issuers) {
    X509* below = certificate;
    for (int i = 0; i < sk_X509_num(issuers); ++i) {
        X509* above = sk_X509_value(issuers, i);
        const bool issued = X509_check_issued(above, below) == X509_V_OK &&
                            X509_verify(below, X509_get0_pubkey(above)) == 1;
        ERR_clear_error();
        if (!issued) {
            return failure(ErrorCode::config,
                           "certificate " + std::to_string(i + 2) + " of the signing chain, " +
                               printable_name(X509_get_subject_name(above)) +
                               ", did not issue the one before it",
                           "put the signer's certificate first, then each issuer in turn");
        }
        below = above;
    }
    return {};
}

bool is_self_signed(X509* certificate) {
    const bool self =
        X509_check_issued(certificate, certificate) == X509_V_OK ||
        X509_NAME_cmp(X509_get_subject_name(certificate), X509_get_issuer_name(certificate)) == 0;
    const bool holds = self && X509_verify(certificate, X509_get0_pubkey(certificate)) == 1;
    ERR_clear_error();
    return holds;
}

}  // namespace

int give_passphrase(char* buffer, int size, int /*writing*/, void* request_pointer) {
    auto* request = static_cast<PassphraseRequest*>(request_pointer);
    request->asked = true;
    const auto passphrase = request->passphrase->span();
    if (passphrase.empty() || passphrase.size() > static_cast<std::size_t>(size)) return -1;
    std::transform(passphrase.begin(), passphrase.end(), buffer,
                   [](std::byte b) { return static_cast<char>(b); });
    return static_cast<int>(passphrase.size());
}

PrivateKey::PrivateKey(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
PrivateKey::PrivateKey(PrivateKey&&) noexcept = default;
PrivateKey& PrivateKey::operator=(PrivateKey&&) noexcept = default;
PrivateKey::~PrivateKey() = default;

std::string PrivateKey::protection() const {
    return protection_of(impl_->source);
}

std::string PrivateKey::type() const {
    return key_text(impl_->key.get());
}

std::string PrivateKey::algorithm() const {
    return std::string{signature_kind_of(impl_->key.get())->name};
}

std::string PrivateKey::public_sha256() const {
    return sha256_hex(public_der(impl_->key.get()));
}

Result<std::string> use_key(const PrivateKey::Impl& impl, const KeyUse& use) {
    return used(impl.key, impl.source, use);
}

Result<std::string> use_key(const SigningKey::Impl& impl, const KeyUse& use) {
    return used(impl.key, impl.source, use);
}

SigningKey::SigningKey(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
SigningKey::SigningKey(SigningKey&&) noexcept = default;
SigningKey& SigningKey::operator=(SigningKey&&) noexcept = default;
SigningKey::~SigningKey() = default;

std::string SigningKey::key_sha256() const {
    return spki_sha256(impl_->certificate.get());
}

std::string SigningKey::fingerprint_sha256() const {
    return sha256_hex(der_of(impl_->certificate.get()));
}

std::string SigningKey::subject() const {
    return printable_name(X509_get_subject_name(impl_->certificate.get()));
}

std::string SigningKey::certificate_pem() const {
    return pem_of(impl_->certificate.get());
}

std::string SigningKey::chain_pem() const {
    std::string pem = certificate_pem();
    for (int i = 0; i < sk_X509_num(impl_->issuers.get()); ++i) {
        pem += pem_of(sk_X509_value(impl_->issuers.get(), i));
    }
    return pem;
}

bool SigningKey::self_signed() const {
    return is_self_signed(impl_->certificate.get());
}

std::string SigningKey::protection() const {
    return protection_of(impl_->source);
}

std::string SigningKey::type() const {
    return key_text(impl_->key.get());
}

std::string SigningKey::issuer() const {
    return printable_name(X509_get_issuer_name(impl_->certificate.get()));
}

std::string SigningKey::valid_from() const {
    return time_text(X509_get0_notBefore(impl_->certificate.get()));
}

std::string SigningKey::valid_until() const {
    return time_text(X509_get0_notAfter(impl_->certificate.get()));
}

Result<void> SigningKey::valid_at(UtcTime now) const {
    auto seconds = static_cast<time_t>(now.ms / 1000);
    const X509* certificate = impl_->certificate.get();
    if (X509_cmp_time(X509_get0_notBefore(certificate), &seconds) > 0) {
        return failure(ErrorCode::config,
                       "the signing certificate of " + subject() + " is not valid yet",
                       "check the clock, or use another certificate");
    }
    if (X509_cmp_time(X509_get0_notAfter(certificate), &seconds) < 0) {
        return failure(ErrorCode::config,
                       "the signing certificate of " + subject() + " has expired",
                       "renew it, and check the clock");
    }
    return {};
}

Result<void> start_secure_memory() {
    if (CRYPTO_secure_malloc_initialized() == 1) return {};
    // 1: locked; 2: usable, but a limit (RLIMIT_MEMLOCK) kept some of it from being locked. Like
    // SecretBytes this is best effort: an unprivileged caller must still be able to work.
    if (CRYPTO_secure_malloc_init(kSecureHeapSize, kSecureHeapBlock) == 0) {
        return failure(ErrorCode::config,
                       "no locked memory for the signing key: " + openssl_reason(),
                       "raise the limit on locked memory (ulimit -l)");
    }
    return {};
}

bool key_file_needs_passphrase(std::string_view pem) {
    const auto has = [&](std::string_view text) {
        return pem.find(text) != std::string_view::npos;
    };
    if (is_tpm_key_file(pem)) return tpm_key_file_needs_secret(pem);
    return has("-----BEGIN ENCRYPTED PRIVATE KEY-----") || has("Proc-Type: 4,ENCRYPTED");
}

Result<PrivateKey> load_private_key(std::string_view pem, const SecretBytes& passphrase) {
    if (is_tpm_key_file(pem)) {
        SecretBytes own = QUIETUS_TRY(SecretBytes::copy_of(passphrase.span()));
        return tried(tpm_key_in_file(std::string{pem}, std::move(own)));
    }
    auto impl = std::make_unique<PrivateKey::Impl>();
    impl->key = QUIETUS_TRY(read_private_key(pem, passphrase));
    QUIETUS_TRY(suitable_kind(impl->key.get()));
    return PrivateKey{std::move(impl)};
}

Result<PrivateKey> load_token_key(const KeyPlace& place, SecretBytes secret) {
    QUIETUS_CHECK(place.store != KeyStore::file);
    return tried(place.store == KeyStore::pkcs11 ? pkcs11_key(place, std::move(secret))
                                                 : tpm_key_at_handle(place, std::move(secret)));
}

// Whatever stands between us and a token must make signatures of the one form, before the erase.
static Result<void> check_signature_of(const SigningKey& key) {
    constexpr std::string_view kContent = "quietus tries its signing key";
    std::tm begin{};
    QUIETUS_CHECK(ASN1_TIME_to_tm(X509_get0_notBefore(key.impl().certificate.get()), &begin) == 1);
    const UtcTime valid{static_cast<std::int64_t>(timegm(&begin)) * 1000};
    const std::string signature = QUIETUS_TRY(sign_detached(key, kContent, valid));
    const Trust own{.roots_pem = {}, .fingerprint = key.fingerprint_sha256()};
    const auto held = verify_detached(signature, kContent, own, valid);
    if (held) return {};
    return failure(ErrorCode::config,
                   "the signing key makes no usable signatures: " + held.error().message,
                   "use another kind of key, or of key store");
}

Result<SigningKey> with_certificate(PrivateKey key, std::string_view certificate_pem) {
    auto impl = std::make_unique<SigningKey::Impl>();
    impl->key = std::move(key.impl().key);
    impl->source = std::move(key.impl().source);
    impl->issuers = certificates_from_pem(certificate_pem);
    if (sk_X509_num(impl->issuers.get()) == 0) {
        return failure(ErrorCode::config,
                       "the signing certificate file holds no certificate in PEM",
                       "put the signer's certificate first, then its issuers");
    }
    impl->certificate.reset(sk_X509_shift(impl->issuers.get()));
    // The public halves are compared: a token shows no other.
    if (EVP_PKEY_eq(X509_get0_pubkey(impl->certificate.get()), impl->key.get()) != 1) {
        ERR_clear_error();
        return failure(ErrorCode::config,
                       "the signing key does not belong to the certificate " +
                           printable_name(X509_get_subject_name(impl->certificate.get())),
                       "give the key and the certificate of the same request");
    }
    // An RSASSA-PSS key in the certificate would restrict, and confuse, whoever verifies.
    QUIETUS_TRY(suitable_kind(X509_get0_pubkey(impl->certificate.get())));
    QUIETUS_TRY(check_key_usage(impl->certificate.get()));
    QUIETUS_TRY(check_chain(impl->certificate.get(), impl->issuers.get()));
    const bool in_token = impl->source != nullptr;
    SigningKey whole{std::move(impl)};
    if (in_token) QUIETUS_TRY(check_signature_of(whole));
    return whole;
}

Result<SigningKey> load_signing_key(std::string_view key_pem, std::string_view certificate_pem,
                                    const SecretBytes& passphrase) {
    auto key = load_private_key(key_pem, passphrase);
    if (!key) return tl::unexpected{std::move(key).error()};
    return with_certificate(std::move(*key), certificate_pem);
}

Result<CertificateFacts> certificate_facts(std::string_view certificate_pem) {
    const CertificateStack stack = certificates_from_pem(certificate_pem);
    if (sk_X509_num(stack.get()) == 0)
        return failure(ErrorCode::config, "the file holds no certificate in PEM",
                       "give --cert a certificate that begins with -----BEGIN CERTIFICATE-----");
    X509* first = sk_X509_value(stack.get(), 0);
    return CertificateFacts{.fingerprint_sha256 = sha256_hex(der_of(first)),
                            .subject = printable_name(X509_get_subject_name(first)),
                            .issuer = printable_name(X509_get_issuer_name(first)),
                            .valid_from = time_text(X509_get0_notBefore(first)),
                            .valid_until = time_text(X509_get0_notAfter(first)),
                            .type = key_text(X509_get0_pubkey(first)),
                            .self_signed = is_self_signed(first)};
}

}  // namespace quietus::certs
