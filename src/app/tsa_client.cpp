#include "app/tsa_client.h"

#include <array>
#include <ctime>
#include <memory>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/http.h>
#include <openssl/ssl.h>

#include "base/bytes.h"
#include "certs/time_stamp.h"

namespace quietus::app {

namespace {

constexpr unsigned kConnectNap =
    100;  // milliseconds, only where OpenSSL cannot wait for the socket

struct FreeBio {
    void operator()(BIO* bio) const noexcept { BIO_free_all(bio); }
};
using BioHandle = std::unique_ptr<BIO, FreeBio>;
struct FreeContext {
    void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
};
using ContextHandle = std::unique_ptr<SSL_CTX, FreeContext>;
struct FreeText {
    void operator()(char* text) const noexcept { OPENSSL_free(text); }
};
using TextHandle = std::unique_ptr<char, FreeText>;

std::string openssl_reason() {
    const unsigned long code = ERR_peek_error();  // the first is the cause
    const char* reason = ERR_reason_error_string(code);
    ERR_clear_error();
    return reason == nullptr ? "no answer" : printable_text(reason);
}

tl::unexpected<Error> no_answer(const TsaAddress& address, const std::string& why) {
    return failure(ErrorCode::busy,
                   "time stamp authority " + printable_text(address.url) + ": " + why,
                   "see that it can be reached from here, then try again");
}

struct Parts {
    TextHandle host, port, path;
    bool tls{false};
};

Result<Parts> parts_of(const std::string& url) {
    const auto refuse = [&](const char* why) {
        return failure(ErrorCode::config,
                       "time stamp authority '" + printable_text(url) + "': " + why,
                       "give --tsa an address as https://tsa.example/");
    };
    int tls = 0;
    char* user = nullptr;
    char* host = nullptr;
    char* port = nullptr;
    char* path = nullptr;
    if (!url.starts_with("http://") && !url.starts_with("https://"))
        return refuse("neither http:// nor https://");
    if (OSSL_HTTP_parse_url(url.c_str(), &tls, &user, &host, &port, nullptr, &path, nullptr,
                            nullptr) != 1) {
        ERR_clear_error();
        return refuse("not an address");
    }
    const TextHandle named{user};
    Parts parts{.host = TextHandle{host},
                .port = TextHandle{port},
                .path = TextHandle{path},
                .tls = tls == 1};
    if (named && *named != '\0') return refuse("a name or password does not belong into it");
    return parts;
}

struct Tls {
    SSL_CTX* context;
    const char* host;
};

// OpenSSL calls it once when connected and once before the end: TLS goes on, and comes off.
BIO* over_tls(BIO* bio, void* argument, int connected, int detail) {
    const auto* tls = static_cast<const Tls*>(argument);
    if (connected == 0) return bio;
    if (detail == 0) return bio;
    BIO* secured = BIO_new_ssl(tls->context, 1);
    SSL* session = nullptr;
    if (secured != nullptr) BIO_ctrl(secured, BIO_C_GET_SSL, 0, &session);
    const bool named = session != nullptr && SSL_set1_host(session, tls->host) == 1 &&
                       SSL_ctrl(session, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                                const_cast<char*>(tls->host)) == 1;
    if (named) return BIO_push(secured, bio);
    BIO_free(secured);
    return nullptr;
}

Result<ContextHandle> tls_context(const TsaAddress& address) {
    ContextHandle context{SSL_CTX_new(TLS_client_method())};
    if (!context) return no_answer(address, openssl_reason());
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
    const bool trusts = address.ca_file.empty()
                            ? SSL_CTX_set_default_verify_paths(context.get()) == 1
                            : SSL_CTX_load_verify_file(context.get(), address.ca_file.c_str()) == 1;
    if (!trusts)
        return failure(
            ErrorCode::config,
            "time stamp authority: " + printable_text(address.ca_file) + ": " + openssl_reason(),
            "give the certificates that its server leads to, as PEM");
    return context;
}

Result<std::string> transfer(const TsaAddress& address, const Parts& parts,
                             const std::string& request) {
    ContextHandle context;
    if (parts.tls) context = QUIETUS_TRY(tls_context(address));
    Tls tls{.context = context.get(), .host = parts.host.get()};
    const BioHandle body{BIO_new_mem_buf(request.data(), static_cast<int>(request.size()))};
    const BioHandle reply{OSSL_HTTP_transfer(
        nullptr, parts.host.get(), parts.port.get(), parts.path.get(), parts.tls ? 1 : 0, nullptr,
        nullptr, nullptr, nullptr, parts.tls ? over_tls : nullptr, parts.tls ? &tls : nullptr, 0,
        nullptr, "application/timestamp-query", body.get(), "application/timestamp-reply", 1,
        certs::kTimeStampSizeMax, static_cast<int>(kTsaPatience.count()), 0)};
    if (!reply) return no_answer(address, openssl_reason());
    std::string bytes;
    std::array<char, 4096> part{};
    for (int got = 0; (got = BIO_read(reply.get(), part.data(), part.size())) > 0;)
        bytes.append(part.data(), static_cast<std::size_t>(got));
    ERR_clear_error();
    return bytes;
}

}  // namespace

Result<void> check_tsa(const TsaAddress& address) {
    const Parts parts = QUIETUS_TRY(parts_of(address.url));
    const BioHandle connection{BIO_new_connect(parts.host.get())};
    const bool made = connection && BIO_set_conn_port(connection.get(), parts.port.get()) == 1;
    if (!made || BIO_set_nbio(connection.get(), 1) != 1)
        return no_answer(address, openssl_reason());
    // Not waited for longer than for a reply; a refusal is an answer.
    const time_t deadline = time(nullptr) + static_cast<time_t>(kTsaPatience.count());
    while (BIO_do_connect(connection.get()) != 1) {
        if (BIO_should_retry(connection.get()) == 0 ||
            BIO_wait(connection.get(), deadline, kConnectNap) != 1)
            return no_answer(address, openssl_reason());
    }
    return {};
}

Result<std::string> ask_for_time_stamp(const TsaAddress& address, std::string_view data) {
    const Parts parts = QUIETUS_TRY(parts_of(address.url));
    const std::string request = QUIETUS_TRY(certs::time_stamp_request(data));
    std::string reply = QUIETUS_TRY(transfer(address, parts, request));
    if (const auto fits = certs::check_time_stamp_reply(request, reply); !fits)
        return no_answer(address, fits.error().message);
    // What nobody could verify later must not be registered: its signature and the certificate of
    // its signer, inside, are looked at now.
    if (const auto holds = certs::verify_time_stamp(reply, data, {}, {}); !holds)
        return no_answer(address, holds.error().message);
    return reply;
}

}  // namespace quietus::app
