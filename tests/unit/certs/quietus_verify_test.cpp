// The auditor's program, as it is called.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "certs/folder_io.h"
#include "unit/certs/evidence_fixture.h"

namespace quietus::certs {
namespace {

using namespace testing;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class QuietusVerify : public ::testing::Test {
  protected:
    CommandResult call(const std::string& arguments) {
        return run(std::string{QUIETUS_VERIFY} + " " + arguments);
    }
    std::string write(const std::string& name, const EraseRecord& record) {
        return write_folder(temporary.path(), name, issuer.folder_for(record)).value();
    }
    std::string pinned() const { return " --fingerprint " + issuer.key.fingerprint_sha256(); }

    TemporaryFolder temporary;
    Issuer issuer;
};

TEST_F(QuietusVerify, AnswersByExitStatus) {
    const std::string good = write("good", an_erased_drive());
    const std::string failed = write("failed", a_failed_erasure());
    EXPECT_EQ(call("certificate verify " + good + pinned()).status, 0);
    EXPECT_EQ(call(good + pinned()).status, 0);
    EXPECT_EQ(call(write("exceptions", a_drive_with_exceptions()) + pinned()).status, 11);
    EXPECT_EQ(call(failed + pinned()).status, 10);
    EXPECT_EQ(call(failed + pinned() + " --authenticity-only").status, 0);
    EXPECT_EQ(call(good + " --fingerprint " + std::string(64, '0')).status, 1);
    EXPECT_EQ(call(good + " --fingerprint " + std::string(64, '0') + " --authenticity-only").status,
              1);
}

TEST_F(QuietusVerify, ReadsTheCaFromAFileOfTheAuditors) {
    const std::string good = write("good", an_erased_drive());
    ASSERT_TRUE(
        create_file_durably(temporary.path() + "/ca.pem", issuer.key.certificate_pem(), 0600)
            .has_value());
    EXPECT_EQ(call(good + " --ca " + temporary.path() + "/ca.pem").status, 0);
    ASSERT_TRUE(create_file_durably(temporary.path() + "/empty.pem", "", 0600).has_value());
    EXPECT_EQ(call(good + " --ca " + temporary.path() + "/empty.pem").status, 64);
    EXPECT_EQ(call(good + " --ca /nowhere").status, 64);
}

TEST_F(QuietusVerify, PrintsOneLineOfJsonAndNothingElse) {
    const CommandResult result = call(write("good", an_erased_drive()) + pinned() + " --json");
    const auto json = parse_json(result.output.substr(0, result.output.size() - 1));
    ASSERT_TRUE(json.has_value()) << result.output;
    EXPECT_EQ((*json)["exit"], 0);
}

TEST_F(QuietusVerify, CallsAWrongCallWrong) {
    const std::string good = write("good", an_erased_drive());
    for (const std::string& arguments :
         {std::string{}, good, good + " --nonsense", std::string{"/nowhere"} + pinned(),
          good + pinned() + " more"}) {
        const CommandResult result = call(arguments);
        EXPECT_EQ(result.status, 64) << arguments;
        EXPECT_THAT(result.output, StartsWith("quietus-verify: error: ")) << arguments;
        EXPECT_THAT(result.output, HasSubstr("\nquietus-verify: hint: ")) << arguments;
    }
    EXPECT_EQ(call("--help").status, 0);
    EXPECT_THAT(call("--version").output, StartsWith("quietus-verify "));
}

TEST_F(QuietusVerify, FailsWhereItsAnswerCannotBeWritten) {
    const std::string good = write("good", an_erased_drive());
    EXPECT_EQ(run(std::string{QUIETUS_VERIFY} + " " + good + pinned() + " >/dev/full").status, 74);
}

}  // namespace
}  // namespace quietus::certs
