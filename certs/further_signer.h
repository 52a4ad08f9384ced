#pragma once
// One of those who signed a record after its issuer.

#include <string>

namespace quietus::certs {

struct FurtherSigner {
    std::string subject;      ///< Printable.
    std::string fingerprint;  ///< Hex SHA-256 of the certificate.
    bool trusted{false};      ///< False where only the first signer was pinned, by fingerprint.
};

}  // namespace quietus::certs
