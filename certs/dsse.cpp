#include "certs/dsse.h"

#include <openssl/evp.h>

#include "base/bytes.h"
#include "certs/signature_kind.h"
#include "certs/signing_key_impl.h"

namespace quietus::certs {

namespace {

constexpr const char* kPayloadType = "application/vnd.in-toto+json";
constexpr const char* kPredicateType = "quietus:certificate:1";

// DSSE v1: "DSSEv1" SP length SP type SP length SP payload.
std::string pre_authentication_encoding(const std::string& payload) {
    const std::string type = kPayloadType;
    return "DSSEv1 " + std::to_string(type.size()) + " " + type + " " +
           std::to_string(payload.size()) + " " + payload;
}

Result<std::string> signature_over(const OpenKey& open, const EVP_PKEY* kind,
                                   const std::string& bytes) {
    const auto cannot = [] {
        return failure(ErrorCode::internal, "signing the envelope: " + openssl_reason());
    };
    const DigestContext context{EVP_MD_CTX_new()};
    EVP_PKEY_CTX* parameters = nullptr;
    const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
    if (!context ||
        EVP_DigestSignInit_ex(context.get(), &parameters, EVP_MD_get0_name(digest_for(kind)),
                              open.library, open.properties, open.key.get(), nullptr) != 1)
        return cannot();
    QUIETUS_TRY(prepare_signer(parameters, kind));
    std::size_t size = 0;
    if (EVP_DigestSign(context.get(), nullptr, &size, data, bytes.size()) != 1) return cannot();
    std::string signature(size, '\0');
    if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                       data, bytes.size()) != 1)
        return cannot();
    signature.resize(size);
    return signature;
}

}  // namespace

Result<std::string> dsse_envelope(const Report& authentic, const std::string& stem,
                                  const SigningKey& key) {
    QUIETUS_CHECK(authentic.authentic);
    const Json subject{{"name", stem + ".json"}, {"digest", {{"sha256", authentic.record_sha256}}}};
    const std::string payload = canonical_json({{"_type", "https://in-toto.io/Statement/v1"},
                                                {"subject", Json::array({subject})},
                                                {"predicateType", kPredicateType},
                                                {"predicate", authentic.record}});
    const std::string signature = QUIETUS_TRY(use_key(key.impl(), [&](const OpenKey& open) {
        return signature_over(open, key.impl().key.get(), pre_authentication_encoding(payload));
    }));
    const Json signed_by{{"keyid", key.fingerprint_sha256()},
                         {"sig", to_base64(bytes_of(signature))}};
    return canonical_json({{"payloadType", kPayloadType},
                           {"payload", to_base64(bytes_of(payload))},
                           {"signatures", Json::array({signed_by})}});
}

}  // namespace quietus::certs
