#include "certs/openssl_handles.h"

#include <array>
#include <ctime>
#include <limits>

#include <openssl/pem.h>
#include <openssl/x509_vfy.h>

#include "base/bytes.h"
#include "base/result.h"

namespace quietus::certs {

namespace {

std::string drained(BIO* memory) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(memory, &data);
    return size > 0 ? std::string(data, static_cast<std::size_t>(size)) : std::string{};
}

}  // namespace

BioHandle bio_over(std::string_view bytes) {
    QUIETUS_CHECK(bytes.size() <= static_cast<std::size_t>(std::numeric_limits<int>::max()));
    return BioHandle{BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size()))};
}

std::string openssl_reason() {
    std::string reason;
    while (const unsigned long code = ERR_get_error()) {
        const char* text = ERR_reason_error_string(code);
        if (text != nullptr) reason = text;
    }
    return reason.empty() ? "no reason given" : printable_text(reason);
}

std::string der_of(const X509* certificate) {
    return encoded<X509, i2d_X509>(certificate);
}

CertificateHandle certificate_from_der(const std::string& der) {
    const BioHandle in = bio_over(der);
    return CertificateHandle{d2i_X509_bio(in.get(), nullptr)};
}

std::optional<UtcTime> utc_of(const ASN1_TIME* time) {
    std::tm parts{};
    if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
    return UtcTime{static_cast<std::int64_t>(timegm(&parts)) * 1000};
}

StoreHandle store_of(const STACK_OF(X509) * roots, UtcTime at) {
    StoreHandle store{X509_STORE_new()};
    QUIETUS_CHECK(store != nullptr);
    for (int i = 0; i < sk_X509_num(roots); ++i)
        X509_STORE_add_cert(store.get(), sk_X509_value(roots, i));
    X509_VERIFY_PARAM* rules = X509_STORE_get0_param(store.get());
    X509_VERIFY_PARAM_set_time(rules, static_cast<time_t>(at.ms / 1000));
    X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_PARTIAL_CHAIN);
    X509_VERIFY_PARAM_set_auth_level(rules, 2);
    return store;
}

std::string spki_sha256(const X509* certificate) {
    return sha256_hex(encoded<X509_PUBKEY, i2d_X509_PUBKEY>(X509_get_X509_PUBKEY(certificate)));
}

std::string printable_name(const X509_NAME* name) {
    const BioHandle out{BIO_new(BIO_s_mem())};
    QUIETUS_CHECK(out != nullptr);
    // Control and non-ASCII characters come out escaped.
    X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253);
    return printable_text(drained(out.get()));
}

CertificateStack certificates_from_pem(std::string_view pem) {
    CertificateStack stack{sk_X509_new_null()};
    QUIETUS_CHECK(stack != nullptr);
    const BioHandle in = bio_over(pem);
    while (X509* certificate = PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr)) {
        if (sk_X509_push(stack.get(), certificate) == 0) X509_free(certificate);
    }
    ERR_clear_error();  // the end of the text is reported as an error
    return stack;
}

std::string pem_of(X509* certificate) {
    const BioHandle out{BIO_new(BIO_s_mem())};
    QUIETUS_CHECK(out != nullptr && PEM_write_bio_X509(out.get(), certificate) == 1);
    return drained(out.get());
}

}  // namespace quietus::certs
