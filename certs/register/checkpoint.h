#pragma once
// C2SP tlog-checkpoint: origin, size and root of the log as a signed note (Ed25519).

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/memory.h"
#include "base/result.h"

namespace quietus::certs {

struct Checkpoint {
    std::uint64_t size{0};
    Digest root{};
};

/// The signed note. `private_pem` is the log's Ed25519 key; what does not read as one is `config`.
Result<std::string> sign_checkpoint(const Checkpoint& checkpoint, const std::string& origin,
                                    std::string_view private_pem);

/// The one spelling sign_checkpoint has, signed once, by this key under this origin; else
/// `not_authentic`.
Result<Checkpoint> verify_checkpoint(std::string_view note, std::string_view origin,
                                     std::string_view public_key_base64);

/// Raw public key of a private key in PEM.
Result<Bytes> log_public_key(std::string_view private_pem);
Result<SecretBytes> new_log_key_pem();

/// Signed-note key names hold neither blanks nor '+'; ours are printable ASCII besides and not
/// empty.
bool is_origin(std::string_view origin);

}  // namespace quietus::certs
