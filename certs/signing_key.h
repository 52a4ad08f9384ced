#pragma once
// The key that signs records: EC P-256, EC P-384 or RSA, in a PEM file, a PKCS#11 token or a TPM.
// OpenSSL stays inside the .cpp files.

#include <memory>
#include <string>
#include <string_view>

#include "base/memory.h"
#include "base/result.h"
#include "base/utc_time.h"
#include "certs/key_uri.h"

namespace quietus::certs {

/// A private key that signs and is of a suitable type, before there is a certificate of it.
class PrivateKey {
  public:
    struct Impl;
    explicit PrivateKey(std::unique_ptr<Impl> impl);
    PrivateKey(PrivateKey&&) noexcept;
    PrivateKey& operator=(PrivateKey&&) noexcept;
    PrivateKey(const PrivateKey&) = delete;
    PrivateKey& operator=(const PrivateKey&) = delete;
    ~PrivateKey();

    std::string protection() const;     ///< "file", "pkcs11" or "tpm"
    std::string type() const;           ///< "EC, P-256"
    std::string algorithm() const;      ///< How it signs: "ECDSA P-256 with SHA-256".
    std::string public_sha256() const;  ///< Hex SHA-256 of its SubjectPublicKeyInfo.
    Impl& impl() { return *impl_; }
    const Impl& impl() const { return *impl_; }

  private:
    std::unique_ptr<Impl> impl_;
};

/// A private key with its certificate and chain, checked to belong together. Moves, never copies.
class SigningKey {
  public:
    struct Impl;
    explicit SigningKey(std::unique_ptr<Impl> impl);
    SigningKey(SigningKey&&) noexcept;
    SigningKey& operator=(SigningKey&&) noexcept;
    SigningKey(const SigningKey&) = delete;
    SigningKey& operator=(const SigningKey&) = delete;
    ~SigningKey();

    std::string key_sha256() const;          ///< Hex SHA-256 of the public key (SPKI).
    std::string fingerprint_sha256() const;  ///< Hex SHA-256 of the certificate's DER.
    std::string subject() const;             ///< Printable RFC 2253 name.
    std::string chain_pem() const;           ///< Certificate first, then its issuers.
    std::string certificate_pem() const;
    bool self_signed() const;
    std::string protection() const;  ///< "file", "pkcs11" or "tpm"
    std::string type() const;        ///< "EC, P-256"
    std::string issuer() const;      ///< Printable RFC 2253 name.
    std::string valid_from() const;  ///< RFC 3339.
    std::string valid_until() const;
    /// `config` where the certificate is not valid at that time: to be asked before an erase, not
    /// after it.
    Result<void> valid_at(UtcTime now) const;
    const Impl& impl() const { return *impl_; }

  private:
    std::unique_ptr<Impl> impl_;
};

/// Puts OpenSSL's private numbers into locked memory. Call once, before any key is made or read.
Result<void> start_secure_memory();

/// The text of a key file, PKCS#8 (encrypted or not) or "TSS2 PRIVATE KEY". Wrong passphrase, none
/// where one is needed, a key of no bytes, an unsuitable type, a TPM that cannot be reached:
/// `config`, each said clearly.
Result<PrivateKey> load_private_key(std::string_view pem, const SecretBytes& passphrase);
/// A key in a token or at a handle of the TPM: opened, tried and closed again. It keeps `secret`.
Result<PrivateKey> load_token_key(const KeyPlace& place, SecretBytes secret);
/// Whether that text cannot be loaded without a passphrase.
bool key_file_needs_passphrase(std::string_view pem);

/// The key with its certificate, followed by its issuers, as PEM. A key that does not belong to the
/// certificate, a chain that is none: `config`.
Result<SigningKey> with_certificate(PrivateKey key, std::string_view certificate_pem);

/// load_private_key and with_certificate.
Result<SigningKey> load_signing_key(std::string_view key_pem, std::string_view certificate_pem,
                                    const SecretBytes& passphrase);

/// What certificates say, without their key: subject, issuer, … of the first of the PEM text.
struct CertificateFacts {
    std::string fingerprint_sha256, subject, issuer, valid_from, valid_until, type;
    bool self_signed{false};
};
Result<CertificateFacts> certificate_facts(std::string_view certificate_pem);

/// A request (PKCS#10) for a certificate of this key, as PEM, signed by it.
Result<std::string> certificate_request(const PrivateKey& key, const std::string& common_name);

enum class KeyType { p256, p384, rsa3072 };

/// A fresh key as PKCS#8 in PEM, encrypted (scrypt, AES-256) where there is a passphrase, and a
/// self-signed certificate of it.
struct NewKey {
    SecretBytes key_pem;
    std::string certificate_pem;
};
Result<NewKey> make_key(KeyType type, const std::string& common_name, UtcTime now,
                        const SecretBytes& passphrase);
/// For a host without a configured key: P-256, not encrypted.
Result<NewKey> make_local_key(const std::string& common_name, UtcTime now);

}  // namespace quietus::certs
