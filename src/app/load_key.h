#pragma once
// The signing key that --key and --cert name: found, opened with its passphrase or PIN, and tried,
// before any drive is touched.

#include "app/settings.h"
#include "base/memory.h"
#include "base/result.h"
#include "certs/signing_key.h"

namespace quietus::app {

/// What --passphrase-fd or the systemd credential quietus.passphrase holds, without the newline at
/// its end; empty where there is neither.
Result<SecretBytes> read_passphrase(const Settings& settings);

/// The key that --key names. Where it needs a passphrase or PIN and none was given, somebody at the
/// terminal is asked. All that may be wrong is `config`, with what was wrong.
Result<certs::PrivateKey> load_named_key(const Settings& settings);

/// The same with the certificate of --cert; `config` also where only one of the two is named.
Result<certs::SigningKey> load_named_signing_key(const Settings& settings);

/// A key and certificate in files of our own, not encrypted.
Result<certs::SigningKey> load_own_key(const std::string& key_file,
                                       const std::string& certificate_file);

}  // namespace quietus::app
