#pragma once
// Owners for OpenSSL's objects, for the .cpp files of this layer alone: no public header includes
// this.

#include <memory>
#include <optional>
#include <string>

#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/utc_time.h"

namespace quietus::certs {

template <auto Free>
struct Freed {
    template <class T>
    void operator()(T* object) const noexcept {
        Free(object);
    }
};
template <class T, auto Free>
using Handle = std::unique_ptr<T, Freed<Free>>;

inline void free_certificates(STACK_OF(X509) * stack) {
    sk_X509_pop_free(stack, X509_free);
}

using KeyHandle = Handle<EVP_PKEY, EVP_PKEY_free>;
using CertificateHandle = Handle<X509, X509_free>;
using CertificateStack = Handle<STACK_OF(X509), free_certificates>;
using BioHandle = Handle<BIO, BIO_free_all>;
using CmsHandle = Handle<CMS_ContentInfo, CMS_ContentInfo_free>;
using DigestContext = Handle<EVP_MD_CTX, EVP_MD_CTX_free>;

/// A read-only BIO over bytes that outlive it.
BioHandle bio_over(std::string_view bytes);

/// Why OpenSSL failed, in its own words; empties its error queue.
std::string openssl_reason();

/// DER of an object by its i2d function; empty where OpenSSL cannot write it.
template <class Object, int (*Encode)(const Object*, unsigned char**)>
std::string encoded(const Object* object) {
    unsigned char* der = nullptr;
    const int size = Encode(object, &der);
    std::string bytes;
    for (int i = 0; i < size; ++i) bytes += static_cast<char>(der[i]);
    OPENSSL_free(der);
    return bytes;
}

/// DER of a certificate; empty where OpenSSL cannot write it.
std::string der_of(const X509* certificate);

/// The inverse; nothing where it is none.
CertificateHandle certificate_from_der(const std::string& der);

/// Nothing where there is no such time, or it cannot be read.
std::optional<UtcTime> utc_of(const ASN1_TIME* time);

/// Trusts these certificates and no others, at that time. Each may be an end in itself (partial
/// chain), so that a self-signed one can be pinned; at least 112 bits: neither SHA-1 nor RSA below
/// 2048.
using StoreHandle = Handle<X509_STORE, X509_STORE_free>;
StoreHandle store_of(const STACK_OF(X509) * roots, UtcTime at);

/// Hex SHA-256 of its SubjectPublicKeyInfo: the same for every certificate of one key.
std::string spki_sha256(const X509* certificate);

/// RFC 2253 name, printable.
std::string printable_name(const X509_NAME* name);

/// All certificates of a PEM text, in order; trailing text that is not a certificate ends the list.
CertificateStack certificates_from_pem(std::string_view pem);

std::string pem_of(X509* certificate);

}  // namespace quietus::certs
