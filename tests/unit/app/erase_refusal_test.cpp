// Every way a call of erase ends before the first write: nothing is written, anywhere.

#include <csignal>
#include <fstream>
#include <unistd.h>

#include <gmock/gmock.h>

#include "app/plan_drives.h"
#include "app_fixture.h"
#include "base/file.h"

namespace quietus::app {
namespace {

using test::Did;
using test::Fault;
using testing::HasSubstr;

class Refusal : public EraseTest {
  protected:
    PlanRequest plan_of(std::vector<std::string> devices) const {
        return {.devices = std::move(devices),
                .manifest_file = {},
                .goal = goal,
                .skip_refused = false};
    }
    void expect_nothing_happened() {
        for (std::size_t i = 0; i < host.drives(); ++i) EXPECT_TRUE(host.drive(i).untouched()) << i;
        EXPECT_EQ(evidence_folders(), 0U);
        EXPECT_EQ(owed(), 0U);
        EXPECT_EQ(registered(), 0U);
        for (const DriveResult& one : observer.results) {
            EXPECT_FALSE(one.verdict.has_value());
            EXPECT_EQ(one.media_state, MediaState::untouched);
            EXPECT_TRUE(one.folder.empty());
        }
    }
};

TEST_F(Refusal, AClockBefore2020IsRefusedBeforeAnythingIsMade) {
    add();
    clock.time = UtcTime{kEarliestPlausibleTime.ms - 1};
    EXPECT_EQ(erase(), ExitStatus::config);
    EXPECT_THAT(result().cause, HasSubstr("the clock says 2019-12-31"));
    EXPECT_FALSE(there(settings.state_dir));
    expect_nothing_happened();
}

TEST_F(Refusal, WithoutRootNothingIsLookedAt) {
    add();
    host.edit([](test::Machine& machine) { machine.root = false; });
    EXPECT_EQ(erase(), ExitStatus::refused);
    EXPECT_TRUE(host.drive().diary().empty());
    expect_nothing_happened();
}

TEST_F(Refusal, ADriveNobodyConfirmedIsRefused) {
    add();
    consent.emplace();
    EXPECT_EQ(erase(), ExitStatus::refused);
    EXPECT_EQ(observer.objected.at(0).rule, "not-confirmed");
    EXPECT_THAT(result().next_action, HasSubstr("SERIAL-0001"));
    expect_nothing_happened();
}

TEST_F(Refusal, AConfirmationThatNamesNoDriveOfTheCallIsBadEvidence) {
    add();
    consent.emplace();
    consent->confirmations = {"SERIAL-0001", "SERIAL-9999"};
    EXPECT_EQ(erase(), ExitStatus::bad_evidence);
    EXPECT_THAT(result().cause, HasSubstr("SERIAL-9999"));
    expect_nothing_happened();
}

TEST_F(Refusal, ARuleNobodyKnowsCannotBeAccepted) {
    add();
    consent.emplace();
    consent->confirmations = {"SERIAL-0001"};
    consent->accepted = {"mounted-but-who-cares"};
    EXPECT_EQ(erase(), ExitStatus::usage);
    EXPECT_THAT(result().cause, HasSubstr("mounted-but-who-cares"));
    expect_nothing_happened();
}

TEST_F(Refusal, ARuleThatNoConsentLiftsCannotBeAccepted) {
    add();
    consent.emplace();
    consent->confirmations = {"SERIAL-0001"};
    consent->accepted = {"mounted"};
    EXPECT_EQ(erase(), ExitStatus::usage);
    EXPECT_THAT(result().cause, HasSubstr("--accept mounted"));
    expect_nothing_happened();
}

TEST_F(Refusal, OneMountedDriveOfThreeStopsAllThree) {
    for (unsigned n = 0; n < 3; ++n) add(numbered(n));
    host.mount(host.drive(1), 0, "/srv");
    EXPECT_EQ(erase(), ExitStatus::refused);
    EXPECT_THAT(result(1).cause, HasSubstr("mounted at /srv"));
    EXPECT_THAT(result(1).next_action, HasSubstr("umount /srv"));
    EXPECT_EQ(result(0).cause, "not begun: another drive of the call was refused");
    EXPECT_EQ(result(2).cause, result(0).cause);
    expect_nothing_happened();
}

TEST_F(Refusal, OneDriveThatCannotBeTakenLetsTheOthersGoAsTheyWere) {
    for (unsigned n = 0; n < 4; ++n) {
        auto options = numbered(n);
        options.partitions = {{kMiB, kMiB}};
        if (n == 2) options.faults = {{.fault = Fault::lock_held}};
        add(options);
    }
    EXPECT_EQ(erase(), ExitStatus::busy);
    EXPECT_EQ(result(2).status, ExitStatus::busy);
    for (const std::size_t taken : {0U, 1U, 3U}) {
        EXPECT_EQ(host.drive(taken).count(Did::restore_partition), 1U) << taken;
        EXPECT_EQ(host.drive(taken).count(Did::let_go), 1U) << taken;
    }
    expect_nothing_happened();
}

TEST_F(Refusal, ADriveHeldExclusivelyIsRefused) {
    add({.faults = {{.fault = Fault::exclusive_held}}});
    EXPECT_EQ(erase(), ExitStatus::refused);
    EXPECT_EQ(observer.objected.at(0).rule, "exclusive");
    expect_nothing_happened();
}

TEST_F(Refusal, AMountBetweenPlanAndWriteIsSeen) {
    test::MemoryDrive& drive = add({.partitions = {{kMiB, kMiB}}});
    drive.on_deed = [&](Did what) {
        if (what == Did::exclusive) host.mount(drive, 1, "/srv");
    };
    EXPECT_EQ(erase(), ExitStatus::refused);
    EXPECT_EQ(observer.objected.at(0).rule, "mounted");
    expect_nothing_happened();
}

TEST_F(Refusal, NamesThatAreNoDriveAreUsage) {
    add();
    EXPECT_EQ(erase({"/dev/sda", "/dev/nothing"}), ExitStatus::usage);
    EXPECT_THAT(result(1).cause, HasSubstr("/dev/nothing: no such device"));
    expect_nothing_happened();
}

TEST_F(Refusal, OneDriveNamedTwiceIsRefused) {
    add();
    consent.emplace();
    consent->confirmations = {"SERIAL-0001"};
    EXPECT_EQ(erase({"/dev/sda", "/dev/sda"}), ExitStatus::refused);
    EXPECT_EQ(observer.objected.at(0).rule, "named-twice");
    expect_nothing_happened();
}

TEST_F(Refusal, APurposeThatNeedsPurgeIsNeverQuietlyCleared) {
    add();
    goal.purpose = Purpose::external_reuse;
    EXPECT_EQ(erase(), ExitStatus::unsupported);
    expect_nothing_happened();
}

TEST_F(Refusal, AMemberOfSomethingLargerNeedsItsRuleAccepted) {
    add({.signatures = {{.type = "LVM2_member", .usage = "raid", .label = ""}}});
    EXPECT_EQ(erase(), ExitStatus::refused);
    EXPECT_EQ(observer.objected.at(0).rule, "member-signature");
    expect_nothing_happened();
    consent.emplace();
    consent->confirmations = {"SERIAL-0001"};
    consent->accepted = {"member-signature"};
    EXPECT_EQ(erase(), ExitStatus::ok);
}

TEST_F(Refusal, APlanTokenIsGoodForItsPlansItsHourAndNothingElse) {
    add();
    const Planned planned = plan_drives(host, clock, plan_of({"/dev/sda"}), settings);
    ASSERT_EQ(planned.status, ExitStatus::ok);
    consent.emplace();
    consent->plan_token = planned.token;
    Goal other = goal;
    goal.technique = "zero";
    EXPECT_EQ(erase(), ExitStatus::bad_evidence) << "other steps";
    expect_nothing_happened();
    goal = other;
    clock.time.ms += 61 * 60 * 1000;
    EXPECT_EQ(erase(), ExitStatus::refused) << "an hour later";
    expect_nothing_happened();
    clock.time.ms -= 61 * 60 * 1000;
    consent->plan_token = "yes please";
    EXPECT_EQ(erase(), ExitStatus::usage);
    expect_nothing_happened();
    consent->plan_token = planned.token;
    EXPECT_EQ(erase(), ExitStatus::ok);
}

TEST_F(Refusal, ATokenForOneDriveIsNotOneForTwo) {
    add(numbered(0));
    add(numbered(1));
    consent.emplace();
    consent->plan_token = plan_drives(host, clock, plan_of({"/dev/sda"}), settings).token;
    EXPECT_EQ(erase(), ExitStatus::bad_evidence);
    expect_nothing_happened();
}

TEST_F(Refusal, AStateOrEvidenceFolderThatCannotBeMadeIsConfiguration) {
    add();
    ASSERT_TRUE(write_file_durably(scratch.path() + "/file", "x", 0600).has_value());
    settings.out = scratch.path() + "/file/evidence";
    EXPECT_EQ(erase(), ExitStatus::config);
    expect_nothing_happened();
    settings.out.clear();
    settings.state_dir = scratch.path() + "/file";
    EXPECT_EQ(erase(), ExitStatus::config);
    expect_nothing_happened();
}

TEST_F(Refusal, AJournalThatCannotBeMadeIsConfigurationAndNothingIsWritten) {
    add({.partitions = {{kMiB, kMiB}}});
    observer.on_phase = [&](const std::string&, const std::string&) {
        std::filesystem::remove_all(state("journal"));
        std::ofstream{state("journal")} << "no folder";
    };
    EXPECT_EQ(erase(), ExitStatus::config);
    expect_nothing_happened();
}

TEST_F(Refusal, ARegisterWithoutItsKeyIsConfiguration) {
    add();
    ASSERT_TRUE(make_directories(state("register"), 0700).has_value());
    ASSERT_TRUE(write_file_durably(state("register/register.sqlite"), "", 0600).has_value());
    EXPECT_EQ(erase(), ExitStatus::config);
    expect_nothing_happened();
}

TEST_F(Refusal, AKeyWithoutItsCertificateIsConfiguration) {
    add();
    settings.key_file = scratch.path() + "/key.pem";
    EXPECT_EQ(erase(), ExitStatus::config);
    settings.certificate_file = scratch.path() + "/cert.pem";
    EXPECT_EQ(erase(), ExitStatus::config) << "neither is there";
    expect_nothing_happened();
}

TEST_F(Refusal, AWorkerThatDiesWhileItTakesTheDriveIsAnInternalError) {
    test::MemoryDrive& drive = add();
    drive.on_deed = [](Did what) {
        if (what == Did::exclusive) static_cast<void>(std::raise(SIGKILL));
    };
    EXPECT_EQ(erase(), ExitStatus::internal);
    EXPECT_EQ(observer.objected.at(0).rule, "worker");
    expect_nothing_happened();
}

// True once the process waits in read(2) for its next command.
bool waits_for_a_command(int process) {
    return read_whole_file("/proc/" + std::to_string(process) + "/syscall", 4096)
        .value_or("")
        .starts_with("0 ");
}

TEST_F(Refusal, AWorkerThatDiesAfterItTookItsDriveStopsTheCall) {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root to see what a worker waits for";
    add(numbered(0));
    test::MemoryDrive& other = add(numbered(1));
    other.on_deed = [&](Did what) {
        if (what != Did::exclusive) return;
        const auto first = [&] { return host.drive(0).diary(); };
        while (first().empty() || first().back().what != Did::drop_cache) {
        }
        const int process = first().back().process;
        while (!waits_for_a_command(process)) {
        }
        ::kill(process, SIGKILL);
    };
    EXPECT_EQ(erase(), ExitStatus::internal);
    EXPECT_EQ(result(0).status, ExitStatus::internal);
    expect_nothing_happened();
    EXPECT_TRUE(names(state("journal")).empty());
}

class Interrupted : public Refusal, public testing::WithParamInterface<int> {};

TEST_P(Interrupted, BeforeTheFirstWriteTheDriveIsUntouchedAndThereIsNoRecord) {
    add({.partitions = {{kMiB, kMiB}}});
    observer.on_phase = [&](const std::string&, const std::string& text) {
        if (text == "taking the drive") ::kill(::getpid(), GetParam());
    };
    EXPECT_EQ(erase(), GetParam() == SIGINT ? ExitStatus::interrupted : ExitStatus::terminated);
    EXPECT_EQ(result().cause, "interrupted before the first write");
    expect_nothing_happened();
    EXPECT_TRUE(names(state("journal")).empty());
}

TEST_P(Interrupted, WhileThePlanIsShownNothingIsEvenOpened) {
    add();
    ::kill(::getpid(), GetParam());
    EXPECT_EQ(erase(), GetParam() == SIGINT ? ExitStatus::interrupted : ExitStatus::terminated);
    EXPECT_EQ(host.drive().count(Did::lock), 0U);
    expect_nothing_happened();
}

INSTANTIATE_TEST_SUITE_P(Each, Interrupted, testing::Values(SIGINT, SIGTERM, SIGHUP));

}  // namespace
}  // namespace quietus::app
