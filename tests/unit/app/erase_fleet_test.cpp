// Many drives in one call: manifests, drives left out, turns, deadlines, and stopping one of them.

#include <csignal>
#include <unistd.h>

#include <gmock/gmock.h>
#include <sys/wait.h>

#include "app/plan_drives.h"
#include "app/run_status.h"
#include "app/stop_drive.h"
#include "app_fixture.h"
#include "base/bytes.h"
#include "base/file.h"

namespace quietus::app {
namespace {

using test::Did;
using test::Fault;
using testing::Contains;
using testing::HasSubstr;

class Fleet : public EraseTest {
  protected:
    void add_drives(unsigned count) {
        for (unsigned n = 0; n < count; ++n) add(numbered(n));
    }
    void expect_untouched(std::size_t index) {
        EXPECT_TRUE(host.drive(index).untouched()) << index;
        EXPECT_EQ(result_of(host.drive(index).node()).media_state, MediaState::untouched);
    }
    ExitStatus status_of(const std::string& path) const { return result_of(path).status; }

    void write_manifest(const std::string& text) {
        manifest_file = scratch.path() + "/manifest.csv";
        manifest_text = text;
        ASSERT_TRUE(write_file_durably(manifest_file, text, 0600).has_value());
    }
    Json record_of(const std::string& path) const {
        const std::string file = result_of(path).folder + "/certificate.json";
        return parse_json(read_whole_file(file, 1U << 20U).value()).value();
    }
    Planned plan(std::vector<std::string> devices = {}) {
        return plan_drives(host, clock,
                           {.devices = std::move(devices),
                            .manifest_file = manifest_file,
                            .goal = goal,
                            .skip_refused = skip_refused},
                           settings);
    }

