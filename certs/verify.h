#pragma once
// Is this evidence folder authentic, and what does it say? Needs no device, no network, no trust in
// the folder.

#include <optional>
#include <string>
#include <vector>

#include "base/exit_status.h"
#include "base/result.h"
#include "base/utc_time.h"
#include "certs/evidence.h"
#include "certs/further_signer.h"

namespace quietus::certs {

/// Whom the auditor trusts; never taken from the folder.
struct Trust {
    std::string roots_pem;  ///< --ca FILE; may be empty with a fingerprint.
    std::optional<std::string>
        fingerprint;  ///< --fingerprint: hex SHA-256 of the signer's certificate, colons allowed.
    std::string tsa_roots_pem{};  ///< --tsa-ca: whose time stamps are believed; none where empty.
    std::string crls_pem{};       ///< --crl: revocation lists; not asked about where empty.
};

struct Finding {
    bool good{false};
    std::string what;  ///< "signature: good, CAdES-BES, ECDSA P-256 with SHA-256"
};

struct Report {
    bool authentic{false};
    std::vector<Finding> findings;  ///< In the order checked; the last bad one is why not.
    // From here on only where authentic:
    std::string type;  ///< "sanitization", "exception-record", "failure-record", or a statement's
    std::optional<Verdict> verdict;  ///< None for a statement.
    std::string signer_subject, signer_fingerprint;
    std::string signer_key;  ///< Hex SHA-256 of the signer's public key: one key, any certificate.
    std::vector<FurtherSigner> also_signed_by;
    std::string id, serial, model;
    std::string register_id;
    std::string stamped_at;     ///< RFC 3339 by a trusted time stamp; empty without one.
    std::string record_sha256;  ///< Hex, of the record's bytes.
    Json record;  ///< The whole parsed record, for `certificate show` and `verify DEVICE`.

    /// 0 only for authentic + sanitization + erased; 11 and 10 for authentic exception and failure
    /// records; 1 else.
    ExitStatus status() const;
};

/// A folder that is being issued has no receipt yet; any other without one is not in the register.
enum class ReceiptRule { required, not_yet };

/// Exact DER without slack, signature over the stored bytes, chain to `trust` (system roots
/// excluded), schema, digest of every listed file, no unlisted file, names that fit the type,
/// receipt canonical and signed by the log key the record names.
Report verify_folder(const Folder& folder, const Trust& trust, UtcTime now,
                     ReceiptRule receipt = ReceiptRule::required);

/// "certificate", "validation", …: the name of an authentic document's files, without their
/// endings.
std::string stem_of(const Report& report);

/// A report for a folder that could not even be read as one.
Report not_a_folder(const std::string& why);

/// The report as people read it: one line per finding, who signed, and what it means.
std::string report_text(const Report& report);
Json report_json(const Report& report);

}  // namespace quietus::certs
