#include "certs/openssl_handles.h"

#include <array>
#include <limits>

#include <openssl/pem.h>

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
    unsigned char* der = nullptr;
    const int size = i2d_X509(certificate, &der);
    if (size <= 0) return {};
    std::string bytes(static_cast<std::size_t>(size), '\0');
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(der[i]);
    OPENSSL_free(der);
    return bytes;
}

std::string spki_sha256(const X509* certificate) {
    unsigned char* der = nullptr;
    const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
    std::string bytes;
    for (int at = 0; at < size; ++at) bytes += static_cast<char>(der[at]);
    OPENSSL_free(der);
    return sha256_hex(bytes);
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
