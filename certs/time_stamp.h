#pragma once
// Time stamps of an authority (RFC 3161) over exact bytes: asked for, checked, and verified years
// later. No network here: app/tsa_client.h carries request and reply.

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/utc_time.h"

namespace quietus::certs {

/// A reply is never longer; a longer one is refused unread.
inline constexpr std::size_t kTimeStampSizeMax = 64 * std::size_t{1024};

/// DER of a TimeStampReq with the SHA-256 of `data`, a nonce, and the wish for the authority's
/// certificates.
Result<std::string> time_stamp_request(std::string_view data);

/// Is this the granted answer to that request? `bad_evidence` says why not. Who gave it is not
/// looked at.
Result<void> check_time_stamp_reply(std::string_view request, std::string_view reply);

struct TimeStamp {
    UtcTime time;
    std::string authority;      ///< Subject of the certificate that signed, printable.
    std::string fingerprint;    ///< Hex SHA-256 of it.
    UtcTime authority_expires;  ///< After that the stamp needs one that renews it.
    bool trusted{false};        ///< Leads to one of the roots that were given.
};

/// The stamp in a TimeStampResp over these bytes. With roots it must lead to one of them at `at`,
/// through certificates for time stamping; without roots only its own certificate's signature is
/// checked, and it is not trusted. `not_authentic` says why it does not hold.
Result<TimeStamp> verify_time_stamp(std::string_view reply, std::string_view data,
                                    std::string_view roots_pem, UtcTime at);

}  // namespace quietus::certs
