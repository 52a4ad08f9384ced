// Keys in PKCS#11 tokens. Debian 12 has no pkcs11 provider for OpenSSL 3, so this is the engine of
// libp11 (docs/adr/0010). Engines are deprecated, and this file alone knows of them.

#define OPENSSL_SUPPRESS_DEPRECATED

#include <algorithm>
#include <cstring>
#include <vector>

#include <openssl/engine.h>
#include <openssl/ui.h>

#include "base/bytes.h"
#include "certs/key_source.h"

namespace quietus::certs {

namespace {

constexpr const char* kTokenHint =
    "see what is there: pkcs11-tool --list-objects --login; check --key, and that the token is in";

using UiMethod = Handle<UI_METHOD, UI_destroy_method>;

// The engine with its module and its login. It can be started once in a process, and neither module
// nor PIN ever leave it again: "a memory leak is better than a deadlock", says its source.
class Session {
  public:
    explicit Session(ENGINE* engine) : engine_{engine} {}
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    ~Session() {
        if (started_) ENGINE_finish(engine_);
        ENGINE_free(engine_);
        ERR_clear_error();
    }
    bool start() { return started_ = ENGINE_init(engine_) == 1; }
    ENGINE* engine() { return engine_; }
    bool command(const char* name, const char* value) {
        return ENGINE_ctrl_cmd_string(engine_, name, value, 0) == 1;
    }

  private:
    ENGINE* engine_;
    bool started_{false};
};

// Everything in OpenSSL's error queue, to be searched for the token's own word.
std::string all_reasons() {
    std::string reasons;
    while (const unsigned long code = ERR_get_error()) {
        const char* text = ERR_reason_error_string(code);
        if (text != nullptr) reasons += (reasons.empty() ? "" : "; ") + std::string{text};
    }
    return printable_text(reasons);
}

tl::unexpected<Error> no_module(const KeyPlace& place) {
    return failure(ErrorCode::config,
                   "the PKCS#11 module cannot be loaded" +
                       (place.module.empty() ? std::string{} : ": " + printable_text(place.module)),
                   "name it in the URI, ?module-path=FILE.so, or by PKCS11_MODULE_PATH");
}

tl::unexpected<Error> why_no_key(const KeyPlace& place) {
    const std::string reasons = all_reasons();
    const auto says = [&](const char* word) { return reasons.find(word) != std::string::npos; };
    if (says("Unable to load PKCS#11 module")) return no_module(place);
    if (says("PIN locked"))
        return failure(ErrorCode::config, "the token's PIN is locked",
                       "unlock it with the security officer's PIN");
    if (says("PIN incorrect") || says("PIN invalid") || says("PIN len") || says("PIN length"))
        return failure(ErrorCode::config, "wrong PIN for the token of the signing key",
                       "check it before the next try: a token locks itself after a few");
    if (says("PIN expired") || says("not initialized"))
        return failure(ErrorCode::config, "the token takes no PIN: " + reasons, kTokenHint);
    return failure(ErrorCode::config,
                   "no such token or no such key in it: " + printable_text(place.name) +
                       (reasons.empty() ? "" : " (" + reasons + ")"),
                   kTokenHint);
}

Result<std::shared_ptr<Session>> start_session(const KeyPlace& place) {
    OPENSSL_init_crypto(OPENSSL_INIT_ENGINE_DYNAMIC, nullptr);
    ENGINE* engine = ENGINE_by_id("pkcs11");
    if (engine == nullptr) {
        ERR_clear_error();
        return failure(ErrorCode::config, "OpenSSL has no engine 'pkcs11' to open the token with",
                       "apt install libengine-pkcs11-openssl");
    }
    auto session = std::make_shared<Session>(engine);
    // Its complaints come to us, as one error; on standard error they would be lines of their own.
    const bool set =
        session->command("QUIET", nullptr) &&
        (place.module.empty() || session->command("MODULE_PATH", place.module.c_str()));
    if (set && session->start()) return session;
    return no_module(place);
}

class Pkcs11Key : public KeySource {
  public:
    Pkcs11Key(KeyPlace place, SecretBytes pin) : place_{std::move(place)}, pin_{std::move(pin)} {}
    std::string protection() const override { return "pkcs11"; }

    Result<OpenKey> open() const override {
        if (pin_.empty())
            return failure(ErrorCode::config, "the signing key needs a PIN and none was given",
                           "give it with --passphrase-fd N, or run this on a terminal");
        SecretBytes pin = QUIETUS_TRY(SecretBytes::create(pin_.span().size() + 1));
        std::copy(pin_.span().begin(), pin_.span().end(), pin.span().begin());
        const char* text = reinterpret_cast<const char*>(pin.span().data());
        if (std::strlen(text) != pin_.span().size())
            return failure(ErrorCode::config, "the PIN holds a NUL byte", "give it as text");
        auto session = QUIETUS_TRY(start_session(place_));
        const SecretBytes none;
        PassphraseRequest nothing{.passphrase = &none};
        const UiMethod refuse{UI_UTIL_wrap_read_pem_callback(give_passphrase, 0)};
        QUIETUS_CHECK(refuse != nullptr);
        if (!session->command("PIN", text)) return why_no_key(place_);
        OpenKey opened;
        opened.key.reset(ENGINE_load_private_key(session->engine(), place_.name.c_str(),
                                                 refuse.get(), &nothing));
        if (!opened.key) return why_no_key(place_);
        ERR_clear_error();
        opened.session = std::move(session);
        return opened;
    }

  private:
    KeyPlace place_;
    SecretBytes pin_;
};

}  // namespace

std::unique_ptr<KeySource> pkcs11_key(KeyPlace place, SecretBytes pin) {
    return std::make_unique<Pkcs11Key>(std::move(place), std::move(pin));
}

}  // namespace quietus::certs
