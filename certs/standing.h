#pragma once
// How far a record has come: what people have signed about it, and what it may therefore be
// called.

#include <string>
#include <vector>

namespace quietus::certs {

/// One later statement about a record, as renderings show it. All texts are printable.
struct SignedStatement {
    std::string type;         ///< "validation", "verification", "custody", "destruction", …
    std::string id;           ///< UUIDv7
    std::string issued;       ///< RFC 3339
    std::string signer;       ///< Subject of the certificate that signed it.
    std::string fingerprint;  ///< Hex SHA-256 of that certificate.
    std::string sentence;     ///< What it says, in one sentence.
};

/// What a rendering may call the record, and why no more than that.
struct Standing {
    std::string title;  ///< "Record of sanitization", "Certificate of sanitization", …
    std::vector<std::string> missing;  ///< What the policy still asks for; empty for a certificate.
    std::vector<SignedStatement> statements;  ///< In order of time.
};

}  // namespace quietus::certs
