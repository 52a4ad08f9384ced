#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "certs/cms.h"
#include "unit/certs/evidence_fixture.h"

namespace quietus::certs {
namespace {

using namespace testing;
using ::testing::HasSubstr;

SecretBytes secret(std::string_view text) {
    return SecretBytes::copy_of(bytes_of(text)).value();
}

// A key as openssl(1) makes them.
std::string made_by_openssl(const std::string& arguments) {
    const TemporaryFolder folder;
    const CommandResult made = run("openssl " + arguments + " -out " + folder.path() + "/key.pem");
    QUIETUS_CHECK(made.status == 0);
    return read_whole_file(folder.path() + "/key.pem", kMiB).value();
}

Error refusal(std::string_view key, std::string_view certificate, const SecretBytes& passphrase) {
    auto loaded = load_signing_key(key, certificate, passphrase);
    return loaded ? Error{} : loaded.error();
}

TEST(SigningKey, MakesALocalKeyThatLoadsAndSigns) {
    ASSERT_TRUE(start_secure_memory().has_value());
    ASSERT_TRUE(start_secure_memory().has_value());
    const NewKey made = make_local_key("quietus on bench-7", kNow).value();
    const SigningKey key =
        load_signing_key(text_of(made.key_pem.span()), made.certificate_pem, {}).value();
    EXPECT_TRUE(key.self_signed());
    EXPECT_EQ(key.subject(), "CN=quietus on bench-7");
    EXPECT_EQ(key.fingerprint_sha256().size(), 64U);
    EXPECT_EQ(key.chain_pem(), made.certificate_pem);
    const std::string signature = sign_detached(key, "bytes", kNow).value();
    const Trust trust{.roots_pem = {}, .fingerprint = key.fingerprint_sha256()};
    EXPECT_TRUE(verify_detached(signature, "bytes", trust, kNow).has_value());
    EXPECT_FALSE(verify_detached(signature, "bytes\n", trust, kNow).has_value());
}

TEST(SigningKey, KnowsBeforehandWhetherItsSignatureWillHold) {
    const Issuer issuer;
    constexpr std::int64_t kYearMs = 366LL * 24 * 3600 * 1000;
    EXPECT_TRUE(issuer.key.valid_at(kNow).has_value());
    EXPECT_THAT(issuer.key.valid_at({kNow.ms + 11 * kYearMs}).error().message,
                HasSubstr("expired"));
    EXPECT_THAT(issuer.key.valid_at({kNow.ms - kYearMs}).error().message,
                HasSubstr("not valid yet"));
}

TEST(SigningKey, GivesTheLocalCertificateNoMoreThanItNeeds) {
    const NewKey made = make_local_key("x", kNow).value();
    const TemporaryFolder folder;
    ASSERT_TRUE(
        create_file_durably(folder.path() + "/c.pem", made.certificate_pem, 0600).has_value());
    const CommandResult shown = run("openssl x509 -in " + folder.path() + "/c.pem -noout -text");
    EXPECT_THAT(shown.output,
                HasSubstr("X509v3 Basic Constraints: critical\n                CA:FALSE"));
    EXPECT_THAT(
        shown.output,
        HasSubstr(
            "X509v3 Key Usage: critical\n                Digital Signature, Non Repudiation\n"));
    EXPECT_EQ(shown.output.find("Extended Key Usage"), std::string::npos);
    EXPECT_THAT(shown.output, HasSubstr("Not Before: Nov 22 01:23:03 2026 GMT"));
    EXPECT_THAT(shown.output, HasSubstr("Not After : Nov 22 01:28:03 2036 GMT"));
}

TEST(SigningKey, OpensAnEncryptedKeyWithItsPassphraseOnly) {
    const TemporaryFolder folder;
    const NewKey made = make_local_key("x", kNow).value();
    ASSERT_TRUE(create_file_durably(folder.path() + "/k.pem", text_of(made.key_pem.span()), 0600)
                    .has_value());
    ASSERT_EQ(run("openssl pkcs8 -topk8 -v2 aes-256-cbc -iter 1000 -in " + folder.path() +
                  "/k.pem -passout pass:sesame -out " + folder.path() + "/e.pem")
                  .status,
              0);
    const std::string encrypted = read_whole_file(folder.path() + "/e.pem", kMiB).value();
    EXPECT_TRUE(load_signing_key(encrypted, made.certificate_pem, secret("sesame")).has_value());
    EXPECT_THAT(refusal(encrypted, made.certificate_pem, secret("wrong")).message,
                HasSubstr("wrong passphrase"));
    const Error none = refusal(encrypted, made.certificate_pem, {});
    EXPECT_THAT(none.message, HasSubstr("no passphrase was given"));
    EXPECT_EQ(none.code, ErrorCode::config);
    EXPECT_THAT(none.hint, HasSubstr("--passphrase-fd"));
    EXPECT_THAT(refusal(encrypted, made.certificate_pem, secret(std::string(5000, 'x'))).message,
                HasSubstr("wrong passphrase"));
}

TEST(SigningKey, RefusesWhatIsNoKeyOrNotTheRightOne) {
    const NewKey made = make_local_key("x", kNow).value();
    const NewKey other = make_local_key("x", kNow).value();
    const std::string key = text_of(made.key_pem.span());
    EXPECT_THAT(refusal("", made.certificate_pem, {}).message, HasSubstr("holds no bytes"));
    EXPECT_THAT(refusal("-----BEGIN nonsense", made.certificate_pem, {}).message,
                HasSubstr("not a private key"));
    EXPECT_THAT(refusal(key, "", {}).message, HasSubstr("no certificate"));
    EXPECT_THAT(refusal(key, other.certificate_pem, {}).message, HasSubstr("does not belong"));
    EXPECT_THAT(refusal(key, made.certificate_pem + other.certificate_pem, {}).message,
                HasSubstr("did not issue"));
}

TEST(SigningKey, RefusesKeysOfOtherKinds) {
    const NewKey made = make_local_key("x", kNow).value();
    for (const char* arguments :
         {"genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048",
          "genpkey -quiet -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:3072",
          "genpkey -algorithm ED25519", "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-521",
          "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:secp256k1"}) {
        const Error error = refusal(made_by_openssl(arguments), made.certificate_pem, {});
        EXPECT_EQ(error.code, ErrorCode::config);
        EXPECT_THAT(error.message, HasSubstr("unsuitable signing key")) << arguments;
        EXPECT_THAT(error.hint, HasSubstr("P-256"));
    }
}

}  // namespace
}  // namespace quietus::certs
