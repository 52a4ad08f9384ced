// No byte of an evidence folder can change without being noticed.

#include <array>

#include <gtest/gtest.h>

#include "certs/cms.h"
#include "certs/envelope.h"
#include "unit/certs/evidence_fixture.h"

namespace quietus::certs {
namespace {

using namespace testing;

constexpr std::array kMasks{0x01U, 0x80U, 0xFFU};

// Every `stride`th byte of `name`, changed by each mask in turn; the places where nobody noticed.
std::vector<std::size_t> unnoticed(Folder folder, const std::string& name, const Trust& trust,
                                   ReceiptRule rule, std::size_t stride = 1) {
    std::vector<std::size_t> places;
    std::string& bytes = folder.at(name);
    for (std::size_t at = 0; at < bytes.size(); at += stride) {
        for (const unsigned mask : kMasks) {
            const char was = bytes[at];
            bytes[at] = static_cast<char>(static_cast<unsigned char>(was) ^ mask);
            if (verify_folder(folder, trust, kNow, rule).authentic) places.push_back(at);
            bytes[at] = was;
        }
    }
    return places;
}

// An issued folder as it is on disk; for speed the listed script is a short one.
Folder a_small_folder(Issuer& issuer) {
    Folder folder{{"chain.pem", issuer.key.chain_pem()}, {"verify.sh", "#!/bin/sh\n"}};
    const std::string bytes = record_bytes(an_erased_drive(), issuer.context(), issuer.key,
                                           people_part({}, "nobody"), folder);
    folder[kPeopleName] = "nobody";
    folder["certificate.json"] = bytes;
    folder["certificate.p7s"] = sign_detached(issuer.key, bytes, kNow).value();
    const Json json = parse_json(bytes).value();
    const LeafFacts facts = leaf_of(json, folder, "certificate").value();
    folder["receipt.json"] = issuer.log_register->append(facts).value();
    return folder;
}

class EveryByte : public ::testing::TestWithParam<const char*> {};

TEST_P(EveryByte, IsNoticedWhenChanged) {
    Issuer issuer;
    const Folder folder = a_small_folder(issuer);
    ASSERT_TRUE(verify_folder(folder, issuer.trust(), kNow).authentic);
    EXPECT_EQ(unnoticed(folder, GetParam(), issuer.trust(), ReceiptRule::required),
              std::vector<std::size_t>{});
    EXPECT_TRUE(verify_folder(folder, issuer.trust(), kNow).authentic);
}

INSTANTIATE_TEST_SUITE_P(OfAFolder, EveryByte,
                         ::testing::Values("certificate.json", "certificate.p7s", "chain.pem",
                                           "verify.sh", "receipt.json", "people.json"));

TEST(Tamper, NoticesChangedBytesOfTheScript) {
    Issuer issuer;
    const Folder folder = issuer.folder_for(an_erased_drive());
    EXPECT_EQ(unnoticed(folder, "verify.sh", issuer.trust(), ReceiptRule::required, 61),
              std::vector<std::size_t>{});
}

// The receipt's leaf holds the signature's digest; without it the signature file must still be
// tight.
TEST(Tamper, NoticesEveryChangedByteOfTheSignatureWithoutAReceipt) {
    Issuer issuer;
    Folder folder = issuer.folder_for(an_erased_drive());
    folder.erase("receipt.json");
    for (const Trust& trust : {issuer.trust(), issuer.trust_by_ca()})
        EXPECT_EQ(unnoticed(folder, "certificate.p7s", trust, ReceiptRule::not_yet),
                  std::vector<std::size_t>{});
}

TEST(Tamper, NoticesBytesAddedAndRemoved) {
    Issuer issuer;
    const Folder good = issuer.folder_for(an_erased_drive());
    for (const auto& [name, bytes] : good) {
        for (const std::string& changed :
             {bytes + '\n', bytes + std::string(1, '\0'), bytes.substr(0, bytes.size() - 1),
              bytes.substr(1), std::string{}}) {
            Folder folder = good;
            folder[name] = changed;
            EXPECT_FALSE(verify_folder(folder, issuer.trust(), kNow).authentic) << name;
        }
    }
}

TEST(Tamper, SurvivesEveryTruncationAndGarbage) {
    Issuer issuer;
    const Folder good = issuer.folder_for(a_failed_erasure());
    Folder folder = good;
    const std::string signature = good.at("failure-record.p7s");
    for (std::size_t size = 0; size < signature.size(); size += 7) {
        folder["failure-record.p7s"] = signature.substr(0, size);
        EXPECT_FALSE(verify_folder(folder, issuer.trust(), kNow).authentic);
    }
    folder["failure-record.p7s"] = std::string(300 * 1024, '\x30');
    EXPECT_FALSE(verify_folder(folder, issuer.trust(), kNow).authentic);
    EXPECT_FALSE(verify_folder({}, issuer.trust(), kNow).authentic);
    EXPECT_FALSE(
        verify_folder({{"certificate.json", ""}, {"certificate.p7s", ""}}, issuer.trust(), kNow)
            .authentic);
}

// A valid record for every other value: exactly the (r, n-s) twin of an ECDSA signature holds as
// well.
TEST(Tamper, RefusesTheReceiptOfAnotherSignature) {
    Issuer issuer;
    Folder folder = issuer.folder_for(an_erased_drive());
    const Folder again = issue(an_erased_drive(), issuer.context(), issuer.key).value();
    folder["certificate.json"] = again.at("certificate.json");
    folder["certificate.p7s"] = again.at("certificate.p7s");
    folder[kPeopleName] = again.at(kPeopleName);
    const Report report = verify_folder(folder, issuer.trust(), kNow);
    EXPECT_FALSE(report.authentic);
    EXPECT_NE(why(report).find("another record"), std::string::npos) << why(report);
}

}  // namespace
}  // namespace quietus::certs
