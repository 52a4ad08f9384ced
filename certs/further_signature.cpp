#include "certs/further_signature.h"

#include <algorithm>

#include "base/bytes.h"
#include "certs/openssl_handles.h"

namespace quietus::certs {

namespace {

constexpr std::string_view kEnding = ".p7s";

tl::unexpected<Error> refuse(const std::string& name, const std::string& why,
                             std::string hint = {}) {
    return failure(ErrorCode::not_authentic, name + ": " + why, std::move(hint));
}

bool issued_by(X509* below, X509* above) {
    const bool issued = X509_check_issued(above, below) == X509_V_OK &&
                        X509_verify(below, X509_get0_pubkey(above)) == 1;
    ERR_clear_error();
    return issued;
}

// A root that may sign no certificates but its own name on its own key: X509_check_issued asks for
// more than that.
bool signed_itself(X509* certificate) {
    const bool same_name =
        X509_NAME_cmp(X509_get_subject_name(certificate), X509_get_issuer_name(certificate)) == 0;
    const bool holds = same_name && X509_verify(certificate, X509_get0_pubkey(certificate)) == 1;
    ERR_clear_error();
    return holds;
}

// The signature names the signer's certificate by its digest; each further one must have signed the
// one below, and the last itself. So no byte of them can change.
Result<void> check_path(const std::string& name, const Signer& signer) {
    const auto incomplete = [&] {
        return refuse(name, "the certificates inside are not one whole path up to a root");
    };
    std::vector<CertificateHandle> left;
    CertificateHandle at;
    for (const std::string& der : signer.certificates) {
        CertificateHandle one = certificate_from_der(der);
        if (!one) return incomplete();
        if (!at && sha256_hex(der) == signer.fingerprint)
            at = std::move(one);
        else
            left.push_back(std::move(one));
    }
    while (at && !left.empty()) {
        const auto above = std::find_if(left.begin(), left.end(), [&](const auto& candidate) {
            return issued_by(at.get(), candidate.get());
        });
        if (above == left.end()) return incomplete();
        at = std::move(*above);
        left.erase(above);
    }
    if (!at || !signed_itself(at.get())) return incomplete();
    return {};
}

}  // namespace

std::string further_name(const std::string& stem, std::size_t number) {
    return stem + "." + std::to_string(number) + std::string{kEnding};
}

bool is_further_name(std::string_view stem, std::string_view name) {
    for (std::size_t number = 2; number <= kSignaturesMax; ++number)
        if (name == further_name(std::string{stem}, number)) return true;
    return false;
}

std::size_t next_further(const Folder& folder, const std::string& stem) {
    std::size_t number = 2;
    while (folder.contains(further_name(stem, number))) ++number;
    return number;
}

Result<std::vector<FurtherSigner>> check_further(const Folder& folder, const std::string& stem,
                                                 const Signer& first, const Trust& trust,
                                                 UtcTime as_of, UtcTime now) {
    const std::string& record = folder.at(stem + ".json");
    const std::size_t end = next_further(folder, stem);
    std::vector<std::string> seen{first.fingerprint};
    std::vector<FurtherSigner> signers;
    for (const auto& [name, bytes] : folder) {
        const bool numbered = is_further_name(stem, name);
        if (numbered && std::stoul(name.substr(stem.size() + 1)) > end)
            return refuse(name, "the further signature before it is missing");
    }
    for (std::size_t number = 2; number < end; ++number) {
        const std::string name = further_name(stem, number);
        if (number > kSignaturesMax) return refuse(name, "more signatures than a record takes");
        const std::string& bytes = folder.at(name);
        const bool trusted = !trust.roots_pem.empty();
        Trust whom{.roots_pem = trust.roots_pem, .fingerprint = std::nullopt};
        if (!trusted) whom.fingerprint = QUIETUS_TRY_CONTEXT(claimed_signer(bytes), name);
        auto signer = verify_detached(bytes, record, whom, as_of);
        if (!signer)
            return refuse(name, signer.error().message,
                          "whoever signs further must be among those you trust: see --ca");
        if (std::find(seen.begin(), seen.end(), signer->fingerprint) != seen.end())
            return refuse(name, signer->subject + " has signed already");
        QUIETUS_TRY(check_path(name, *signer));
        if (trusted)
            QUIETUS_TRY_CONTEXT(check_revocation(signer->chain, trust.crls_pem,
                                                 {.time = as_of, .stamped = false}, now),
                                name);
        seen.push_back(signer->fingerprint);
        signers.push_back({signer->subject, signer->fingerprint, trusted});
    }
    return signers;
}

std::string further_text(const std::vector<FurtherSigner>& signers) {
    if (signers.empty()) return "further signatures: none";
    std::string text = "further signatures: ";
    for (const FurtherSigner& signer : signers) {
        if (&signer != signers.data()) text += "; ";
        text += "by " + signer.subject;
        if (!signer.trusted) text += ", holds, not relied on (--ca names whom to believe)";
    }
    return text;
}

}  // namespace quietus::certs
