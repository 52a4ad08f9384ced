#include "certs/revocation.h"

#include <ctime>
#include <optional>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/bytes.h"
#include "certs/openssl_handles.h"

namespace quietus::certs {

namespace {

using CrlHandle = Handle<X509_CRL, X509_CRL_free>;
using EnumHandle = Handle<ASN1_ENUMERATED, ASN1_ENUMERATED_free>;

tl::unexpected<Error> refuse(std::string why, std::string hint = {}) {
    ERR_clear_error();
    return failure(ErrorCode::not_authentic, "revocation: " + std::move(why), std::move(hint));
}

std::vector<CrlHandle> lists_of(std::string_view pem) {
    const BioHandle in = bio_over(pem);
    std::vector<CrlHandle> lists;
    while (X509_CRL* list = PEM_read_bio_X509_CRL(in.get(), nullptr, nullptr, nullptr))
        lists.emplace_back(list);
    ERR_clear_error();
    return lists;
}

bool is_current(const X509_CRL* list, UtcTime now) {
    const auto next = utc_of(X509_CRL_get0_nextUpdate(list));
    return next && next->ms >= now.ms;
}

// RFC 5280 §5.2: a delta, or one for some certificates only, does not tell who is not on it.
bool is_complete(const X509_CRL* list) {
    return X509_CRL_get_ext_by_NID(list, NID_delta_crl, -1) < 0 &&
           X509_CRL_get_ext_by_NID(list, NID_issuing_distribution_point, -1) < 0;
}

// The newest complete list of this issuer that its key has signed and that is not of the future.
X509_CRL* list_of(const std::vector<CrlHandle>& lists, X509* issuer, UtcTime now) {
    X509_CRL* newest = nullptr;
    for (const CrlHandle& list : lists) {
        if (X509_NAME_cmp(X509_CRL_get_issuer(list.get()), X509_get_subject_name(issuer)) != 0)
            continue;
        if (X509_CRL_verify(list.get(), X509_get0_pubkey(issuer)) != 1) continue;
        if (!is_complete(list.get())) continue;
        const auto made = utc_of(X509_CRL_get0_lastUpdate(list.get()));
        if (!made || made->ms > now.ms) continue;
        const auto so_far =
            newest == nullptr ? std::nullopt : utc_of(X509_CRL_get0_lastUpdate(newest));
        if (!so_far || so_far->ms < made->ms) newest = list.get();
    }
    ERR_clear_error();
    return newest;
}

// RFC 5280 §5.3.1: keyCompromise (1), cACompromise (2), aACompromise (10); without a reason the
// worst is assumed.
bool is_compromise(const X509_REVOKED* entry) {
    int critical = 0;
    const EnumHandle reason{static_cast<ASN1_ENUMERATED*>(
        X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, &critical, nullptr))};
    if (!reason) return true;
    const long code = ASN1_ENUMERATED_get(reason.get());
    return code == CRL_REASON_KEY_COMPROMISE || code == CRL_REASON_CA_COMPROMISE ||
           code == CRL_REASON_AA_COMPROMISE || code == CRL_REASON_UNSPECIFIED;
}

Result<void> check_one(X509* certificate, X509_CRL* list, SignedAt when) {
    X509_REVOKED* entry = nullptr;
    const int found = X509_CRL_get0_by_cert(list, &entry, certificate);
    if (found == 0 || entry == nullptr) return {};
    const std::string who = printable_name(X509_get_subject_name(certificate));
    const auto since = utc_of(X509_REVOKED_get0_revocationDate(entry));
    const std::string day = since ? to_rfc3339(*since).substr(0, 10) : "an unreadable date";
    if (is_compromise(entry))
        return refuse("the certificate of " + who + " was revoked on " + day +
                      " because its key may be in other hands: no signature of it counts");
    if (!when.stamped || !since || since->ms <= when.time.ms)
        return refuse("the certificate of " + who + " was revoked on " + day +
                      (when.stamped ? "" : ", and no time stamp shows it was used before"));
    return {};
}

}  // namespace

Result<std::string> check_revocation(const std::vector<std::string>& chain,
                                     std::string_view crls_pem, SignedAt when, UtcTime now) {
    if (crls_pem.empty()) return "revocation: not asked for (no CRL was given)";
    const std::vector<CrlHandle> lists = lists_of(crls_pem);
    if (lists.empty())
        return refuse("the file given holds no CRL in PEM", "give --crl a file of PEM CRLs");
    if (chain.size() < 2)
        return "revocation: not checked: the signer's certificate is itself what was trusted";
    for (std::size_t i = 0; i + 1 < chain.size(); ++i) {
        const CertificateHandle certificate = certificate_from_der(chain[i]);
        const CertificateHandle issuer = certificate_from_der(chain[i + 1]);
        QUIETUS_CHECK(certificate && issuer);
        const std::string by = printable_name(X509_get_subject_name(issuer.get()));
        X509_CRL* list = list_of(lists, issuer.get(), now);
        if (list == nullptr)
            return refuse("none of the CRLs given is of " + by, "give --crl a CRL of each issuer");
        const auto made = utc_of(X509_CRL_get0_lastUpdate(list));
        const bool made_after = when.stamped && made && made->ms >= when.time.ms;
        if (!is_current(list, now) && !made_after)
            return refuse("the CRL of " + by + " is out of date", "give --crl a newer one");
        QUIETUS_TRY(check_one(certificate.get(), list, when));
    }
    return "revocation: none of the signer's certificates was revoked, by " +
           std::to_string(lists.size()) + " CRL(s)";
}

}  // namespace quietus::certs
