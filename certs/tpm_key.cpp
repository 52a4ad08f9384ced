// Keys in a TPM 2.0, by the OpenSSL provider tpm2 (docs/adr/0010).

#include <cstdlib>

#include <openssl/pem.h>
#include <openssl/provider.h>
#include <openssl/store.h>
#include <openssl/ui.h>

#include "base/bytes.h"
#include "certs/der.h"
#include "certs/key_source.h"

namespace quietus::certs {

namespace {

// Hashing stays with the default provider: a TPM hashes a megabyte in minutes.
constexpr const char* kProperties = "?provider=tpm2,tpm2.digest!=yes,tpm2.cipher!=yes";
constexpr const char* kTpmHint =
    "check /dev/tpmrm0 (or TPM2OPENSSL_TCTI), and what is there: tpm2_getcap handles-persistent";
constexpr std::string_view kFileHead = "-----BEGIN TSS2 PRIVATE KEY-----";

// The library context with both providers; everything of it goes when the last user does.
class Library {
  public:
    Library() : context_{OSSL_LIB_CTX_new()} {
        QUIETUS_CHECK(context_ != nullptr);
        // The TPM's own library speaks on standard error; our caller gets one error instead. Who
        // wants its words sets TSS2_LOG.
        static_cast<void>(setenv("TSS2_LOG", "all+NONE", 0));  // NOLINT(concurrency-mt-unsafe)
        usual_ = OSSL_PROVIDER_load(context_, "default");
        tpm_ = OSSL_PROVIDER_load(context_, "tpm2");
    }
    Library(const Library&) = delete;
    Library& operator=(const Library&) = delete;
    ~Library() {
        if (tpm_ != nullptr) OSSL_PROVIDER_unload(tpm_);
        if (usual_ != nullptr) OSSL_PROVIDER_unload(usual_);
        OSSL_LIB_CTX_free(context_);
        ERR_clear_error();
    }
    bool is_whole() const { return usual_ != nullptr && tpm_ != nullptr; }
    OSSL_LIB_CTX* context() { return context_; }

  private:
    OSSL_LIB_CTX* context_;
    OSSL_PROVIDER* usual_{nullptr};
    OSSL_PROVIDER* tpm_{nullptr};
};

using UiMethod = Handle<UI_METHOD, UI_destroy_method>;
using StoreHandle = Handle<OSSL_STORE_CTX, OSSL_STORE_close>;
using InfoHandle = Handle<OSSL_STORE_INFO, OSSL_STORE_INFO_free>;

Result<std::shared_ptr<Library>> start_library() {
    auto library = std::make_shared<Library>();
    if (library->is_whole()) return library;
    const std::string why = openssl_reason();
    return failure(ErrorCode::config,
                   "OpenSSL's provider 'tpm2' does not start, so the TPM cannot be asked: " + why,
                   "apt install tpm2-openssl; check /dev/tpmrm0 (or TPM2OPENSSL_TCTI)");
}

KeyHandle from_store(Library& library, const std::string& uri, PassphraseRequest& request) {
    const UiMethod ask{UI_UTIL_wrap_read_pem_callback(give_passphrase, 0)};
    const StoreHandle store{OSSL_STORE_open_ex(uri.c_str(), library.context(), kProperties,
                                               ask.get(), &request, nullptr, nullptr, nullptr)};
    if (!store) return nullptr;
    OSSL_STORE_expect(store.get(), OSSL_STORE_INFO_PKEY);
    while (OSSL_STORE_eof(store.get()) == 0) {
        const InfoHandle info{OSSL_STORE_load(store.get())};
        if (!info && OSSL_STORE_error(store.get()) != 0) return nullptr;
        if (info && OSSL_STORE_INFO_get_type(info.get()) == OSSL_STORE_INFO_PKEY)
            return KeyHandle{OSSL_STORE_INFO_get1_PKEY(info.get())};
    }
    return nullptr;
}

KeyHandle from_text(Library& library, const std::string& pem, PassphraseRequest& request) {
    const BioHandle in = bio_over(pem);
    return KeyHandle{PEM_read_bio_PrivateKey_ex(in.get(), nullptr, give_passphrase, &request,
                                                library.context(), kProperties)};
}

class TpmKey : public KeySource {
  public:
    TpmKey(std::string handle, std::string pem, bool needs_secret, SecretBytes passphrase)
        : handle_{std::move(handle)},
          pem_{std::move(pem)},
          needs_secret_{needs_secret},
          passphrase_{std::move(passphrase)} {}
    std::string protection() const override { return "tpm"; }

    Result<OpenKey> open() const override {
        // Asked without it the TPM would count a failed try towards its lockout.
        if (needs_secret_ && passphrase_.empty())
            return failure(ErrorCode::config,
                           "the signing key in the TPM needs a passphrase and none was given",
                           "give it with --passphrase-fd N, or run this on a terminal");
        auto library = QUIETUS_TRY(start_library());
        PassphraseRequest request{.passphrase = &passphrase_};
        OpenKey opened;
        opened.key = handle_.empty() ? from_text(*library, pem_, request)
                                     : from_store(*library, handle_, request);
        if (!opened.key)
            return failure(
                ErrorCode::config,
                "the TPM has no such signing key, or it cannot be reached: " + openssl_reason(),
                kTpmHint);
        ERR_clear_error();
        opened.library = library->context();
        opened.properties = kProperties;
        opened.session = std::move(library);
        return opened;
    }

  private:
    std::string handle_;  // or
    std::string pem_;     // one of them
    bool needs_secret_;
    SecretBytes passphrase_;
};

}  // namespace

std::unique_ptr<KeySource> tpm_key_at_handle(const KeyPlace& place, SecretBytes passphrase) {
    // Without "?pass" the provider would not ask for the passphrase that was given.
    const bool add = !passphrase.empty() && !place.needs_secret;
    return std::make_unique<TpmKey>(place.name + (add ? "?pass" : ""), std::string{},
                                    place.needs_secret, std::move(passphrase));
}

std::unique_ptr<KeySource> tpm_key_in_file(std::string pem, SecretBytes passphrase) {
    const bool needs_secret = tpm_key_file_needs_secret(pem);
    return std::make_unique<TpmKey>(std::string{}, std::move(pem), needs_secret,
                                    std::move(passphrase));
}

bool is_tpm_key_file(std::string_view pem) {
    return pem.find(kFileHead) != std::string_view::npos;
}

// TPMKey ::= SEQUENCE { type OID, emptyAuth [0] EXPLICIT BOOLEAN OPTIONAL, … }: without emptyAuth
// the key has a passphrase.
bool tpm_key_file_needs_secret(std::string_view pem) {
    const BioHandle in = bio_over(pem);
    char* name = nullptr;
    char* header = nullptr;
    unsigned char* data = nullptr;
    long size = 0;
    const bool read = PEM_read_bio(in.get(), &name, &header, &data, &size) == 1;
    ERR_clear_error();
    std::string der;
    for (long i = 0; i < size && read; ++i) der += static_cast<char>(data[i]);
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_free(data);
    DerReader outer{der};
    const auto key = outer.next(kDerSequence);
    if (!key) return true;
    DerReader inside{key->contents};
    if (!inside.next(kDerOid)) return true;
    const auto empty = inside.next(kDerContext0);
    constexpr std::string_view kFalse{"\x01\x01\x00", 3};
    return !empty || empty->contents == kFalse;
}

}  // namespace quietus::certs
