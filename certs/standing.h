#pragma once
// How far a record has come: what people have signed about it, and what it may therefore be
// called.

#include <string>
#include <vector>

#include "certs/verify.h"

namespace quietus::certs {

/// What must be there before anything is titled a certificate. Default: quietus policy, version 1.
struct TitlePolicy {
    /// Statements, each accepting or passing, and signed by another key than the record's.
    std::vector<std::string> statements{"validation"};
    /// Human fields of the record: "organisation", "operator", "location", "asset_tag",
    /// "destination", "condition", "media_source", "classification", "ticket", "address",
    /// "contact", "label_serial", "customer", "contract", "retention", "legal_hold", "backed_up",
    /// "requester", "approver", "approval".
    std::vector<std::string> fields{"organisation", "operator", "location", "asset_tag",
                                    "destination"};
};
/// Names that a policy may ask for; `config` names one that is unknown.
Result<void> check_policy(const TitlePolicy& policy);

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

/// The standing of an authentic record (or statement) by the authentic statements about it: those
/// of `statements` that name its digest, or the digest of one that does, count. The latest decision
/// counts, not the best.
Standing standing_of(const Report& record, const std::vector<Report>& statements,
                     const TitlePolicy& policy);

}  // namespace quietus::certs
