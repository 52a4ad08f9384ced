#include "app/key_command.h"

#include <array>
#include <cerrno>
#include <unistd.h>

#include "app/load_key.h"
#include "app/state_dir.h"
#include "base/bytes.h"
#include "base/file.h"

namespace quietus::app {

namespace {

constexpr std::size_t kPemSizeMax = 1024 * 1024;

tl::unexpected<Error> already_there(const std::string& path) {
    return failure(ErrorCode::config, path + " is already there", "name another file");
}

Result<void> check_is_new(const std::string& path) {
    if (!path.empty() && ::access(path.c_str(), F_OK) == 0) return already_there(path);
    return {};
}

Result<void> write_new(const std::string& path, std::string_view bytes, mode_t mode) {
    const auto written = create_file_durably(path, bytes, mode);
    if (written) return {};
    if (written.error().sys_errno == EEXIST) return already_there(path);
    return failure(ErrorCode::config, written.error().message, "name a file that can be made");
}

Result<std::string> name_for(const std::string& given) {
    if (!given.empty()) return given;
    const auto host = read_whole_file("/proc/sys/kernel/hostname", 256);
    if (!host) return failure(ErrorCode::config, host.error().message, "give a --name");
    return "quietus key of " + printable_ascii(host->substr(0, host->find('\n')));
}

KeyFacts facts_of(const certs::PrivateKey& key) {
    KeyFacts facts;
    facts.type = key.type();
    facts.algorithm = key.algorithm();
    facts.protection = key.protection();
    facts.public_sha256 = key.public_sha256();
    return facts;
}

void add_certificate(KeyFacts& facts, const certs::CertificateFacts& certificate) {
    if (facts.type.empty()) facts.type = certificate.type;
    facts.fingerprint_sha256 = certificate.fingerprint_sha256;
    facts.subject = certificate.subject;
    facts.issuer = certificate.issuer;
    facts.valid_from = certificate.valid_from;
    facts.valid_until = certificate.valid_until;
    facts.self_signed = certificate.self_signed;
}

Result<std::string> read_pem(const std::string& path) {
    auto text = read_whole_file(path, kPemSizeMax);
    if (text) return text;
    return failure(ErrorCode::config, text.error().message, "give a file that can be read");
}

// The key, the certificate, or both, loaded together, so that a pair that does not belong together
// is told.
Result<KeyFacts> show_named(const Settings& settings) {
    KeyFacts facts;
    if (settings.key_file.empty()) {
        const std::string pem = QUIETUS_TRY(read_pem(settings.certificate_file));
        add_certificate(facts, QUIETUS_TRY(certs::certificate_facts(pem)));
        return facts;
    }
    std::string pem;
    if (!settings.certificate_file.empty()) pem = QUIETUS_TRY(read_pem(settings.certificate_file));
    certs::PrivateKey key = QUIETUS_TRY(load_named_key(settings));
    facts = facts_of(key);
    if (settings.certificate_file.empty()) return facts;
    QUIETUS_TRY(certs::with_certificate(std::move(key), pem));
    add_certificate(facts, QUIETUS_TRY(certs::certificate_facts(pem)));
    return facts;
}

}  // namespace

Result<KeyFacts> create_key(const Settings& settings, const KeyRequest& request,
                            const Clock& clock) {
    QUIETUS_TRY(check_is_new(request.key_out));
    QUIETUS_TRY(check_is_new(request.certificate_out));
    const SecretBytes passphrase = QUIETUS_TRY(read_passphrase(settings));
    if (settings.passphrase_fd && passphrase.empty())
        return failure(ErrorCode::config, "--passphrase-fd gave no passphrase",
                       "leave it out for a key that is not encrypted");
    const std::string name = QUIETUS_TRY(name_for(request.name));
    const certs::NewKey made =
        QUIETUS_TRY(certs::make_key(request.type, name, clock.now(), passphrase));
    const std::span<const std::byte> pem = made.key_pem.span();
    const std::string_view text{reinterpret_cast<const char*>(pem.data()), pem.size()};
    QUIETUS_TRY(write_new(request.key_out, text, 0600));
    if (!request.certificate_out.empty()) {
        const auto written = write_new(request.certificate_out, made.certificate_pem, 0644);
        if (!written) {
            ::unlink(request.key_out.c_str());  // nothing was signed with it
            return tl::unexpected{written.error()};
        }
    }
    KeyFacts facts = facts_of(QUIETUS_TRY(certs::load_private_key(text, passphrase)));
    if (!request.certificate_out.empty())
        add_certificate(facts, QUIETUS_TRY(certs::certificate_facts(made.certificate_pem)));
    return facts;
}

Result<KeyFacts> request_certificate(const Settings& settings, const KeyRequest& request) {
    if (settings.key_file.empty())
        return failure(ErrorCode::usage, "nothing says for which key", "give --key URI");
    QUIETUS_TRY(check_is_new(request.request_out));
    const std::string name = QUIETUS_TRY(name_for(request.name));
    const certs::PrivateKey key = QUIETUS_TRY(load_named_key(settings));
    const std::string pem = QUIETUS_TRY(certs::certificate_request(key, name));
    QUIETUS_TRY(write_new(request.request_out, pem, 0644));
    return facts_of(key);
}

Result<KeyFacts> show_key(const Settings& settings) {
    if (!settings.key_file.empty() || !settings.certificate_file.empty())
        return show_named(settings);
    const StateDir state{settings.state_dir};
    if (::access(state.local_key().c_str(), F_OK) != 0)
        return failure(ErrorCode::config,
                       "this host has no key of its own yet, or it cannot be seen",
                       "the first erase makes one; or name one with --key and --cert");
    Settings own = settings;
    own.key_file = state.local_key();
    own.certificate_file = state.local_certificate();
    own.passphrase_fd.reset();
    return show_named(own);
}

}  // namespace quietus::app
