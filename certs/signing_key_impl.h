#pragma once
// What a SigningKey is made of; for the .cpp files that sign.

#include "certs/openssl_handles.h"
#include "certs/signing_key.h"

namespace quietus::certs {

struct SigningKey::Impl {
    KeyHandle key;
    CertificateHandle certificate;
    CertificateStack issuers;  ///< From the certificate's issuer upwards; may be empty.
};

}  // namespace quietus::certs
