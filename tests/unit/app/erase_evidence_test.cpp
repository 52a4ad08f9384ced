// Evidence that could not be completed, and the same erase again.

#include <csignal>
#include <fstream>

#include <gmock/gmock.h>
#include <sys/resource.h>

#include "app_fixture.h"
#include "base/json.h"

namespace quietus::app {
namespace {

using test::Did;
using test::Fault;
using testing::Contains;
using testing::HasSubstr;

class EvidenceOwed : public EraseTest {
  protected:
    // The folder for evidence turns into a file while the drive is erased.
    void spoil_the_folder_while_erasing() {
        settings.out = scratch.path() + "/evidence";
        observer.on_phase = [this](const std::string&, const std::string& text) {
            if (text != "signing") return;
            std::filesystem::remove_all(settings.out);
            std::ofstream{settings.out} << "no folder";
        };
    }
    void mend() {
        observer.on_phase = {};
        std::filesystem::remove(settings.out);
    }
    std::size_t writes() { return host.drive().count(Did::write); }
};

TEST_F(EvidenceOwed, IsStatus73AndTheSameEraseAgainCompletesItWithoutAWrite) {
    add();
    spoil_the_folder_while_erasing();
    ASSERT_EQ(erase(), ExitStatus::evidence_incomplete);
    EXPECT_EQ(result().verdict, Verdict::erased);
    EXPECT_EQ(result().media_state, MediaState::complete);
    EXPECT_NE(result().next_action, "");
    EXPECT_GT(owed(), 0U);
    const std::size_t written = writes();
    const std::string id = result().id;
    mend();
    ASSERT_EQ(erase(), ExitStatus::ok) << result().cause;
    EXPECT_EQ(writes(), written);
    EXPECT_EQ(result().id, id);
    EXPECT_EQ(result().verdict, Verdict::erased);
    EXPECT_EQ(owed(), 0U);
    EXPECT_EQ(registered(), 1U) << "entered once, although it was tried twice";
    EXPECT_EQ(evidence_folders(), 1U);
}

TEST_F(EvidenceOwed, AsLongAsItCannotBeCompletedTheStatusStays73) {
    add();
    spoil_the_folder_while_erasing();
    ASSERT_EQ(erase(), ExitStatus::evidence_incomplete);
    const std::size_t written = writes();
    // Still not writable: nothing to say about the drive but that its evidence is owed.
    EXPECT_EQ(erase(), ExitStatus::evidence_incomplete);
    EXPECT_EQ(writes(), written);
    // Writable when the call begins, and not when it is needed: the phase comes before the filing.
    std::filesystem::remove(settings.out);
    observer.on_phase = [this](const std::string&, const std::string& text) {
        if (!text.starts_with("completing")) return;
        std::filesystem::remove_all(settings.out);
        std::ofstream{settings.out} << "no folder";
    };
    EXPECT_EQ(erase(), ExitStatus::evidence_incomplete);
    EXPECT_EQ(writes(), written);
    mend();
    EXPECT_EQ(erase(), ExitStatus::ok);
    EXPECT_EQ(writes(), written);
    EXPECT_EQ(registered(), 1U);
}

TEST_F(EvidenceOwed, ADriveThatIsOwedNothingIsNotBegunWhereEvidenceCannotBeKept) {
    add(numbered(0));
    add(numbered(1));
    spoil_the_folder_while_erasing();
    ASSERT_EQ(erase({"/dev/sda"}), ExitStatus::evidence_incomplete);
    observer.on_phase = {};
    EXPECT_EQ(erase({"/dev/sdb"}), ExitStatus::config);
    EXPECT_EQ(host.drive(1).count(Did::write), 0U);
}

TEST_F(EvidenceOwed, ADriveWrittenSinceIsErasedAgain) {
    add();
    spoil_the_folder_while_erasing();
    ASSERT_EQ(erase(), ExitStatus::evidence_incomplete);
    const std::size_t written = writes();
    mend();
    host.drive().scribble(0, host.drive().content()[0] ^ std::byte{1});
    EXPECT_EQ(erase(), ExitStatus::ok) << result().cause;
    EXPECT_EQ(writes(), 2 * written);
    EXPECT_THAT(observer.notes, Contains(HasSubstr("it is erased again")));
    EXPECT_EQ(registered(), 2U) << "what was done before is evidence too";
    EXPECT_EQ(owed(), 0U);
}

TEST_F(EvidenceOwed, AnEraseAskedForDifferentlyIsDoneAgain) {
    add();
    spoil_the_folder_while_erasing();
    ASSERT_EQ(erase(), ExitStatus::evidence_incomplete);
    const std::size_t written = writes();
    mend();
    goal.technique = "zero";
    EXPECT_EQ(erase(), ExitStatus::ok) << result().cause;
    EXPECT_EQ(writes(), 2 * written);
    EXPECT_EQ(evidence_folders(), 2U);
}

TEST_F(EvidenceOwed, TheSamePassesFromAnotherProfileAreAnotherErase) {
    add();
    spoil_the_folder_while_erasing();
    goal.technique = "own";
    goal.profile = find_technique("ones").value();
    goal.profile->name = "own";
    goal.profile->profile_sha256 = std::string(64, 'a');
    ASSERT_EQ(erase(), ExitStatus::evidence_incomplete);
    const std::size_t written = writes();
    mend();
    goal.profile->profile_sha256 = std::string(64, 'b');
    EXPECT_EQ(erase(), ExitStatus::ok) << result().cause;
    EXPECT_EQ(writes(), 2 * written) << "its record would name the file of another profile";
}

// Old data is at stake once the first byte is written: a state folder that takes nothing more does
// not stop the erase, and what was signed is told where it can be kept nowhere.
TEST_F(EvidenceOwed, AHostThatCanKeepNothingMoreErasesAllTheSameAndTellsTheEvidence) {
    add();
    goal.technique = "dod-3";
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
    const auto ignored = std::signal(SIGXFSZ, SIG_IGN);
    observer.on_phase = [&](const std::string&, const std::string& text) {
        if (!text.starts_with("overwrite pass 1")) return;
        const rlimit nothing{.rlim_cur = 1, .rlim_max = before.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &nothing);
    };
    const ExitStatus status = erase();
    ::setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, ignored);
    observer.on_phase = {};
    EXPECT_EQ(status, ExitStatus::evidence_incomplete);
    EXPECT_EQ(result().verdict, Verdict::erased) << result().cause;
    const auto& files = observer.unsaved["/dev/sda"];
    ASSERT_TRUE(files.contains("certificate.json") && files.contains("certificate.p7s"));
    const Json record = parse_json(files.at("certificate.json")).value();
    EXPECT_EQ(record["verdict"], "erased");
    EXPECT_EQ(record["sanitization"]["steps"].size(), 4U);
    EXPECT_FALSE(observer.warnings.empty());
    EXPECT_EQ(evidence_folders(), 0U);
}

TEST_F(EvidenceOwed, AFailureIsFiledAndTheDriveErasedAgain) {
    add({.faults = {{.fault = Fault::error, .where = {kMiB, 1}, .error = EROFS, .times = 1}}});
    spoil_the_folder_while_erasing();
    ASSERT_EQ(erase(), ExitStatus::not_erased);
    EXPECT_GT(owed(), 0U);
    mend();
    EXPECT_EQ(erase(), ExitStatus::ok) << result().cause;
    EXPECT_EQ(registered(), 2U);
    EXPECT_EQ(owed(), 0U);
}

TEST_F(EvidenceOwed, OfTwoDrivesOnlyTheOneWithoutEvidenceIsCompletedAndTheOtherErased) {
    add(numbered(0));
    add(numbered(1));
    spoil_the_folder_while_erasing();
    ASSERT_EQ(erase({"/dev/sda"}), ExitStatus::evidence_incomplete);
    const std::size_t written = writes();
    mend();
    EXPECT_EQ(erase(), ExitStatus::ok);
    EXPECT_EQ(writes(), written);
    EXPECT_GT(host.drive(1).count(Did::write), 0U);
    EXPECT_EQ(registered(), 2U);
}

TEST_F(EvidenceOwed, CompletingItNeedsNoLessConsentThanErasing) {
    add();
    spoil_the_folder_while_erasing();
    ASSERT_EQ(erase(), ExitStatus::evidence_incomplete);
    mend();
    consent.emplace();
    consent->confirmations = {"SERIAL-9999"};
    EXPECT_EQ(erase(), ExitStatus::bad_evidence);
    EXPECT_GT(owed(), 0U);
}

TEST_F(EvidenceOwed, OnceCompleteTheSameEraseAgainErasesAgain) {
    add();
    ASSERT_EQ(erase(), ExitStatus::ok);
    const std::size_t written = writes();
    ASSERT_EQ(erase(), ExitStatus::ok);
    EXPECT_EQ(writes(), 2 * written);
    EXPECT_EQ(registered(), 2U);
}

TEST_F(EvidenceOwed, AJournalThatIsDamagedIsNotTakenForAnErase) {
    add();
    spoil_the_folder_while_erasing();
    ASSERT_EQ(erase(), ExitStatus::evidence_incomplete);
    const std::size_t written = writes();
    mend();
    const std::string journal = state("journal/" + names(state("journal")).at(0));
    std::fstream file{journal, std::ios::in | std::ios::out};
    file.seekp(40);
    file << '#';
    file.close();
    EXPECT_EQ(erase(), ExitStatus::ok);
    EXPECT_EQ(writes(), 2 * written);
}

}  // namespace
}  // namespace quietus::app
