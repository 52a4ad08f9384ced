#include "app/load_key.h"

#include "app/ask_secret.h"
#include "base/bytes.h"
#include "base/file.h"
#include "certs/key_uri.h"

namespace quietus::app {

namespace {

constexpr std::size_t kPemSizeMax = 1024 * 1024;
constexpr const char* kFilesHint = "give --key and --cert files that can be read";

Result<std::string> read_pem(const std::string& path) {
    auto text = read_whole_file(path, kPemSizeMax);
    if (text) return text;
    return failure(ErrorCode::config, text.error().message, kFilesHint);
}

// Whoever is at the terminal is asked only where nothing else gave it.
Result<SecretBytes> secret_for(const Settings& settings, bool needed, const char* question) {
    SecretBytes given = QUIETUS_TRY(read_passphrase(settings));
    if (!given.empty() || !needed || settings.passphrase_fd || !can_ask()) return given;
    return ask_secret(question);
}

Result<certs::PrivateKey> load_from_file(const Settings& settings, const std::string& path) {
    std::string pem = QUIETUS_TRY(read_pem(path));
    const auto load = [&]() -> Result<certs::PrivateKey> {
        const SecretBytes passphrase = QUIETUS_TRY(secret_for(
            settings, certs::key_file_needs_passphrase(pem), "passphrase of the signing key"));
        return certs::load_private_key(pem, passphrase);
    };
    auto key = load();
    wipe(std::as_writable_bytes(std::span{pem}));
    if (!key) return tl::unexpected{std::move(key).error().with_context(path)};
    return key;
}

}  // namespace

Result<SecretBytes> read_passphrase(const Settings& settings) {
    constexpr std::size_t kPassphraseMax = 4096;
    std::string text;
    if (settings.passphrase_fd) {
        const std::string flag = "--passphrase-fd " + std::to_string(*settings.passphrase_fd);
        auto read = read_to_end(*settings.passphrase_fd, kPassphraseMax, flag);
        if (!read)
            return failure(ErrorCode::config, read.error().message,
                           "give an open descriptor: --passphrase-fd 3 3<FILE");
        text = std::move(*read);
    } else if (const auto folder = environment("CREDENTIALS_DIRECTORY")) {
        // systemd: LoadCredentialEncrypted=quietus.passphrase:…
        auto credential = read_whole_file(*folder + "/quietus.passphrase", kPassphraseMax);
        if (credential) text = std::move(*credential);
    }
    auto secret = SecretBytes::copy_of(bytes_of(text));
    wipe(std::as_writable_bytes(std::span{text}));
    if (secret) {
        std::size_t size = secret->span().size();
        while (size > 0 && (secret->span()[size - 1] == std::byte{'\n'} ||
                            secret->span()[size - 1] == std::byte{'\r'}))
            --size;
        secret->shrink(size);
    }
    return secret;
}

Result<certs::PrivateKey> load_named_key(const Settings& settings) {
    const certs::KeyPlace place = QUIETUS_TRY(certs::parse_key_uri(settings.key_file));
    if (place.store == certs::KeyStore::file) return load_from_file(settings, place.name);
    const char* question = place.store == certs::KeyStore::pkcs11
                               ? "PIN of the token"
                               : "passphrase of the key in the TPM";
    SecretBytes secret = QUIETUS_TRY(secret_for(settings, place.needs_secret, question));
    return certs::load_token_key(place, std::move(secret));
}

Result<certs::SigningKey> load_named_signing_key(const Settings& settings) {
    if (settings.key_file.empty() || settings.certificate_file.empty())
        return failure(ErrorCode::config, "a key needs its certificate",
                       "give both --key and --cert");
    // The certificate first: a PIN is not asked for in vain.
    const std::string certificate = QUIETUS_TRY(read_pem(settings.certificate_file));
    certs::PrivateKey key = QUIETUS_TRY(load_named_key(settings));
    return certs::with_certificate(std::move(key), certificate);
}

Result<certs::SigningKey> load_own_key(const std::string& key_file,
                                       const std::string& certificate_file) {
    std::string pem = QUIETUS_TRY(read_pem(key_file));
    const auto certificate = read_pem(certificate_file);
    auto key = certificate ? certs::load_signing_key(pem, *certificate, {})
                           : Result<certs::SigningKey>{tl::unexpected{certificate.error()}};
    wipe(std::as_writable_bytes(std::span{pem}));
    if (!key) return tl::unexpected{std::move(key).error().with_context(key_file)};
    return key;
}

}  // namespace quietus::app
