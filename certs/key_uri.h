#pragma once
// Where a private key is, as --key names it: a PEM file, an object in a PKCS#11 token, a key in the
// TPM. Only the name is read here; nothing is opened.

#include <string>
#include <string_view>

#include "base/result.h"

namespace quietus::certs {

enum class KeyStore { file, pkcs11, tpm };

struct KeyPlace {
    KeyStore store{KeyStore::file};
    std::string name;          ///< File: its path. Else the URI, as the token's library takes it.
    std::string module;        ///< PKCS#11 module-path; empty: the environment's, or p11-kit's own.
    bool needs_secret{false};  ///< A PIN or a passphrase must be given. Of a file its bytes tell.
};

/// "PATH", "file:PATH", "pkcs11:token=…;object=…?module-path=…" (RFC 7512), "handle:0x81000001" or
/// "handle:0x81000001?pass". `config` for a URI with a PIN in it, one that does not name its token
/// and key, and one that is not understood. The error never repeats the URI: it may hold a PIN.
Result<KeyPlace> parse_key_uri(std::string_view text);

}  // namespace quietus::certs
