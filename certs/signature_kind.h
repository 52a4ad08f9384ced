#pragma once
// The closed list of signatures quietus makes and takes: which key, which digest, which algorithm.
// For the .cpp files that sign or verify; CMS and PAdES share it.

#include <string>
#include <string_view>

#include <openssl/evp.h>

#include "base/result.h"

namespace quietus::certs {

struct SignatureKind {
    std::string_view name;         ///< "ECDSA P-256 with SHA-256"
    std::string_view digest;       ///< Contents of its AlgorithmIdentifier in DER, no parameters.
    std::string_view digest_null;  ///< The same with NULL, which readers take as well.
    std::string_view algorithm;    ///< Contents of the signature's, parameters and all.
    std::string_view algorithm_bare;  ///< The same as OpenSSL's engines write it.
    const EVP_MD* (*digest_method)();
    bool pss;  ///< RSASSA-PSS, salt as long as the digest.
};

/// How a key of this kind signs; nothing where it is none of the list. Works on public halves too.
const SignatureKind* signature_kind_of(const EVP_PKEY* key);

/// The one of the list with these two AlgorithmIdentifiers (contents in DER), or nothing.
const SignatureKind* signature_kind_named(std::string_view digest, std::string_view algorithm);

/// `config` with what the key is instead, where it is none of the list.
Result<const SignatureKind*> suitable_kind(const EVP_PKEY* key);

/// Which digest goes with the key; the key is one of the list.
const EVP_MD* digest_for(const EVP_PKEY* key);

/// Sets the padding of a context that was made to sign with this key; nothing to do for ECDSA.
Result<void> prepare_signer(EVP_PKEY_CTX* context, const EVP_PKEY* key);

/// "EC, P-256", "RSA, 3072 bits".
std::string key_text(const EVP_PKEY* key);

}  // namespace quietus::certs
