#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "certs/embedded.h"
#include "certs/rules.h"
#include "certs/schema.h"
#include "unit/certs/evidence_fixture.h"

namespace quietus::certs {
namespace {

using namespace testing;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

Json record_of(const EraseRecord& record) {
    Issuer issuer;
    const Folder folder = issue(record, issuer.context(), issuer.key).value();
    return parse_json(folder.at(stem_of(record.verdict) + ".json")).value();
}

std::size_t count(const std::string& text, const std::string& part) {
    std::size_t found = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
        ++found;
    return found;
}

TEST(Issue, NamesFilesByWhatTheVerdictIs) {
    Issuer issuer;
    EXPECT_TRUE(issuer.folder_for(an_erased_drive()).contains("certificate.p7s"));
    const Folder exceptions = issuer.folder_for(a_drive_with_exceptions());
    EXPECT_TRUE(exceptions.contains("exception-record.json"));
    const Folder failed = issuer.folder_for(a_failed_erasure());
    EXPECT_TRUE(failed.contains("failure-record.json"));
    EXPECT_TRUE(failed.contains("badmap.mapfile"));
    EXPECT_FALSE(failed.contains("certificate.json"));
}

TEST(Issue, WritesOneLineWithoutANewlineAtItsEnd) {
    Issuer issuer;
    const std::string bytes = issuer.folder_for(an_erased_drive()).at("certificate.json");
    EXPECT_EQ(bytes.find('\n'), std::string::npos);
    EXPECT_EQ(canonical_json(parse_json(bytes).value()), bytes);
}

// certs/verify.sh has no JSON parser: it relies on these keys being there once.
TEST(Issue, WritesTheKeysTheScriptReadsOnce) {
    Issuer issuer;
    for (const EraseRecord& record :
         {an_erased_drive(), a_drive_with_exceptions(), a_failed_erasure()}) {
        const std::string bytes = issuer.folder_for(record).at(stem_of(record.verdict) + ".json");
        for (const char* key : {"\"type\":", "\"verdict\":", "\"files\":["})
            EXPECT_EQ(count(bytes, key), 1U) << key;
    }
}

TEST(Issue, PublishesTheKeystreamOfTheLastPass) {
    const Json keystream = record_of(an_erased_drive())["sanitization"]["keystream"];
    EXPECT_EQ(keystream["algorithm"], "AES-256-CTR");
    EXPECT_EQ(keystream["key"], std::string(64, '1'));
    EXPECT_EQ(keystream["nonce"], std::string(16, '2'));
    EXPECT_EQ(keystream["pass"], 1);
}

TEST(Issue, SaysWhyAValueIsMissing) {
    const Json record = record_of(an_erased_drive());
    EXPECT_EQ(record["drive"]["firmware"]["unavailable"], "the kernel shows none");
    EXPECT_EQ(record["host"]["dmi_serial"]["unavailable"], "not root");
    EXPECT_TRUE(record["order"]["ticket"].contains("unavailable"));
    EXPECT_TRUE(record["health"]["before"].contains("unavailable"));
    EXPECT_TRUE(record["evidence"]["time_stamp"].contains("unavailable"));
}

TEST(Issue, ListsRangesInSectors) {
    const Json record = record_of(a_failed_erasure());
    EXPECT_EQ(canonical_json(record["sanitization"]["unwritten"]), "[[16,8]]");
    EXPECT_EQ(record["sanitization"]["unwritten_bytes"], 4096);
    EXPECT_EQ(canonical_json(record["verification"]["unreadable"]), "[[16,8]]");
}

TEST(Issue, WritesTheMapInDdrescuesFormat) {
    Issuer issuer;
    const std::string map = issuer.folder_for(a_failed_erasure()).at("badmap.mapfile");
    EXPECT_THAT(map, HasSubstr("0x0000000000000000  0x0000000000002000  +\n"
                               "0x0000000000002000  0x0000000000001000  -\n"
                               "0x0000000000003000  0x00000000000fd000  +\n"));
}

TEST(Issue, WritesLargeIntegersAsStrings) {
    EraseRecord record = an_erased_drive();
    record.plan.target.identity.disk_sequence = (1ULL << 60U) + 1;
    EXPECT_EQ(record_of(record)["drive"]["disk_sequence"], "1152921504606846977");
}

TEST(Issue, KeepsHostileStringsPrintableAndTheirBytesInHex) {
    EraseRecord record = an_erased_drive();
    record.plan.target.identity.model =
        SourcedString::of({"\x1b[2J\xff\"\\,\"verdict\":\"x\"\xc3"}, "sysfs:device/model");
    record.plan.target.identity.serial =
        SourcedString::of({"A\"],\"files\":[{\"name\":\"x\n"}, "sysfs:device/serial");
    record.order.ticket = "T\x1b]0;x\x07";
    record.host.hostname = "h\xff";
    Issuer issuer;
    const Folder folder = issuer.folder_for(record);
    const std::string& bytes = folder.at("certificate.json");
    EXPECT_TRUE(
        std::all_of(bytes.begin(), bytes.end(), [](char c) { return c >= 0x20 && c < 0x7F; }));
    const Json drive = parse_json(bytes).value()["drive"];
    EXPECT_THAT(drive["model_raw"].get<std::string>(), HasSubstr("1b5b324aff"));
    const Report report = verify_folder(folder, issuer.trust(), kNow);
    EXPECT_TRUE(report.authentic) << why(report);
    EXPECT_EQ(report_text(report).find('\x1b'), std::string::npos);
}

TEST(Issue, StatesTheLimits) {
    EraseRecord record = an_erased_drive();
    record.plan.technique.passes = {ConstantPattern{Bytes(1)}};
    record.plan.target.transport = Transport::loop;
    const auto limits = record_of(record)["limits"].get<std::vector<std::string>>();
    for (const char* part : {"constant pattern", "virtual", "self-signed",
                             "register is kept on the host", "Reallocated", "Hidden areas"})
        EXPECT_THAT(limits, Contains(HasSubstr(part)));
    EXPECT_THAT(record_of(an_erased_drive())["limits"].get<std::vector<std::string>>(),
                Not(Contains(HasSubstr("constant pattern"))));
}

TEST(Issue, RefusesACertificateWhoseLastPassWasNotReadBack) {
    const Json good = record_of(an_erased_drive());
    const std::string signer = good["signing_key"]["fingerprint_sha256"];
    ASSERT_TRUE(check_record_rules(good, "certificate", signer).has_value());
    for (const char* flaw : {"no read-back", "read-back of the proof", "a pass after it"}) {
        Json bad = good;
        Json& steps = bad["sanitization"]["steps"];
        if (flaw[0] == 'n') steps.erase(1);
        if (flaw[0] == 'r') steps[1]["role"] = "prove";
        if (flaw[0] == 'a') steps.push_back(steps[0]);
        EXPECT_EQ(check_record_rules(bad, "certificate", signer).error().code,
                  ErrorCode::not_authentic)
            << flaw;
    }
}

TEST(Issue, SaysWhyNothingWasReadBack) {
    EraseRecord record = a_failed_erasure();
    record.verification.mode = VerifyMode::none;
    const std::string text = record_of(record).dump();
    EXPECT_THAT(text, HasSubstr("the erasure ended before the read-back"));
    EXPECT_THAT(text, Not(HasSubstr("no verification was asked for")));
}

TEST(Issue, RefusesARecordThatContradictsItself) {
    Issuer issuer;
    EraseRecord record = an_erased_drive();
    record.unwritten.add({0, 512});
    const auto folder = issue(record, issuer.context(), issuer.key);
    ASSERT_FALSE(folder.has_value());
}

TEST(Issue, NamesFoldersSafely) {
    EraseRecord record = an_erased_drive();
    record.id = "019aa95c-1111-7222-8333-444444444444";
    EXPECT_EQ(folder_name(record), "WD-TEST0001_20261122T012753Z_019aa95c");
    record.plan.target.identity.serial =
        SourcedString::of({"../../etc/pass wd\n" + std::string(300, 'x')}, "x");
    EXPECT_EQ(folder_name(record).find_first_of("/. \n"), std::string::npos);
    EXPECT_LT(folder_name(record).size(), 80U);
    record.plan.target.identity.serial = SourcedString::none("none");
    EXPECT_EQ(folder_name(record), "no-serial_20261122T012753Z_019aa95c");
}

TEST(Schema, RefusesWhatARecordNeverSays) {
    const Json good = record_of(an_erased_drive());
    ASSERT_TRUE(check_record_schema(good).has_value());
    const auto refused = [&](const char* pointer, Json value) {
        Json changed = good;
        changed[Json::json_pointer(pointer)] = std::move(value);
        return !check_record_schema(changed).has_value();
    };
    EXPECT_TRUE(refused("/verdict", "exceptions"));
    EXPECT_TRUE(refused("/type", "failure-record"));
    EXPECT_TRUE(refused("/type", "validation"));
    EXPECT_TRUE(refused("/unknown", 1));
    EXPECT_TRUE(refused("/drive/model", ""));
    EXPECT_TRUE(refused("/drive/firmware/unavailable", ""));
    EXPECT_TRUE(refused("/issued", "2026-11-22"));
    EXPECT_TRUE(refused("/verification/outcome", "unknown"));
    EXPECT_TRUE(refused("/verification/class", "none"));
    EXPECT_TRUE(refused("/sanitization/method_achieved", "none"));
    EXPECT_TRUE(refused("/sanitization/unwritten", Json::parse("[[0,1]]")));
    EXPECT_TRUE(refused("/sanitization/steps/0/end", "io-error"));
    EXPECT_TRUE(refused("/media_state", "altered"));
    EXPECT_TRUE(refused("/cause", "none"));
    EXPECT_TRUE(refused("/journal/digest", Json{{"unavailable", "x"}}));
}

TEST(Schema, SurvivesLongStringsWhereverAPatternIs) {
    Json record = record_of(an_erased_drive());
    const std::string endless(kMiB / 2, 'a');
    for (const char* pointer :
         {"/id", "/issued", "/journal/digest", "/evidence/files/0/name", "/drive/size_bytes",
          "/drive/model_raw", "/sanitization/keystream/nonce"}) {
        record[Json::json_pointer(pointer)] = endless;
        EXPECT_FALSE(check_record_schema(record).has_value()) << pointer;
    }
}

TEST(Embedded, IsTheFileInTheTreeByteForByte) {
    const std::string source = QUIETUS_SOURCE_DIR;
    EXPECT_EQ(read_whole_file(source + "/certs/verify.sh", kMiB).value(), verify_script());
    EXPECT_EQ(read_whole_file(source + "/certs/schema/record-1.json", kMiB).value(),
              record_schema());
}

}  // namespace
}  // namespace quietus::certs
