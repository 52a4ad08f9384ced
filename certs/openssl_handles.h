#pragma once
// Owners for OpenSSL's objects, for the .cpp files of this layer alone: no public header includes
// this.

#include <memory>
#include <string>

#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

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

/// DER of a certificate; empty where OpenSSL cannot write it.
std::string der_of(const X509* certificate);

/// Hex SHA-256 of its SubjectPublicKeyInfo: the same for every certificate of one key.
std::string spki_sha256(const X509* certificate);

/// RFC 2253 name, printable.
std::string printable_name(const X509_NAME* name);

/// All certificates of a PEM text, in order; trailing text that is not a certificate ends the list.
CertificateStack certificates_from_pem(std::string_view pem);

std::string pem_of(X509* certificate);

}  // namespace quietus::certs
