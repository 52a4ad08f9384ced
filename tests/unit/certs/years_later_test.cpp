// Ten years later: signer, authority and revocation lists have aged. Also what a stamp must be to
// count at all.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/file.h"
#include "certs/renewal.h"
#include "certs/time_stamp.h"
#include "unit/certs/authority.h"

namespace quietus::certs {
namespace {

using namespace testing;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::int64_t kDay = 24LL * 3600 * 1000;

class YearsLater : public ::testing::Test {
  protected:
    YearsLater() {
        authority_.make("signer", "signer", 365);
        authority_.make("tsa", "tsa", 5 * 365);
        issuer_.key = authority_.key("signer");
        issuer_.clock = SystemClock{}.now();
    }
    UtcTime in_days(std::int64_t days) const { return {issuer_.clock.ms + days * kDay}; }
    Trust trust() const {
        return {.roots_pem = authority_.read("ca.pem"),
                .fingerprint = {},
                .tsa_roots_pem = authority_.read("ca.pem"),
                .crls_pem = {}};
    }
    // As on disk: stamped before it is registered.
    Folder stamped(bool with_stamp = true) {
        const EraseRecord record = an_erased_drive();
        Folder folder = issue(record, issuer_.context(), issuer_.key).value();
        if (with_stamp)
            folder["certificate.tsr"] = authority_.stamp("tsa", folder.at("certificate.p7s"));
        return issuer_.registered(folder, "certificate");
    }
    void renew(Folder& folder, const std::string& tsa) {
        const std::size_t number = renewals_in(folder) + 1;
        const std::string list = renewal_list(folder, number);
        folder[renewal_list_name(number)] = list;
        folder[renewal_stamp_name(number)] = authority_.stamp(tsa, list);
    }
    std::string refused(const Folder& folder, UtcTime now, const Trust& trust) {
        const Report report = verify_folder(folder, trust, now);
        return report.authentic ? "authentic" : why(report);
    }

