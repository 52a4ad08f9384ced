#pragma once
// A time stamp authority over HTTP or HTTPS (RFC 3161 §3.4): the request goes there, its reply
// comes back. OpenSSL's own HTTP client does the talking.

#include <chrono>
#include <string>

#include "base/result.h"

namespace quietus::app {

inline constexpr std::chrono::seconds kTsaPatience{30};

struct TsaAddress {
    std::string url;      ///< "https://tsa.example/": no user or password in it
    std::string ca_file;  ///< PEM for the server's own certificate; the system's roots where empty.
};

/// Can this address be asked? `config` where it is none, `busy` where nobody answers there. Sends
/// no request.
Result<void> check_tsa(const TsaAddress& address);

/// Stamps these bytes and checks that the reply is an answer to what was asked; who gave it is
/// judged when the evidence is verified. `busy` where the authority does not answer, or refuses.
Result<std::string> ask_for_time_stamp(const TsaAddress& address, std::string_view data);

}  // namespace quietus::app
