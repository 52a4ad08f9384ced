#pragma once
// The files that say whom the reader of evidence trusts.

#include <string>

#include "base/result.h"
#include "certs/verify.h"

namespace quietus::certs {

struct TrustFiles {
    std::string ca_file;  ///< --ca
    std::string
        fingerprint;  ///< --fingerprint, not a file: hex SHA-256 of the signer's certificate.
    std::string tsa_ca_file;  ///< --tsa-ca: whose time stamps are believed.
    std::string crl_file;     ///< --crl: revocation lists.
};

/// What was named, read; nothing where nothing was. A file that cannot be read or is empty is
/// `usage`.
Result<Trust> read_trust(const TrustFiles& files);

}  // namespace quietus::certs
