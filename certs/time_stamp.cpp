#include "certs/time_stamp.h"

#include <array>
#include <ctime>

#include <openssl/rand.h>
#include <openssl/ts.h>
#include <openssl/x509_vfy.h>

#include "base/bytes.h"
#include "certs/openssl_handles.h"

namespace quietus::certs {

namespace {

constexpr std::size_t kNonceSize = 8;

using RequestHandle = Handle<TS_REQ, TS_REQ_free>;
using ReplyHandle = Handle<TS_RESP, TS_RESP_free>;
using ImprintHandle = Handle<TS_MSG_IMPRINT, TS_MSG_IMPRINT_free>;
using AlgorithmHandle = Handle<X509_ALGOR, X509_ALGOR_free>;
using IntegerHandle = Handle<ASN1_INTEGER, ASN1_INTEGER_free>;
using NumberHandle = Handle<BIGNUM, BN_free>;
using VerifyHandle = Handle<TS_VERIFY_CTX, TS_VERIFY_CTX_free>;

inline void free_shallow(STACK_OF(X509) * stack) {
    sk_X509_free(stack);
}
using BorrowedStack = Handle<STACK_OF(X509), free_shallow>;

tl::unexpected<Error> refuse(std::string why) {
    ERR_clear_error();
    return failure(ErrorCode::not_authentic, "time stamp: " + std::move(why));
}

Result<void> done(bool good, const char* what) {
    if (good) return {};
    return failure(ErrorCode::internal,
                   std::string{"time stamp request: "} + what + ": " + openssl_reason());
}

Result<void> set_imprint(TS_REQ* request, std::string_view data) {
    const AlgorithmHandle algorithm{X509_ALGOR_new()};
    const ImprintHandle imprint{TS_MSG_IMPRINT_new()};
    QUIETUS_TRY(done(algorithm && imprint, "memory"));
    X509_ALGOR_set_md(algorithm.get(), EVP_sha256());
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    QUIETUS_TRY(
        done(EVP_Digest(data.data(), data.size(), digest.data(), &size, EVP_sha256(), nullptr) == 1,
             "digest"));
    QUIETUS_TRY(done(TS_MSG_IMPRINT_set_algo(imprint.get(), algorithm.get()) == 1, "algorithm"));
    QUIETUS_TRY(
        done(TS_MSG_IMPRINT_set_msg(imprint.get(), digest.data(), static_cast<int>(size)) == 1,
             "imprint"));
    return done(TS_REQ_set_msg_imprint(request, imprint.get()) == 1, "imprint");
}

Result<void> set_nonce(TS_REQ* request) {
    std::array<unsigned char, kNonceSize> random{};
    QUIETUS_TRY(
        done(RAND_bytes(random.data(), static_cast<int>(random.size())) == 1, "random number"));
    random[0] |= 0x40U;  // of full length, so that its encoding has one size
    const NumberHandle number{BN_bin2bn(random.data(), static_cast<int>(random.size()), nullptr)};
    const IntegerHandle nonce{number ? BN_to_ASN1_INTEGER(number.get(), nullptr) : nullptr};
    return done(nonce && TS_REQ_set_nonce(request, nonce.get()) == 1, "nonce");
}

// Exact DER, granted, and with a token.
Result<ReplyHandle> decode(std::string_view bytes) {
    if (bytes.empty() || bytes.size() > kTimeStampSizeMax)
        return refuse("the file is empty, or too long to be one");
    const BioHandle in = bio_over(bytes);
    ReplyHandle reply{d2i_TS_RESP_bio(in.get(), nullptr)};
    if (!reply) return refuse("not a reply in DER: " + openssl_reason());
    if (encoded<TS_RESP, i2d_TS_RESP>(reply.get()) != bytes)
        return refuse("not exact DER, or bytes beyond its end");
    const long status =
        ASN1_INTEGER_get(TS_STATUS_INFO_get0_status(TS_RESP_get_status_info(reply.get())));
    if (status != TS_STATUS_GRANTED && status != TS_STATUS_GRANTED_WITH_MODS)
        return refuse("the authority refused it (status " + std::to_string(status) + ")");
    if (TS_RESP_get_token(reply.get()) == nullptr || TS_RESP_get_tst_info(reply.get()) == nullptr)
        return refuse("the reply holds no stamp");
    return reply;
}

// The token's own word for its digest is not believed: only SHA-2 of at least 256 bits.
Result<void> check_imprint(TS_RESP* reply, std::string_view data) {
    TS_MSG_IMPRINT* imprint = TS_TST_INFO_get_msg_imprint(TS_RESP_get_tst_info(reply));
    const int algorithm = OBJ_obj2nid(TS_MSG_IMPRINT_get_algo(imprint)->algorithm);
    const EVP_MD* digest = algorithm == NID_sha256   ? EVP_sha256()
                           : algorithm == NID_sha384 ? EVP_sha384()
                           : algorithm == NID_sha512 ? EVP_sha512()
                                                     : nullptr;
    if (digest == nullptr) return refuse("made with a digest other than SHA-256, 384 or 512");
    std::array<unsigned char, EVP_MAX_MD_SIZE> expected{};
    unsigned size = 0;
    if (EVP_Digest(data.data(), data.size(), expected.data(), &size, digest, nullptr) != 1)
        return refuse(openssl_reason());
    const ASN1_OCTET_STRING* stamped = TS_MSG_IMPRINT_get_msg(imprint);
    if (ASN1_STRING_length(stamped) != static_cast<int>(size) ||
        CRYPTO_memcmp(ASN1_STRING_get0_data(stamped), expected.data(), size) != 0)
        return refuse("made for other bytes");
    return {};
}

Result<UtcTime> time_of(const ASN1_TIME* time, const char* what) {
    const auto utc = utc_of(time);
    if (!utc) return refuse(std::string{"its "} + what + " cannot be read");
    return *utc;
}

// Its fraction of a second is left out: earlier by less than a second, never later.
Result<UtcTime> stamped_time(TS_RESP* reply) {
    return time_of(TS_TST_INFO_get_time(TS_RESP_get_tst_info(reply)), "time");
}

Result<X509*> signer_of(TS_RESP* reply) {
    const BorrowedStack signers{PKCS7_get0_signers(TS_RESP_get_token(reply), nullptr, 0)};
    if (!signers || sk_X509_num(signers.get()) != 1)
        return refuse("the certificate of its authority is not inside");
    return sk_X509_value(signers.get(), 0);
}

}  // namespace

Result<std::string> time_stamp_request(std::string_view data) {
    const RequestHandle request{TS_REQ_new()};
    QUIETUS_TRY(done(request && TS_REQ_set_version(request.get(), 1) == 1, "version"));
    QUIETUS_TRY(set_imprint(request.get(), data));
    QUIETUS_TRY(set_nonce(request.get()));
    QUIETUS_TRY(done(TS_REQ_set_cert_req(request.get(), 1) == 1, "wish for certificates"));
    return encoded<TS_REQ, i2d_TS_REQ>(request.get());
}

Result<void> check_time_stamp_reply(std::string_view request, std::string_view reply) {
    const BioHandle in = bio_over(request);
    const RequestHandle asked{d2i_TS_REQ_bio(in.get(), nullptr)};
    if (!asked)
        return failure(ErrorCode::bad_evidence, "not a time stamp request: " + openssl_reason());
    const auto answer = decode(reply);
    if (!answer) return failure(ErrorCode::bad_evidence, answer.error().message);
    const VerifyHandle rules{TS_REQ_to_TS_VERIFY_CTX(asked.get(), nullptr)};
    QUIETUS_CHECK(rules != nullptr);
    // Whom to trust is asked when the stamp is verified.
    TS_VERIFY_CTX_set_flags(rules.get(), TS_VFY_VERSION | TS_VFY_IMPRINT | TS_VFY_NONCE);
    if (TS_RESP_verify_response(rules.get(), answer->get()) == 1) return {};
    return failure(ErrorCode::bad_evidence,
                   "time stamp: not an answer to what was asked: " + openssl_reason());
}

Result<TimeStamp> verify_time_stamp(std::string_view reply, std::string_view data,
                                    std::string_view roots_pem, UtcTime at) {
    const ReplyHandle decoded = QUIETUS_TRY(decode(reply));
    QUIETUS_TRY(check_imprint(decoded.get(), data));
    X509* signer = QUIETUS_TRY(signer_of(decoded.get()));
    CertificateStack roots = certificates_from_pem(roots_pem);
    const bool any = roots && sk_X509_num(roots.get()) > 0;
    if (!roots_pem.empty() && !any)
        return refuse("the file of authorities given holds no certificate in PEM");
    TimeStamp stamp;
    stamp.trusted = any;
    stamp.time = QUIETUS_TRY(stamped_time(decoded.get()));
    stamp.authority = printable_name(X509_get_subject_name(signer));
    stamp.fingerprint = sha256_hex(der_of(signer));
    stamp.authority_expires = QUIETUS_TRY(time_of(X509_get0_notAfter(signer), "last day"));
    const UtcTime begins = QUIETUS_TRY(time_of(X509_get0_notBefore(signer), "first day"));
    if (stamp.time.ms < begins.ms || stamp.time.ms > stamp.authority_expires.ms)
        return refuse("of " + stamp.authority + " names a time when its certificate was not valid");
    if (!any) {
        roots.reset(sk_X509_new_null());
        QUIETUS_CHECK(roots && X509_up_ref(signer) == 1 && sk_X509_push(roots.get(), signer) > 0);
    }
    StoreHandle store = store_of(roots.get(), any ? at : stamp.time);
    const VerifyHandle rules{TS_VERIFY_CTX_new()};
    QUIETUS_CHECK(rules != nullptr);
    TS_VERIFY_CTX_set_flags(rules.get(), TS_VFY_VERSION | TS_VFY_SIGNATURE);
    TS_VERIFY_CTX_set_store(rules.get(), store.release());
    if (TS_RESP_verify_response(rules.get(), decoded.get()) != 1)
        return refuse("of " + stamp.authority + ", valid until " +
                      to_rfc3339(stamp.authority_expires).substr(0, 10) +
                      ", does not hold: " + openssl_reason());
    return stamp;
}

}  // namespace quietus::certs
