#pragma once
// The key that signs records: P-256 in a PEM file (later: PKCS#11, TPM). OpenSSL stays inside the
// .cpp files.

#include <memory>
#include <string>
#include <string_view>

#include "base/memory.h"
#include "base/result.h"
#include "base/utc_time.h"

namespace quietus::certs {

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

    std::string fingerprint_sha256() const;  ///< Hex SHA-256 of the certificate's DER.
    std::string subject() const;             ///< Printable RFC 2253 name.
    std::string chain_pem() const;           ///< Certificate first, then its issuers.
    std::string certificate_pem() const;
    bool self_signed() const;
    std::string protection() const;  ///< "file"
    /// `config` where the certificate is not valid at that time: to be asked before an erase, not
    /// after it.
    Result<void> valid_at(UtcTime now) const;
    const Impl& impl() const { return *impl_; }

  private:
    std::unique_ptr<Impl> impl_;
};

/// Puts OpenSSL's private numbers into locked memory. Call once, before any key is made or read.
Result<void> start_secure_memory();

/// PEM texts: a PKCS#8 key (encrypted or not) and a certificate followed by its issuers. Wrong
/// passphrase, a key of no bytes, a key that does not belong to the certificate, an unsuitable key
/// type: `config`, each said clearly.
Result<SigningKey> load_signing_key(std::string_view key_pem, std::string_view certificate_pem,
                                    const SecretBytes& passphrase);

/// A fresh P-256 key and its self-signed certificate, as PEM, for a host without a configured key.
struct NewKey {
    SecretBytes key_pem;
    std::string certificate_pem;
};
Result<NewKey> make_local_key(const std::string& common_name, UtcTime now);

}  // namespace quietus::certs
