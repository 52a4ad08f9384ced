#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "certs/cms.h"
#include "certs/envelope.h"
#include "unit/certs/evidence_fixture.h"

namespace quietus::certs {
namespace {

using namespace testing;
using ::testing::HasSubstr;

// What a liar with the right key could sign.
Folder resigned(Folder folder, const std::string& stem, const std::string& bytes,
                const SigningKey& key) {
    folder[stem + ".json"] = bytes;
    folder[stem + ".p7s"] = sign_detached(key, bytes, kNow).value();
    return folder;
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
    const auto at = text.find(what);
    QUIETUS_CHECK(at != std::string::npos);
    return text.replace(at, what.size(), by);
}

TEST(Verify, AcceptsACertificateByFingerprintAndByCa) {
    Issuer issuer;
    const Folder folder = issuer.folder_for(an_erased_drive());
    Trust both = issuer.trust();
    both.roots_pem = issuer.key.certificate_pem();
    for (const Trust& trust : {issuer.trust(), issuer.trust_by_ca(), both}) {
        const Report report = verify_folder(folder, trust, kNow);
        EXPECT_TRUE(report.authentic) << why(report);
        EXPECT_EQ(report.status(), ExitStatus::ok);
        EXPECT_EQ(report.serial, "WD-TEST0001");
        EXPECT_EQ(report.signer_fingerprint, issuer.key.fingerprint_sha256());
    }
}

TEST(Verify, TakesAFingerprintAsOpensslPrintsIt) {
    Issuer issuer;
    std::string colons;
    const std::string plain = issuer.key.fingerprint_sha256();
    for (std::size_t i = 0; i < plain.size(); i += 2) {
        colons += (i == 0 ? "" : ":");
        for (const char c : plain.substr(i, 2)) colons += static_cast<char>(std::toupper(c));
    }
    EXPECT_TRUE(verify_folder(issuer.folder_for(an_erased_drive()),
                              {.roots_pem = {}, .fingerprint = colons}, kNow)
                    .authentic);
}

TEST(Verify, AnswersElevenAndTenForAuthenticRecordsOfOtherEndings) {
    Issuer issuer;
    const Report exceptions =
        verify_folder(issuer.folder_for(a_drive_with_exceptions()), issuer.trust(), kNow);
    EXPECT_EQ(exceptions.status(), ExitStatus::exceptions) << why(exceptions);
    EXPECT_THAT(report_text(exceptions), HasSubstr("not addressable: 100 bytes"));
    const Report failed =
        verify_folder(issuer.folder_for(a_failed_erasure()), issuer.trust(), kNow);
    EXPECT_EQ(failed.status(), ExitStatus::not_erased) << why(failed);
    EXPECT_THAT(report_text(failed), HasSubstr("AUTHENTIC RECORD OF A FAILED ERASURE"));
    EXPECT_THAT(report_text(failed),
                HasSubstr("not written: 4096 bytes, [first sector, count]: [16,8]"));
}

TEST(Verify, BelievesNobodyWithoutACaOrFingerprint) {
    Issuer issuer;
    const Report report = verify_folder(issuer.folder_for(an_erased_drive()), {}, kNow);
    EXPECT_EQ(report.status(), ExitStatus::no);
    EXPECT_THAT(why(report), HasSubstr("--ca FILE or --fingerprint"));
}

TEST(Verify, RefusesAnotherSigner) {
    Issuer issuer;
    Issuer stranger{"stranger"};
    const Folder folder = stranger.folder_for(an_erased_drive());
    EXPECT_THAT(why(verify_folder(folder, issuer.trust(), kNow)),
                HasSubstr("made by another signer"));
    EXPECT_THAT(why(verify_folder(folder, issuer.trust_by_ca(), kNow)),
                HasSubstr("does not lead to"));
}

TEST(Verify, RefusesARecordSignedAgainByAStranger) {
    Issuer issuer;
    Issuer stranger{"quietus test"};  // the same name does not help
    const Folder good = issuer.folder_for(an_erased_drive());
    const Folder folder = resigned(good, "certificate", good.at("certificate.json"), stranger.key);
    EXPECT_FALSE(verify_folder(folder, issuer.trust(), kNow).authentic);
    EXPECT_FALSE(verify_folder(folder, issuer.trust_by_ca(), kNow).authentic);
}

TEST(Verify, SaysThatTheCertificateHasExpired) {
    Issuer issuer;
    const Folder folder = issuer.folder_for(an_erased_drive());
    constexpr std::int64_t kYearMs = 366LL * 24 * 3600 * 1000;
    EXPECT_THAT(why(verify_folder(folder, issuer.trust(), {kNow.ms + 11 * kYearMs})),
                HasSubstr("expired"));
    EXPECT_THAT(why(verify_folder(folder, issuer.trust_by_ca(), {kNow.ms - kYearMs})),
                HasSubstr("not valid yet"));
}

TEST(Verify, RefusesAFailureRecordThatIsCalledACertificate) {
    Issuer issuer;
    Folder folder = issuer.folder_for(a_failed_erasure());
    for (const char* ending : {".json", ".p7s"}) {
        auto file = folder.extract(std::string{"failure-record"} + ending);
        file.key() = std::string{"certificate"} + ending;
        folder.insert(std::move(file));
    }
    EXPECT_THAT(why(verify_folder(folder, issuer.trust(), kNow)), HasSubstr("contradicts itself"));
}

TEST(Verify, RefusesTwoRecordsUnlistedAndMissingFiles) {
    Issuer issuer;
    const Folder good = issuer.folder_for(an_erased_drive());
    Folder extra = good;
    extra["notes.txt"] = "approved";
    EXPECT_THAT(why(verify_folder(extra, issuer.trust(), kNow)),
                HasSubstr("notes.txt is not listed"));
    Folder two = good;
    two["failure-record.json"] = "{}";
    EXPECT_THAT(why(verify_folder(two, issuer.trust(), kNow)), HasSubstr("more than one record"));
    for (const auto& [name, bytes] : good) {
        Folder missing = good;
        missing.erase(name);
        // The personal data alone may be taken out.
        EXPECT_EQ(verify_folder(missing, issuer.trust(), kNow).authentic, name == kPeopleName)
            << name;
    }
}

TEST(Verify, TakesNoOtherPeopleThanTheRecordIsBoundTo) {
    Issuer issuer;
    Folder folder = issuer.folder_for(an_erased_drive());
    folder[kPeopleName] = issuer.folder_for(a_failed_erasure()).at(kPeopleName);
    EXPECT_THAT(why(verify_folder(folder, issuer.trust(), kNow)), HasSubstr("people.json is not"));
}

// Whoever guesses the name must not be able to check the guess against a published record.
TEST(Verify, FindsOtherDigestsForTheSamePeople) {
    Issuer issuer;
    const auto digest = [&] {
        const Folder folder = issuer.folder_for(an_erased_drive());
        return parse_json(folder.at("certificate.json")).value()["people"]["sha256"];
    };
    EXPECT_NE(digest(), digest());
}

TEST(Verify, RefusesFilesAndReceiptsOfAnotherDrive) {
    Issuer issuer;
    EraseRecord other_drive = an_erased_drive();
    other_drive.plan.target.identity.serial =
        SourcedString::of({"WD-TEST0002"}, "sysfs:device/serial");
    const Folder good = issuer.folder_for(an_erased_drive());
    const Folder other = issuer.folder_for(other_drive);
    for (const char* name : {"certificate.json", "certificate.p7s", "receipt.json"}) {
        Folder mixed = good;
        mixed[name] = other.at(name);
        EXPECT_FALSE(verify_folder(mixed, issuer.trust(), kNow).authentic) << name;
    }
}

// The signer is the one asked for, and lies: the record's own words must not carry it.
TEST(Verify, RefusesContradictionsEvenUnderTheRightKey) {
    Issuer issuer;
    const Folder good = issuer.folder_for(an_erased_drive());
    const std::string bytes = good.at("certificate.json");
    const std::vector<std::pair<std::string, std::string>> lies{
        {"\"verdict\":\"erased\"", "\"verdict\":\"exceptions\""},
        {"\"covered_bytes\":1048576", "\"covered_bytes\":512"},
        {"\"total_bytes\":1048576", "\"total_bytes\":512"},
        {"\"identity_confirmed_after\":true", "\"identity_confirmed_after\":false"},
        {"\"unwritten\":[]", "\"unwritten\":[[0,1]]"},
        {"\"outcome\":\"pass\"", "\"outcome\":\"fail\""},
        {"{\"attempts_before\"", "{ \"attempts_before\""},
        {"\"limits\":[", "\"limits\":[\"\","},
        {issuer.key.fingerprint_sha256() + "\",\"prot", std::string(64, '0') + "\",\"prot"},
    };
    for (const auto& [what, by] : lies) {
        Folder lie = resigned(good, "certificate", replaced(bytes, what, by), issuer.key);
        lie.erase("receipt.json");
        const Report report = verify_folder(lie, issuer.trust(), kNow, ReceiptRule::not_yet);
        EXPECT_FALSE(report.authentic) << what;
        EXPECT_GT(report.findings.size(), 2U) << why(report);  // the signature itself is good
    }
}

TEST(Verify, ReportsTheSameInJson) {
    Issuer issuer;
    const Json good =
        report_json(verify_folder(issuer.folder_for(an_erased_drive()), issuer.trust(), kNow));
    EXPECT_EQ(good["authentic"], true);
    EXPECT_EQ(good["exit"], 0);
    EXPECT_EQ(good["type"], "sanitization");
    const Json bad = report_json(not_a_folder("x\x1b"));
    EXPECT_EQ(bad["authentic"], false);
    EXPECT_EQ(bad["exit"], 1);
    EXPECT_FALSE(bad.contains("verdict"));
}

}  // namespace
}  // namespace quietus::certs
