#pragma once
// A private key that lives elsewhere: in a PKCS#11 token or a TPM. It is opened for each signature,
// in a process of its own that ends with it: no session is held through an erase that takes days,
// and a worker that is forked meanwhile has neither session nor module.

#include <memory>
#include <string>

#include "base/memory.h"
#include "certs/key_uri.h"
#include "certs/openssl_handles.h"

namespace quietus::certs {

/// A private key in use. The session ends with it: the key is freed first.
struct OpenKey {
    std::shared_ptr<void> session;  ///< Nothing for a key of this process's own memory.
    KeyHandle key;
    OSSL_LIB_CTX* library{nullptr};   ///< To make signatures in; nothing is the usual one.
    const char* properties{nullptr};  ///< To give with it: CMS_sign_ex, X509_REQ_new_ex, …
};

class KeySource {
  public:
    KeySource() = default;
    KeySource(const KeySource&) = delete;
    KeySource& operator=(const KeySource&) = delete;
    virtual ~KeySource() = default;
    /// In a process that ends soon: see use_key (certs/signing_key_impl.h).
    virtual Result<OpenKey> open() const = 0;
    virtual std::string protection() const = 0;  ///< "pkcs11" or "tpm"
};

/// By the OpenSSL engine pkcs11 (libp11), which is loaded by name, never from openssl.cnf.
std::unique_ptr<KeySource> pkcs11_key(KeyPlace place, SecretBytes pin);
/// By the OpenSSL provider tpm2, in a library context of its own: nothing else ever meets it.
std::unique_ptr<KeySource> tpm_key_at_handle(const KeyPlace& place, SecretBytes passphrase);
/// The text of a "TSS2 PRIVATE KEY" file, which only the TPM that wrapped it can use.
std::unique_ptr<KeySource> tpm_key_in_file(std::string pem, SecretBytes passphrase);
bool is_tpm_key_file(std::string_view pem);
bool tpm_key_file_needs_secret(std::string_view pem);

/// What OpenSSL asks for while it opens a key. Without a callback it would ask the terminal.
struct PassphraseRequest {
    const SecretBytes* passphrase;
    bool asked{false};
};
int give_passphrase(char* buffer, int size, int writing, void* request);

}  // namespace quietus::certs
