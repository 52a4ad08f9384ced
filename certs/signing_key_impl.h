#pragma once
// What a SigningKey is made of; for the .cpp files that sign.

#include <functional>

#include "certs/cms.h"
#include "certs/key_source.h"
#include "certs/openssl_handles.h"
#include "certs/signing_key.h"

namespace quietus::certs {

struct PrivateKey::Impl {
    KeyHandle key;                      ///< Of a token its public half alone.
    std::unique_ptr<KeySource> source;  ///< Of a token; nothing for a key in our own memory.
};

struct SigningKey::Impl {
    KeyHandle key;  ///< Of a token its public half alone: see use_key.
    CertificateHandle certificate;
    CertificateStack issuers;           ///< From the certificate's issuer upwards; may be empty.
    std::unique_ptr<KeySource> source;  ///< Of a token; nothing for a key in our own memory.
};

/// What is done with an open private key; the bytes it makes.
using KeyUse = std::function<Result<std::string>(const OpenKey&)>;

/// Runs `use` with the private key. A key of a token is opened and used in a process of its own:
/// `use` changes nothing here, and gives everything back as bytes. Errors of a token are `config`.
Result<std::string> use_key(const PrivateKey::Impl& impl, const KeyUse& use);
Result<std::string> use_key(const SigningKey::Impl& impl, const KeyUse& use);

/// Puts the issuers into a signature. Intermediates must be inside, as no verifier can be told them
/// otherwise; a root proves nothing there, but where no file beside the signature holds it, it
/// completes the path.
Result<void> add_issuers(CMS_ContentInfo* cms, const SigningKey::Impl& parts, Inside inside);

Result<std::string> der_of_cms(CMS_ContentInfo* cms);

}  // namespace quietus::certs
