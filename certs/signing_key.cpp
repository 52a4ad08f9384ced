#include "certs/signing_key.h"

#include <algorithm>
#include <array>
#include <ctime>

#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/bytes.h"
#include "certs/signing_key_impl.h"

namespace quietus::certs {

namespace {

constexpr std::size_t kSecureHeapSize = 256 * 1024;  // a handful of P-256 keys and their PEM texts
constexpr std::size_t kSecureHeapBlock = 32;
constexpr const char* kKeyHint =
    "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 makes a suitable key";

// What OpenSSL asks for while it reads a PEM text. Without a callback it would ask the terminal.
struct PassphraseRequest {
    const SecretBytes* passphrase;
    bool asked{false};
};

int give_passphrase(char* buffer, int size, int /*writing*/, void* request_pointer) {
    auto* request = static_cast<PassphraseRequest*>(request_pointer);
    request->asked = true;
    const auto passphrase = request->passphrase->span();
    if (passphrase.empty() || passphrase.size() > static_cast<std::size_t>(size)) return -1;
    std::transform(passphrase.begin(), passphrase.end(), buffer,
                   [](std::byte b) { return static_cast<char>(b); });
    return static_cast<int>(passphrase.size());
}

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
                       "give one with --passphrase-fd N");
    }
    if (request.asked) {
        return failure(ErrorCode::config, "wrong passphrase for the signing key",
                       "check the passphrase given with --passphrase-fd");
    }
    return failure(ErrorCode::config, "the signing key is not a private key in PEM: " + reason,
                   kKeyHint);
}

Result<void> check_key_type(const EVP_PKEY* key) {
    const char* type = EVP_PKEY_get0_type_name(key);
    std::array<char, 64> group{};
    std::size_t length = 0;
    const bool named = EVP_PKEY_get_group_name(const_cast<EVP_PKEY*>(key), group.data(),
                                               group.size(), &length) == 1;
    if (EVP_PKEY_is_a(key, "EC") == 1 && named && std::string_view{group.data()} == "prime256v1")
        return {};
    ERR_clear_error();
    const std::string what = named ? std::string{type} + " " + group.data()
                                   : std::string{type != nullptr ? type : "of unknown type"};
    return failure(
        ErrorCode::config,
        "unsuitable signing key: it is " + what + ", records are signed with ECDSA P-256",
        kKeyHint);
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

SigningKey::SigningKey(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
SigningKey::SigningKey(SigningKey&&) noexcept = default;
SigningKey& SigningKey::operator=(SigningKey&&) noexcept = default;
SigningKey::~SigningKey() = default;

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
    return "file";
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

Result<SigningKey> load_signing_key(std::string_view key_pem, std::string_view certificate_pem,
                                    const SecretBytes& passphrase) {
    auto impl = std::make_unique<SigningKey::Impl>();
    impl->key = QUIETUS_TRY(read_private_key(key_pem, passphrase));
    QUIETUS_TRY(check_key_type(impl->key.get()));
    impl->issuers = certificates_from_pem(certificate_pem);
    if (sk_X509_num(impl->issuers.get()) == 0) {
        return failure(ErrorCode::config,
                       "the signing certificate file holds no certificate in PEM",
                       "put the signer's certificate first, then its issuers");
    }
    impl->certificate.reset(sk_X509_shift(impl->issuers.get()));
    if (X509_check_private_key(impl->certificate.get(), impl->key.get()) != 1) {
        ERR_clear_error();
        return failure(ErrorCode::config,
                       "the signing key does not belong to the certificate " +
                           printable_name(X509_get_subject_name(impl->certificate.get())),
                       "give the key and the certificate of the same request");
    }
    QUIETUS_TRY(check_key_usage(impl->certificate.get()));
    QUIETUS_TRY(check_chain(impl->certificate.get(), impl->issuers.get()));
    return SigningKey{std::move(impl)};
}

}  // namespace quietus::certs
