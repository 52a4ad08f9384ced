#include "certs/trust_files.h"

#include "base/file.h"

namespace quietus::certs {

namespace {

// Room for the revocation lists of a large authority.
constexpr std::size_t kPemSizeMax = 16 * std::size_t{1024} * 1024;

// Nothing where the option was not given.
Result<std::string> read_pem(const std::string& option, const std::string& file) {
    if (file.empty()) return std::string{};
    auto pem = read_whole_file(file, kPemSizeMax);
    if (!pem)
        return failure(ErrorCode::usage, option + ": " + pem.error().message, "name a PEM file");
    if (pem->empty())
        return failure(ErrorCode::usage, option + ": " + file + " is empty", "name a PEM file");
    return pem;
}

}  // namespace

Result<Trust> read_trust(const TrustFiles& files) {
    Trust trust;
    if (!files.fingerprint.empty()) trust.fingerprint = files.fingerprint;
    trust.roots_pem = QUIETUS_TRY(read_pem("--ca", files.ca_file));
    trust.tsa_roots_pem = QUIETUS_TRY(read_pem("--tsa-ca", files.tsa_ca_file));
    trust.crls_pem = QUIETUS_TRY(read_pem("--crl", files.crl_file));
    return trust;
}

}  // namespace quietus::certs
