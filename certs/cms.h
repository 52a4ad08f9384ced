#pragma once
// Detached CMS signatures (RFC 5652) of the CAdES-BES kind (ETSI EN 319 122-1), by the algorithms
// of certs/signature_kind.h.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/utc_time.h"
#include "certs/signing_key.h"
#include "certs/verify.h"

namespace quietus::certs {

/// A signature file is never longer; a longer one is refused unread.
inline constexpr std::size_t kSignatureSizeMax = 256 * std::size_t{1024};

/// Which of the signer's issuers are inside a signature: the root is left to chain.pem, or not.
enum class Inside { intermediates, whole_path };

/// DER of the signature over exactly these bytes, with the signer's certificate and issuers inside.
Result<std::string> sign_detached(const SigningKey& key, std::string_view content, UtcTime when,
                                  Inside inside = Inside::intermediates);

struct Signer {
    std::string subject;                    ///< Printable.
    std::string fingerprint;                ///< Hex SHA-256 of the certificate.
    std::string key_sha256;                 ///< Hex SHA-256 of its public key (SPKI).
    std::string algorithm;                  ///< "ECDSA P-256 with SHA-256"
    std::vector<std::string> certificates;  ///< DER of every certificate inside the signature.
    std::vector<std::string> chain;  ///< DER, from the signer's up to the anchor that was trusted.
};

/// Who signed these bytes; `not_authentic` says why nobody whom `trust` names did. The certificates
/// must have been valid at the time `at`: of the signing where a time stamp shows it, else now.
Result<Signer> verify_detached(std::string_view signature, std::string_view content,
                               const Trust& trust, UtcTime at);

/// Hex SHA-256 of the certificate that a signature says it was made with: a claim, no more.
Result<std::string> claimed_signer(std::string_view signature);

/// DER of each certificate of a PEM text.
std::vector<std::string> certificates_of(std::string_view pem);

}  // namespace quietus::certs