    Authority authority_;
    Issuer issuer_;
};

TEST_F(YearsLater, AnExpiredSignerNeedsAStamp) {
    const Folder bare = stamped(false);
    EXPECT_EQ(refused(bare, in_days(300), trust()), "authentic");
    EXPECT_THAT(refused(bare, in_days(400), trust()), HasSubstr("no time stamp shows"));
    const Folder folder = stamped();
    EXPECT_EQ(refused(folder, in_days(400), trust()), "authentic");
    EXPECT_EQ(verify_folder(folder, trust(), in_days(400)).stamped_at.substr(0, 10),
              to_rfc3339(issuer_.clock).substr(0, 10));
}

TEST_F(YearsLater, AStampOfNobodyTrustedGivesNoTime) {
    const Folder folder = stamped();
    Trust nobody = trust();
    nobody.tsa_roots_pem.clear();
    EXPECT_EQ(refused(folder, in_days(300), nobody), "authentic");
    EXPECT_THAT(refused(folder, in_days(400), nobody), HasSubstr("expired"));
    nobody.tsa_roots_pem = Issuer{"foreign"}.key.certificate_pem();
    EXPECT_THAT(refused(folder, in_days(300), nobody), HasSubstr("time stamp"));
}

TEST_F(YearsLater, AnExpiredAuthorityNeedsARenewal) {
    authority_.make("tsa2", "tsa", 12 * 365);
    Folder folder = stamped();
    EXPECT_THAT(refused(folder, in_days(10 * 365), trust()), HasSubstr("a renewal made while"));
    renew(folder, "tsa2");
    EXPECT_EQ(refused(folder, in_days(10 * 365), trust()), "authentic");
    EXPECT_THAT(refused(folder, in_days(13 * 365), trust()), HasSubstr("renewal 1"));
    authority_.make("tsa3", "tsa", 18 * 365);
    renew(folder, "tsa3");
    EXPECT_EQ(refused(folder, in_days(13 * 365), trust()), "authentic");
}

TEST_F(YearsLater, ARenewalCoversEveryFileAsItWas) {
    Folder folder = stamped();
    renew(folder, "tsa");
    renew(folder, "tsa");
    EXPECT_EQ(refused(folder, in_days(1), trust()), "authentic");
    for (const std::string name : {"renewal-1.txt", "renewal-1.tsr", "renewal-2.txt",
                                   "renewal-2.tsr", "certificate.tsr", "receipt.json"}) {
        Folder missing = folder;
        missing.erase(name);
        EXPECT_NE(refused(missing, in_days(1), trust()), "authentic") << name;
        Folder changed = folder;
        changed[name].back() = static_cast<char>(changed[name].back() ^ 1);
        EXPECT_NE(refused(changed, in_days(1), trust()), "authentic") << name;
    }
    // The people may still be taken out.
    folder.erase("people.json");
    EXPECT_EQ(refused(folder, in_days(1), trust()), "authentic");
}

// sha512sum and openssl alone, as docs/formats/evidence.md has it.
TEST_F(YearsLater, OthersCheckStampAndRenewal) {
    Folder folder = stamped();
    renew(folder, "tsa");
    const TemporaryFolder out;
    for (const auto& [name, bytes] : folder)
        ASSERT_TRUE(write_file_durably(out.path() + "/" + name, bytes, 0600).has_value());
    const CommandResult result =
        run("cd " + out.path() + " && sha512sum -c --quiet renewal-1.txt && " +
            "openssl ts -verify -data renewal-1.txt -in renewal-1.tsr -CAfile " +
            authority_.path("ca.pem") +
            " && openssl ts -verify -data certificate.p7s -in certificate.tsr -CAfile " +
            authority_.path("ca.pem"));
    EXPECT_EQ(result.status, 0) << result.output;
}

TEST_F(YearsLater, EveryByteOfAStampCounts) {
    Folder folder = stamped();
    for (const bool trusted : {true, false}) {
        Trust whom = trust();
        if (!trusted) whom.tsa_roots_pem.clear();
        std::string& bytes = folder.at("certificate.tsr");
        std::vector<std::size_t> unnoticed;
        for (std::size_t at = 0; at < bytes.size(); at += 3) {
            bytes[at] = static_cast<char>(bytes[at] ^ 1);
            if (verify_folder(folder, whom, in_days(1)).authentic) unnoticed.push_back(at);
            bytes[at] = static_cast<char>(bytes[at] ^ 1);
        }
        EXPECT_EQ(unnoticed, std::vector<std::size_t>{}) << trusted;
    }
}

TEST_F(YearsLater, AStampOfOtherBytesIsRefused) {
    Folder folder = stamped();
    folder["certificate.tsr"] = authority_.stamp("tsa", "other bytes");
    EXPECT_THAT(refused(folder, in_days(1), trust()), HasSubstr("other bytes"));
    folder["certificate.tsr"] += '\0';
    EXPECT_NE(refused(folder, in_days(1), trust()), "authentic");
}

// A signer's certificate is none for time stamping.
TEST_F(YearsLater, OnlyAnAuthorityForTimeStampsMayStamp) {
    Folder folder = issue(an_erased_drive(), issuer_.context(), issuer_.key).value();
    const std::string request = time_stamp_request(folder.at("certificate.p7s")).value();
    EXPECT_FALSE(check_time_stamp_reply(request, "").has_value());
    EXPECT_FALSE(check_time_stamp_reply(request, authority_.stamp("tsa", "other")).has_value());
    // Another request for the same bytes has another nonce: an old answer is no answer.
    const std::string old = authority_.stamp("tsa", folder.at("certificate.p7s"));
    EXPECT_FALSE(check_time_stamp_reply(request, old).has_value());
}

TEST_F(YearsLater, APromisedStampMustBeThere) {
    IssueContext context = issuer_.context();
    context.time_stamp_authority = "https://tsa.example/";
    const Folder folder =
        issuer_.registered(issue(an_erased_drive(), context, issuer_.key), "certificate");
    EXPECT_THAT(refused(folder, in_days(1), trust()), HasSubstr("promises one"));
    // Nor does the record say of itself that it has none.
    EXPECT_THAT(folder.at("certificate.json"), Not(HasSubstr("No time stamp")));
    EXPECT_THAT(stamped(false).at("certificate.json"), HasSubstr("No time stamp"));
}

TEST_F(YearsLater, ARevokedSignerCountsOnlyBeforeAndOnlyWithAStamp) {
    const Folder bare = stamped(false);
    const Folder folder = stamped();
    authority_.make_crl();
    Trust with_list = trust();
    with_list.crls_pem = authority_.read("crl.pem");
    EXPECT_EQ(refused(bare, in_days(1), with_list), "authentic");
    authority_.revoke("signer", "superseded");
    with_list.crls_pem = authority_.read("crl.pem");
    EXPECT_THAT(refused(bare, in_days(1), with_list), HasSubstr("was revoked"));
    EXPECT_THAT(refused(bare, in_days(60), with_list), HasSubstr("out of date"));
}

TEST_F(YearsLater, ACompromisedKeyNeverCounts) {
    const Folder folder = stamped();
    authority_.revoke("signer", "keyCompromise");
    Trust with_list = trust();
    with_list.crls_pem = authority_.read("crl.pem");
    EXPECT_THAT(refused(folder, in_days(1), with_list), HasSubstr("in other hands"));
}

TEST_F(YearsLater, AListOfAnotherCaIsNone) {
    Authority other;
    other.make_crl();
    const Folder folder = stamped();
    Trust with_list = trust();
    with_list.crls_pem = other.read("crl.pem");  // same name, another key
    EXPECT_THAT(refused(folder, in_days(1), with_list), HasSubstr("none of the CRLs"));
    with_list.crls_pem = "no list\n";
    EXPECT_THAT(refused(folder, in_days(1), with_list), HasSubstr("holds no CRL"));
}

TEST_F(YearsLater, AnOldListStillTellsOfAStampedTimeBeforeIt) {
    const Folder folder = stamped();
    authority_.make_crl(in_days(100), in_days(130));
    Trust with_list = trust();
    with_list.crls_pem = authority_.read("crl.pem");
    EXPECT_EQ(refused(folder, in_days(400), with_list), "authentic");
    // One made before it does not.
    authority_.make_crl(in_days(-2), in_days(-1));
    with_list.crls_pem = authority_.read("crl.pem");
    EXPECT_THAT(refused(folder, in_days(400), with_list), HasSubstr("out of date"));
}

}  // namespace
}  // namespace quietus::certs
