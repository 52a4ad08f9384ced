#pragma once
// `quietus key create|request|show`.

#include <string>

#include "app/settings.h"
#include "base/result.h"
#include "base/utc_time.h"
#include "certs/signing_key.h"

namespace quietus::app {

struct KeyRequest {
    certs::KeyType type{certs::KeyType::p256};
    std::string name;  ///< Common name; empty: one made of the host's.
    std::string key_out, certificate_out, request_out;
};

/// What is known of a key, of a certificate, or of both; empty texts are not known.
struct KeyFacts {
    std::string type, algorithm, protection, public_sha256;                    ///< Of the key.
    std::string fingerprint_sha256, subject, issuer, valid_from, valid_until;  ///< Certificate's.
    bool self_signed{false};
};

/// Writes a new key (0600), encrypted where a passphrase was given, and where asked for a
/// self-signed certificate of it. `config` where one of the files is there already.
Result<KeyFacts> create_key(const Settings& settings, const KeyRequest& request,
                            const Clock& clock);

/// Writes a request for a certificate of the key that --key names, signed by it.
Result<KeyFacts> request_certificate(const Settings& settings, const KeyRequest& request);

/// The key and certificate that are named; where none is, this host's own. `config` where there is
/// none either.
Result<KeyFacts> show_key(const Settings& settings);

}  // namespace quietus::app
