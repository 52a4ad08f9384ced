// Two people, one record: what may stand beside the first signature, and what may not.

#include "certs/further_signature.h"

#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "certs/folder_io.h"
#include "unit/certs/authority.h"

namespace quietus::certs {
namespace {

using namespace testing;
using ::testing::HasSubstr;

class Further : public ::testing::Test {
  protected:
    Further() {
        authority.make("ann", "signer", 30);
        authority.make("ben", "signer", 30);
        now = SystemClock{}.now();  // not before anything the authority made
        issuer.clock = now;
        issuer.key = authority.key("ann");
        folder = issuer.folder_for(an_erased_drive());
    }
    std::string signature_of(const SigningKey& key, Inside inside = Inside::whole_path) const {
        return sign_detached(key, folder.at("certificate.json"), now, inside).value();
    }
    Trust by_ca() const { return {.roots_pem = authority.read("ca.pem"), .fingerprint = {}}; }
    Report judged(const Trust& trust) const {
        return verify_folder(folder, trust, SystemClock{}.now());
    }

    Authority authority;
    UtcTime now{SystemClock{}.now()};
    Issuer issuer;
    Folder folder;
};

TEST_F(Further, IsListedInTheReport) {
    folder["certificate.2.p7s"] = signature_of(authority.key("ben"));
    const Report report = judged(by_ca());
    ASSERT_TRUE(report.authentic) << why(report);
    ASSERT_EQ(report.also_signed_by.size(), 1U);
    EXPECT_EQ(report.also_signed_by[0].subject, "CN=ben");
    EXPECT_TRUE(report.also_signed_by[0].trusted);
    EXPECT_THAT(report_text(report), HasSubstr("also signed by: CN=ben"));
    EXPECT_EQ(report_json(report)["also_signed_by"][0]["subject"], "CN=ben");
}

TEST_F(Further, IsNotReliedOnWhereOnlyTheFirstSignerWasNamed) {
    folder["certificate.2.p7s"] = signature_of(Issuer{"stranger"}.key);
    const Report pinned = judged(issuer.trust());
    ASSERT_TRUE(pinned.authentic) << why(pinned);
    EXPECT_FALSE(pinned.also_signed_by.at(0).trusted);
    EXPECT_THAT(report_text(pinned), HasSubstr("not relied on"));
    EXPECT_FALSE(judged(by_ca()).authentic);
}

TEST_F(Further, LeavesNoByteOfItOpen) {
    const std::string good = signature_of(authority.key("ben"));
    folder["certificate.2.p7s"] = good;
    for (const Trust& trust : {by_ca(), issuer.trust()}) {
        ASSERT_TRUE(judged(trust).authentic);
        std::string& bytes = folder.at("certificate.2.p7s");
        for (std::size_t at = 0; at < bytes.size(); ++at) {
            // Each mask at every byte is what signature_kind_test does, without a folder.
            const unsigned mask = std::array{0x01U, 0x80U, 0xFFU}[at % 3];
            bytes[at] = static_cast<char>(static_cast<unsigned char>(good[at]) ^ mask);
            EXPECT_FALSE(judged(trust).authentic) << "byte " << at << ", mask " << mask;
            bytes[at] = good[at];
        }
    }
}

TEST_F(Further, IsRefusedWhereItIsNoOtherPersonsOverThisRecord) {
    const auto refused = [&](const std::string& name, const std::string& bytes,
                             const std::string& words) {
        folder[name] = bytes;
        const Report report = judged(by_ca());
        EXPECT_FALSE(report.authentic) << name;
        EXPECT_THAT(why(report), HasSubstr(words));
        folder.erase(name);
    };
    const SigningKey ben = authority.key("ben");
    refused("certificate.2.p7s", signature_of(authority.key("ann")), "has signed already");
    refused("certificate.2.p7s", folder.at("certificate.p7s"), "has signed already");
    refused("certificate.2.p7s", sign_detached(ben, "other", now).value(), "does not hold");
    refused("certificate.2.p7s", signature_of(ben, Inside::intermediates), "not one whole path");
    refused("certificate.2.p7s", "", "no bytes");
    refused("certificate.3.p7s", signature_of(ben), "is missing");
    refused("certificate.1.p7s", signature_of(ben), "not listed");
    refused("certificate.02.p7s", signature_of(ben), "not listed");
    refused("certificate.17.p7s", signature_of(ben), "not listed");
    refused("failure-record.2.p7s", signature_of(ben), "not listed");
    folder["certificate.2.p7s"] = signature_of(ben);
    refused("certificate.3.p7s", signature_of(ben), "has signed already");
    EXPECT_TRUE(judged(by_ca()).authentic);
}

TEST_F(Further, IsRefusedWhereItsSignerWasRevoked) {
    folder["certificate.2.p7s"] = signature_of(authority.key("ben"));
    authority.make_crl();
    Trust trust = by_ca();
    trust.crls_pem = authority.read("crl.pem");
    EXPECT_TRUE(judged(trust).authentic) << why(judged(trust));
    authority.revoke("ben", "keyCompromise");
    trust.crls_pem = authority.read("crl.pem");
    EXPECT_FALSE(judged(trust).authentic);
    EXPECT_THAT(why(judged(trust)), HasSubstr("certificate.2.p7s"));
}

TEST_F(Further, IsCheckedByTheScriptToo) {
    const TemporaryFolder temporary;
    const auto script = [&](const char* name, const std::string& trust) {
        const std::string path = write_folder(temporary.path(), name, folder).value();
        return run("sh " + std::string{QUIETUS_SOURCE_DIR} + "/certs/verify.sh " + path + trust);
    };
    const std::string ca = " --ca " + authority.path("ca.pem");
    const std::string pinned = " --fingerprint " + issuer.key.fingerprint_sha256();
    const std::string good = signature_of(authority.key("ben"));
    folder["certificate.2.p7s"] = good;
    const CommandResult both = script("both", ca);
    EXPECT_EQ(both.status, 0) << both.output;
    EXPECT_THAT(both.output, HasSubstr("also signed by: subject=CN = ben"));
    EXPECT_THAT(script("pinned", pinned).output, HasSubstr("not relied on"));
    folder["certificate.2.p7s"][good.size() - 5] = static_cast<char>(good[good.size() - 5] ^ 1);
    EXPECT_EQ(script("changed", ca).status, 1);
    EXPECT_EQ(script("changed-pinned", pinned).status, 1);
    folder["certificate.2.p7s"] = folder.at("certificate.p7s");
    EXPECT_THAT(script("same", ca).output, HasSubstr("has signed already"));
    folder["certificate.2.p7s"] = signature_of(Issuer{"stranger"}.key);
    EXPECT_EQ(script("stranger", ca).status, 1);
    folder["certificate.3.p7s"] = folder.extract("certificate.2.p7s").mapped();
    EXPECT_EQ(script("gap", ca).status, 1);
}

}  // namespace
}  // namespace quietus::certs
