#include "certs/dsse.h"

#include <openssl/evp.h>

#include "base/bytes.h"
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

Result<std::string> signature_over(const SigningKey& key, const std::string& bytes) {
    const DigestContext context{EVP_MD_CTX_new()};
    std::size_t size = 0;
    const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
    const bool begun = context && EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr,
                                                     key.impl().key.get()) == 1;
    if (!begun || EVP_DigestSign(context.get(), nullptr, &size, data, bytes.size()) != 1)
        return failure(ErrorCode::internal, "signing the envelope: " + openssl_reason());
    std::string signature(size, '\0');
    if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                       data, bytes.size()) != 1)
        return failure(ErrorCode::internal, "signing the envelope: " + openssl_reason());
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
    const std::string signature =
        QUIETUS_TRY(signature_over(key, pre_authentication_encoding(payload)));
    const Json signed_by{{"keyid", key.fingerprint_sha256()},
                         {"sig", to_base64(bytes_of(signature))}};
    return canonical_json({{"payloadType", kPayloadType},
                           {"payload", to_base64(bytes_of(payload))},
                           {"signatures", Json::array({signed_by})}});
}

}  // namespace quietus::certs