    std::string manifest_text;
};

// -- --skip-refused
// --------------------------------------------------------------------------------------

TEST_F(Fleet, ADriveInUseIsLeftOutAndTheCallIsNoSuccess) {
    add_drives(3);
    host.mount(host.drive(1), 0, "/srv");
    skip_refused = true;
    EXPECT_EQ(erase(), ExitStatus::not_erased);
    EXPECT_EQ(status_of("/dev/sda"), ExitStatus::ok);
    EXPECT_EQ(status_of("/dev/sdb"), ExitStatus::refused);
    EXPECT_EQ(status_of("/dev/sdc"), ExitStatus::ok);
    EXPECT_THAT(result_of("/dev/sdb").cause, HasSubstr("mounted at /srv"));
    EXPECT_EQ(observer.objected.at(0).rule, "mounted");
    expect_untouched(1);
    EXPECT_EQ(registered(), 2U);
    EXPECT_EQ(owed(), 0U);
}

TEST_F(Fleet, ADriveThatCannotBeTakenIsLeftOutToo) {
    for (unsigned n = 0; n < 3; ++n) {
        auto options = numbered(n);
        options.partitions = {{kMiB, kMiB}};
        if (n == 0) options.faults = {{.fault = Fault::lock_held}};
        add(options);
    }
    skip_refused = true;
    EXPECT_EQ(erase(), ExitStatus::not_erased);
    EXPECT_EQ(status_of("/dev/sda"), ExitStatus::busy);
    EXPECT_EQ(status_of("/dev/sdb"), ExitStatus::ok);
    EXPECT_EQ(status_of("/dev/sdc"), ExitStatus::ok);
    expect_untouched(0);
    EXPECT_EQ(owed(), 0U);
    EXPECT_EQ(names(state("journal")).size(), 2U);
}

TEST_F(Fleet, EveryKindOfRefusalIsLeftOutWithItsOwnStatus) {
    add_drives(2);
    add([] {
        auto options = numbered(2);
        options.read_only = true;
        return options;
    }());
    skip_refused = true;
    consent.emplace();
    consent->confirmations = {"SERIAL-0000"};
    EXPECT_EQ(erase({"/dev/sda", "/dev/sdb", "/dev/sdc", "/dev/nothing", "serial:NOBODY"}),
              ExitStatus::not_erased);
    EXPECT_EQ(status_of("/dev/sda"), ExitStatus::ok);
    EXPECT_EQ(status_of("/dev/sdb"), ExitStatus::refused) << "nobody confirmed it";
    EXPECT_EQ(status_of("/dev/sdc"), ExitStatus::refused) << "read-only";
    EXPECT_EQ(status_of("/dev/nothing"), ExitStatus::usage);
    EXPECT_EQ(status_of("serial:NOBODY"), ExitStatus::bad_evidence);
    expect_untouched(1);
    expect_untouched(2);
}

TEST_F(Fleet, WhereEveryDriveIsRefusedNothingIsWrittenAndTheStatusSaysSo) {
    add_drives(2);
    host.mount(host.drive(0), 0, "/srv");
    skip_refused = true;
    EXPECT_EQ(erase({"/dev/sda", "/dev/nothing"}), ExitStatus::usage);
    EXPECT_EQ(evidence_folders(), 0U);
    expect_untouched(0);
}

TEST_F(Fleet, AFaultOfTheCallLeavesOutNobody) {
    add_drives(2);
    skip_refused = true;
    consent.emplace();
    consent->confirmations = {"SERIAL-0000", "SERIAL-0001", "SERIAL-9999"};
    EXPECT_EQ(erase(), ExitStatus::bad_evidence) << "a confirmation of no drive of the call";
    expect_untouched(0);
    expect_untouched(1);
}

TEST_F(Fleet, AConfirmationMayBeOfADriveThatCouldNotBeLookedAt) {
    add_drives(1);
    skip_refused = true;
    consent.emplace();
    consent->confirmations = {"SERIAL-0000", "SERIAL-OF-THE-DEAD-ONE"};
    EXPECT_EQ(erase({"/dev/sda", "/dev/nothing"}), ExitStatus::not_erased);
    EXPECT_EQ(status_of("/dev/sda"), ExitStatus::ok);
    EXPECT_THAT(observer.warnings, Contains(HasSubstr("SERIAL-OF-THE-DEAD-ONE")));
}

TEST_F(Fleet, ATokenIsForTheDrivesThatPlanDidNotLeaveOut) {
    add_drives(3);
    host.mount(host.drive(1), 0, "/srv");
    EXPECT_EQ(plan({"/dev/sda", "/dev/sdb", "/dev/sdc"}).token, "");
    skip_refused = true;
    const Planned planned = plan({"/dev/sda", "/dev/sdb", "/dev/sdc"});
    EXPECT_EQ(planned.status, ExitStatus::refused);
    ASSERT_NE(planned.token, "");
    consent.emplace();
    consent->plan_token = planned.token;
    EXPECT_EQ(erase(), ExitStatus::not_erased);
    EXPECT_EQ(status_of("/dev/sda"), ExitStatus::ok);
    EXPECT_EQ(status_of("/dev/sdb"), ExitStatus::refused);
    EXPECT_EQ(status_of("/dev/sdc"), ExitStatus::ok);
    expect_untouched(1);
}

TEST_F(Fleet, ADriveRefusedOnlySinceThePlanVoidsTheToken) {
    add_drives(2);
    skip_refused = true;
    consent.emplace();
    consent->plan_token = plan({"/dev/sda", "/dev/sdb"}).token;
    host.mount(host.drive(1), 0, "/srv");
    EXPECT_EQ(erase(), ExitStatus::bad_evidence);
    expect_untouched(0);
    expect_untouched(1);
}

// -- --manifest
// ------------------------------------------------------------------------------------------

TEST_F(Fleet, AManifestFindsItsDrivesAndItsWordsAreInTheRecords) {
    add_drives(3);
    write_manifest(
        "serial,asset,ticket,customer,classification,destination,location\n"
        "SERIAL-0000,A-1,T-1,\"Smith, Ltd\",secret,recycler,bay 1\n"
        "SERIAL-0002,A-2,,,,,\n");
    settings.order.ticket = "T-of-the-call";
    consent.emplace();
    consent->plan_token = plan().token;
    ASSERT_EQ(erase(), ExitStatus::ok);
    ASSERT_EQ(observer.results.size(), 2U);
    const Json first = record_of("/dev/sda");
    EXPECT_EQ(first["drive"]["asset_tag"], "A-1");
    EXPECT_EQ(first["drive"]["classification"], "secret");
    EXPECT_EQ(first["drive"]["destination"], "recycler");
    EXPECT_EQ(first["order"]["ticket"], "T-1");
    EXPECT_EQ(first["order"]["customer"], "Smith, Ltd");
    EXPECT_EQ(first["order"]["manifest"]["sha256"], sha256_hex(manifest_text));
    EXPECT_EQ(first["order"]["manifest"]["line"], 2);
    EXPECT_EQ(first["host"]["site"], "bay 1");
    const Json second = record_of("/dev/sdc");
    EXPECT_EQ(second["order"]["ticket"], "T-of-the-call");
    EXPECT_TRUE(second["order"]["customer"].contains("unavailable"));
    EXPECT_TRUE(host.drive(1).untouched()) << "not in the manifest";
}

TEST_F(Fleet, AManifestIsNoConsent) {
    add_drives(1);
    write_manifest("serial\nSERIAL-0000\n");
    consent.emplace();
    EXPECT_EQ(erase(), ExitStatus::refused);
    EXPECT_EQ(observer.objected.at(0).rule, "not-confirmed");
    expect_untouched(0);
}

TEST_F(Fleet, ARowThatFitsNoDriveStopsTheCallOrIsLeftOut) {
    add_drives(1);
    write_manifest("serial\nSERIAL-0000\nGONE\n");
    EXPECT_EQ(erase(), ExitStatus::bad_evidence);
    expect_untouched(0);
    EXPECT_EQ(status_of("serial:GONE"), ExitStatus::bad_evidence);
    skip_refused = true;
    EXPECT_EQ(erase(), ExitStatus::not_erased);
    EXPECT_EQ(status_of("/dev/sda"), ExitStatus::ok);
    EXPECT_EQ(status_of("serial:GONE"), ExitStatus::bad_evidence);
}

TEST_F(Fleet, ADriveUnderALegalHoldIsNotErased) {
    add_drives(2);
    write_manifest("serial,legal_hold\nSERIAL-0000,no\nSERIAL-0001,yes\n");
    EXPECT_EQ(erase(), ExitStatus::refused);
    EXPECT_THAT(result_of("/dev/sdb").cause,
                HasSubstr("line 3 of the manifest: the data are under"));
    expect_untouched(0);
    expect_untouched(1);
    skip_refused = true;
    EXPECT_EQ(erase(), ExitStatus::not_erased);
    EXPECT_EQ(status_of("/dev/sda"), ExitStatus::ok);
    EXPECT_EQ(record_of("/dev/sda")["order"]["legal_hold"], "no");
    expect_untouched(1);
}

TEST_F(Fleet, ADriveThatTheManifestDoesNotNameIsNotTheDriveNamed) {
    add_drives(2);
    write_manifest("serial\nSERIAL-0000\n");
    EXPECT_EQ(erase({"/dev/sda", "/dev/sdb"}), ExitStatus::bad_evidence);
    EXPECT_THAT(result_of("/dev/sdb").cause, HasSubstr("not the drive named"));
    expect_untouched(0);
    expect_untouched(1);
}

TEST_F(Fleet, ARowWhoseSizeDoesNotFitNamesAnotherDrive) {
    add_drives(1);
    write_manifest("path,size\n/dev/sda,5\n");
    EXPECT_EQ(erase(), ExitStatus::bad_evidence);
    EXPECT_THAT(result().cause, HasSubstr("its size is"));
    expect_untouched(0);
    write_manifest("path,size\n/dev/sda," + std::to_string(host.drive().options().size) + "\n");
    EXPECT_EQ(erase(), ExitStatus::ok);
}

TEST_F(Fleet, AManifestThatIsNoneStopsTheCallBeforeAnythingIsLookedAt) {
    add_drives(1);
    write_manifest("serial,colour\nSERIAL-0000,red\n");
    skip_refused = true;
    EXPECT_EQ(erase(), ExitStatus::bad_evidence);
    EXPECT_EQ(erase({"/dev/sda"}), ExitStatus::bad_evidence);
    EXPECT_TRUE(host.drive().diary().empty());
    EXPECT_FALSE(there(settings.state_dir));
}

// -- --parallel, --deadline, stop: runs that last, because they are slow
// ---------------------------------

class Slow : public Fleet {
  protected:
    // 64 s to write sda; any other drive takes a second in all.
    void add_slow_and_quick(unsigned quick, bool with_partitions = true) {
        run_limits.max_rate = 256 * kKiB;
        add([] {
            auto options = numbered(0);
            options.size = 16 * kMiB;
            return options;
        }());
        for (unsigned n = 1; n <= quick; ++n) {
            auto options = numbered(n);
            options.size = 128 * kKiB;
            if (with_partitions) options.partitions = {{4 * kKiB, 4 * kKiB}};
            add(options);
        }
    }
    // Another process, as `quietus stop` is one; it ends with the number of drives it stopped.
    void stop_in_another_process(const std::vector<std::string>& paths) {
        if (stopper_ > 0) return;
        stopper_ = ::fork();
        if (stopper_ != 0) return;
        int stopped = 0;
        for (const std::string& path : paths) {
            const auto answer = stop_drive(host, StateDir{settings.state_dir}, path);
            stopped += answer && answer->running && answer->stopped ? 1 : 0;
        }
        ::_exit(stopped);
    }
    int stopped_by_the_other() const {
        int status = 0;
        ::waitpid(stopper_, &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }
    std::function<void(const Progress&)> once_sda_runs(std::function<void()> act) {
        return [act = std::move(act), done = false](const Progress& progress) mutable {
            if (progress.path != "/dev/sda" || std::exchange(done, true)) return;
            act();
        };
    }

  private:
    pid_t stopper_{0};
};

TEST_F(Slow, OneOfTwoDrivesIsStoppedAndTheOtherGoesOn) {
    add_slow_and_quick(1);
    observer.on_progress = once_sda_runs([&] {
        const auto calls = running_calls(StateDir{settings.state_dir});
        ASSERT_EQ(calls->size(), 1U);
        EXPECT_EQ(calls->at(0).drives.size(), 2U);
        stop_in_another_process({"/dev/sda"});
    });
    EXPECT_EQ(erase(), ExitStatus::interrupted);
    EXPECT_EQ(stopped_by_the_other(), 1);
    EXPECT_EQ(status_of("/dev/sdb"), ExitStatus::ok);
    const DriveResult& stopped = result_of("/dev/sda");
    EXPECT_EQ(stopped.status, ExitStatus::interrupted);
    EXPECT_EQ(stopped.verdict, Verdict::not_erased);
    EXPECT_EQ(stopped.media_state, MediaState::altered);
    EXPECT_THAT(stopped.cause, HasSubstr("interrupted by quietus stop"));
    EXPECT_TRUE(there(stopped.folder + "/failure-record.json"));
    EXPECT_GT(stopped.bytes_written, 0U);
    EXPECT_LT(stopped.bytes_written, 16 * kMiB);
}

TEST_F(Slow, ADriveThatWaitsForItsTurnCanBeStoppedAndIsUntouched) {
    add_slow_and_quick(2);
    parallel = 1;
    observer.on_progress = once_sda_runs([&] {
        stop_in_another_process({"/dev/sdb", "/dev/sda"});
    });
    EXPECT_EQ(erase(), ExitStatus::interrupted);
    EXPECT_EQ(stopped_by_the_other(), 2);
    EXPECT_EQ(status_of("/dev/sda"), ExitStatus::interrupted);
    EXPECT_EQ(status_of("/dev/sdb"), ExitStatus::interrupted);
    EXPECT_THAT(result_of("/dev/sdb").cause, HasSubstr("before its turn came"));
    EXPECT_EQ(status_of("/dev/sdc"), ExitStatus::ok) << "its turn came once sda was stopped";
    expect_untouched(1);
    EXPECT_EQ(host.drive(1).count(Did::restore_partition), 1U);
    EXPECT_EQ(owed(), 0U);
}

TEST_F(Slow, AtTheDeadlineWhatRunsIsInterruptedAndWhatWaitsIsUntouched) {
    add_slow_and_quick(1);
    parallel = 1;
    run_limits.deadline_s = 8 * 3600;
    observer.on_progress = once_sda_runs([&] { clock.ahead = std::chrono::hours{9}; });
    EXPECT_EQ(erase(), ExitStatus::not_erased);
    const DriveResult& late = result_of("/dev/sda");
    EXPECT_EQ(late.status, ExitStatus::not_erased);
    EXPECT_EQ(late.media_state, MediaState::altered);
    EXPECT_THAT(late.cause, HasSubstr("the deadline has passed"));
    EXPECT_TRUE(there(late.folder + "/failure-record.json"));
    EXPECT_EQ(status_of("/dev/sdb"), ExitStatus::busy);
    expect_untouched(1);
    const Json record =
        parse_json(read_whole_file(late.folder + "/failure-record.json", 1U << 20U).value())
            .value();
    EXPECT_EQ(record["sanitization"]["run_limits"]["deadline_s"], 8 * 3600);
    EXPECT_EQ(record["sanitization"]["run_limits"]["max_rate"], 256 * kKiB);
    EXPECT_EQ(owed(), 0U);
}

TEST_F(Slow, ADeadlineBeforeTheFirstWriteLeavesEverythingAsItWas) {
    add_slow_and_quick(1);
    run_limits.deadline_s = 3600;
    observer.on_phase = [&](const std::string&, const std::string&) {
        clock.ahead = std::chrono::hours{2};
    };
    EXPECT_EQ(erase(), ExitStatus::busy);
    expect_untouched(0);
    expect_untouched(1);
    EXPECT_EQ(evidence_folders(), 0U);
    EXPECT_TRUE(names(state("journal")).empty());
}

TEST_F(Slow, ASignalEndsWhatRunsAndWhatWaits) {
    add_slow_and_quick(1);
    parallel = 1;
    observer.on_progress = once_sda_runs([] { ::kill(::getpid(), SIGTERM); });
    EXPECT_EQ(erase(), ExitStatus::terminated);
    EXPECT_EQ(status_of("/dev/sda"), ExitStatus::terminated);
    EXPECT_EQ(status_of("/dev/sdb"), ExitStatus::terminated);
    EXPECT_EQ(result_of("/dev/sda").media_state, MediaState::altered);
    expect_untouched(1);
    EXPECT_EQ(owed(), 0U);
}

TEST_F(Slow, AWorkerThatDiesWhileItWaitsIsAnInternalErrorOfItsDriveAlone) {
    add_slow_and_quick(2, /*with_partitions=*/false);  // nobody would put them back
    parallel = 1;
    observer.on_progress = once_sda_runs([&] {
        const int waiting = host.drive(1).diary().back().process;
        ::kill(waiting, SIGKILL);
        stop_in_another_process({"/dev/sda"});
    });
    EXPECT_EQ(erase(), ExitStatus::internal);
    EXPECT_EQ(status_of("/dev/sdb"), ExitStatus::internal);
    EXPECT_EQ(status_of("/dev/sdc"), ExitStatus::ok);
    EXPECT_TRUE(host.drive(1).written().empty());
    EXPECT_EQ(stopped_by_the_other(), 1);
}

TEST_F(Fleet, AllAreTakenBeforeTheFirstIsWrittenAndOnlyAsManyRunAsMay) {
    add_drives(5);
    parallel = 2;
    std::size_t begun = 0;
    std::size_t most = 0;
    observer.on_phase = [&](const std::string&, const std::string& text) {
        if (!text.starts_with("overwrite")) return;
        if (begun++ == 0) {
            for (std::size_t i = 0; i < host.drives(); ++i)
                EXPECT_EQ(host.drive(i).count(Did::exclusive), 1U) << i;
        }
        most = std::max(most, begun - observer.results.size());
    };
    EXPECT_EQ(erase(), ExitStatus::ok);
    EXPECT_EQ(begun, 5U);
    EXPECT_EQ(most, 2U);
}

TEST_F(Fleet, NothingIsStoppedWhereNothingRuns) {
    add_drives(1);
    const auto answer = stop_drive(host, StateDir{settings.state_dir}, "/dev/sda");
    ASSERT_TRUE(answer.has_value());
    EXPECT_FALSE(answer->running);
    EXPECT_EQ(stop_drive(host, StateDir{settings.state_dir}, "/dev/nothing").error().code,
              ErrorCode::usage);
}

}  // namespace
}  // namespace quietus::app
