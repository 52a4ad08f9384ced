#pragma once
// What a SigningKey is made of; for the .cpp files that sign.

#include "certs/key_source.h"
#include "certs/openssl_handles.h"
#include "certs/signing_key.h"

namespace quietus::certs {

struct PrivateKey::Impl {
    KeyHandle key;                      ///< Of a token its public half alone.
    std::unique_ptr<KeySource> source;  ///< Of a token; nothing for a key in our own memory.
};

struct SigningKey::Impl {
    KeyHandle key;  ///< Of a token its public half alone: see open_key.
    CertificateHandle certificate;
    CertificateStack issuers;           ///< From the certificate's issuer upwards; may be empty.
    std::unique_ptr<KeySource> source;  ///< Of a token; nothing for a key in our own memory.
};

/// The key, ready to sign; keep it for one signature. Errors of a token are `config`.
Result<OpenKey> open_key(const PrivateKey::Impl& impl);
Result<OpenKey> open_key(const SigningKey::Impl& impl);

}  // namespace quietus::certs
