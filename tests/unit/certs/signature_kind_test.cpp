// Each kind of key that signs: what other programs say of its signatures, that no byte of one can
// change, and that nothing outside the closed list is taken.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "certs/cms.h"
#include "unit/certs/authority.h"

namespace quietus::certs {
namespace {

using namespace testing;
using ::testing::HasSubstr;

struct Kind {
    KeyType type;
    const char* name;
    const char* algorithm;
    const char* made_as;  // what openssl req -newkey takes
};

class EachKind : public ::testing::TestWithParam<Kind> {
  protected:
    EachKind() {
        const NewKey made = make_key(GetParam().type, "quietus test", now, {}).value();
        issuer.key =
            load_signing_key(text_of(made.key_pem.span()), made.certificate_pem, {}).value();
    }
    UtcTime now{SystemClock{}.now()};
    Issuer issuer;
};

TEST_P(EachKind, IsVerifiedByFourOtherPrograms) {
    Authority authority;
    authority.make("ann", "signer", 30, GetParam().made_as);
    const auto put = [&](const char* name, std::string_view bytes) {
        ASSERT_TRUE(write_file_durably(authority.path(name), bytes, 0600).has_value());
    };
    put("p7s", sign_detached(authority.key("ann"), R"({"a":1})", now).value());
    put("json", R"({"a":1})");
    put("other", R"({"a":2})");
    const auto says = [&](const std::string& command) {
        return run("cd " + authority.path("") + " && " + command).status;
    };
    ASSERT_EQ(
        says("mkdir -m 700 gpg nss && echo disable-crl-checks >gpg/gpgsm.conf && "
             "echo \"$(openssl x509 -in ca.pem -noout -fingerprint -sha1 | sed 's/.*=//') S\" "
             ">gpg/trustlist.txt && gpgsm --homedir gpg --batch -q --import ca.pem && "
             "certutil -d sql:nss -N --empty-password && "
             "certutil -d sql:nss -A -n ca -t CT,CT,CT -i ca.pem"),
        0);
    for (const bool good : {true, false}) {
        const std::string content = good ? "json" : "other";
        EXPECT_EQ(
            says("openssl cms -verify -cades -binary -inform DER -in p7s -content " + content +
                 " -CAfile ca.pem -no-CApath -no-CAstore -purpose any -out /dev/null") == 0,
            good);
        EXPECT_EQ(says("certtool --p7-verify --inder --infile p7s --load-data " + content +
                       " --load-ca-certificate ca.pem") == 0,
                  good);
        EXPECT_EQ(says("gpgsm --homedir gpg --batch --verify p7s " + content) == 0, good);
        EXPECT_EQ(says("cmsutil -D -d sql:nss -i p7s -c " + content +
                       " -h 1 | grep -q GoodSignature") == 0,
                  good);
    }
    run("gpgconf --homedir " + authority.path("gpg") + " --kill all");
}

TEST_P(EachKind, LeavesNoByteOfTheSignatureOpen) {
    const std::string signature = sign_detached(issuer.key, "content", now).value();
    const auto signer = verify_detached(signature, "content", issuer.trust(), now);
    ASSERT_TRUE(signer.has_value()) << signer.error().message;
    EXPECT_EQ(signer->algorithm, GetParam().algorithm);
    for (const Trust& trust : {issuer.trust(), issuer.trust_by_ca()}) {
        std::string changed = signature;
        for (std::size_t at = 0; at < changed.size(); ++at) {
            for (const unsigned mask : {0x01U, 0x80U, 0xFFU}) {
                changed[at] = static_cast<char>(static_cast<unsigned char>(signature[at]) ^ mask);
                const auto held = verify_detached(changed, "content", trust, now);
                // The certificate inside is held to chain.pem by verify_folder.
                EXPECT_TRUE(!held || held->certificates != signer->certificates)
                    << "byte " << at << ", mask " << mask;
            }
            changed[at] = signature[at];
        }
    }
}

TEST_P(EachKind, LeavesNoByteOfAFolderOpen) {
    issuer.clock = now;
    const Folder good = issuer.folder_for(an_erased_drive());
    const Report report = verify_folder(good, issuer.trust_by_ca(), now);
    ASSERT_TRUE(report.authentic) << why(report);
    EXPECT_THAT(report_text(report), HasSubstr(GetParam().algorithm));
    Folder folder = good;
    folder.erase("receipt.json");
    std::string& bytes = folder.at("certificate.p7s");
    const std::string original = bytes;
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        bytes[at] = static_cast<char>(original[at] ^ 1);
        EXPECT_FALSE(
            verify_folder(folder, issuer.trust_by_ca(), now, ReceiptRule::not_yet).authentic)
            << at;
        bytes[at] = original[at];
    }
}

TEST_P(EachKind, RequestsACertificateThatTheCaMakes) {
    const Authority authority;
    const NewKey made = make_key(GetParam().type, "x", now, {}).value();
    const std::string pem = text_of(made.key_pem.span());
    const std::string request =
        certificate_request(load_private_key(pem, {}).value(), "Ann Example").value();
    ASSERT_TRUE(write_file_durably(authority.path("r.csr"), request, 0600).has_value());
    ASSERT_EQ(run("cd " + authority.path("") +
                  " && openssl req -verify -noout -in r.csr && openssl x509 -req -in r.csr -CA "
                  "ca.pem -CAkey ca.key -days 5 -out r.pem -extfile ca.cnf -extensions signer")
                  .status,
              0);
    const SigningKey key =
        load_signing_key(pem, authority.read("r.pem") + authority.read("ca.pem"), {}).value();
    EXPECT_EQ(key.subject(), "CN=Ann Example");
    EXPECT_FALSE(key.self_signed());
}

TEST_P(EachKind, IsEncryptedWithItsPassphrase) {
    const auto secret = SecretBytes::copy_of(bytes_of("sesame")).value();
    const NewKey made = make_key(GetParam().type, "x", now, secret).value();
    const std::string pem = text_of(made.key_pem.span());
    EXPECT_TRUE(key_file_needs_passphrase(pem));
    EXPECT_THAT(pem, HasSubstr("BEGIN ENCRYPTED PRIVATE KEY"));
    EXPECT_TRUE(load_signing_key(pem, made.certificate_pem, secret).has_value());
    EXPECT_FALSE(load_private_key(pem, {}).has_value());
    const TemporaryFolder folder;
    ASSERT_TRUE(write_file_durably(folder.path() + "/k", pem, 0600).has_value());
    const std::string parsed = run("openssl asn1parse -in " + folder.path() + "/k").output;
    EXPECT_THAT(parsed, HasSubstr("scrypt"));
    EXPECT_THAT(parsed, HasSubstr("aes-256-cbc"));
    EXPECT_EQ(run("openssl pkey -in " + folder.path() + "/k -passin pass:sesame -noout").status, 0);
}

INSTANTIATE_TEST_SUITE_P(OfKey, EachKind,
                         ::testing::Values(Kind{KeyType::p256, "p256", "ECDSA P-256 with SHA-256",
                                                "ec -pkeyopt ec_paramgen_curve:P-256"},
                                           Kind{KeyType::p384, "p384", "ECDSA P-384 with SHA-384",
                                                "ec -pkeyopt ec_paramgen_curve:P-384"},
                                           Kind{KeyType::rsa3072, "rsa3072",
                                                "RSASSA-PSS with SHA-256", "rsa:3072"}),
                         [](const auto& kind) { return kind.param.name; });

// openssl takes all of these; the closed list has none of them.
class OtherSignatures : public ::testing::Test {
  protected:
    // Why we refuse what `openssl cms -sign` makes with such a key; empty where we take it.
    std::string refusal(const std::string& key, const std::string& arguments) {
        const TemporaryFolder folder;
        const CommandResult made = run(
            "cd " + folder.path() + " && printf content >m && openssl req -x509 -newkey " + key +
            " -nodes -keyout k -out c -subj /CN=x -days 5 -addext "
            "keyUsage=critical,digitalSignature && openssl cms -sign -cades -nosmimecap -binary "
            "-in m -signer c -inkey k -outform DER -out s " +
            arguments);
        QUIETUS_CHECK(made.status == 0);
        const auto read = [&](const char* name) {
            return read_whole_file(folder.path() + "/" + name, kMiB).value();
        };
        const Trust trust{.roots_pem = read("c"), .fingerprint = {}};
        const auto signer = verify_detached(read("s"), "content", trust, SystemClock{}.now());
        return signer ? "" : signer.error().message;
    }
};

TEST_F(OtherSignatures, AreNotTaken) {
    const std::string p256 = "ec -pkeyopt ec_paramgen_curve:P-256";
    const std::string p384 = "ec -pkeyopt ec_paramgen_curve:P-384";
    const std::string p521 = "ec -pkeyopt ec_paramgen_curve:P-521";
    const std::string pss = "-keyopt rsa_padding_mode:pss -keyopt rsa_pss_saltlen:";
    EXPECT_EQ(refusal(p256, "-md sha256"), "");
    EXPECT_EQ(refusal(p384, "-md sha384"), "");
    EXPECT_EQ(refusal("rsa:3072", "-md sha256 " + pss + "32"), "");
    EXPECT_THAT(refusal(p384, "-md sha256"), HasSubstr("does not go with"));
    EXPECT_THAT(refusal(p256, "-md sha384"), HasSubstr("does not go with"));
    EXPECT_THAT(refusal(p521, "-md sha256"), HasSubstr("does not go with"));
    EXPECT_THAT(refusal(p521, "-md sha512"), HasSubstr("one form"));
    EXPECT_THAT(refusal("rsa:3072", "-md sha256"), HasSubstr("one form"));
    EXPECT_THAT(refusal("rsa:3072", "-md sha256 " + pss + "20"), HasSubstr("one form"));
    EXPECT_THAT(refusal("rsa:3072", "-md sha384 " + pss + "48"), HasSubstr("one form"));
    EXPECT_THAT(refusal("rsa:2048", "-md sha256 " + pss + "32"), HasSubstr("does not go with"));
    EXPECT_THAT(refusal("rsa-pss -pkeyopt rsa_keygen_bits:3072", "-md sha256 " + pss + "32"),
                HasSubstr("does not go with"));
}

}  // namespace
}  // namespace quietus::certs
