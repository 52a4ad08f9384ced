// What broke off is carried on: by whom it may be, what is done again, and what the record says.

#include <array>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <sys/wait.h>

#include "app_fixture.h"
#include "base/file.h"
#include "base/json.h"
#include "base/unique_fd.h"
#include "engine/journal.h"
#include "engine/keystream.h"

namespace quietus::app {
namespace {

using test::Did;
using test::Fault;
using testing::HasSubstr;

class Resume : public EraseTest {
  protected:
    // Interrupted in its pass after some of it: what came back was flushed.
    void break_off_by_signal() {
        run_limits.max_rate = 8 * kMiB;
        observer.on_progress = [](const Progress& progress) {
            if (progress.writing && progress.done > 0) ::kill(::getpid(), SIGTERM);
        };
        ASSERT_EQ(erase(), ExitStatus::terminated);
        observer.on_progress = {};
        run_limits.max_rate.reset();
    }
    // Everything of ours dies at once, as in a power cut.
    void break_off_by_kill(const std::string& phase) {
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            observer.on_phase = [&](const std::string&, const std::string& text) {
                if (text.starts_with(phase)) static_cast<void>(std::raise(SIGKILL));
            };
            static_cast<void>(erase());
            ::_exit(0);
        }
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        ASSERT_TRUE(WIFSIGNALED(status));
        while (host.drive().count(Did::lock) != host.drive().count(Did::let_go) &&
               !host.drive().untouched() && ::waitpid(-1, nullptr, WNOHANG) > 0) {
        }
    }
    // This host's own key, encrypted, as --key and --cert name it.
    void encrypt_key(const std::string& passphrase) {
        settings.key_file = scratch.path() + "/encrypted.pem";
        settings.certificate_file = state("keys/local.cert.pem");
        const std::string command = "openssl pkcs8 -topk8 -v2 aes-256-cbc -iter 1000 -in " +
                                    state("keys/local.key.pem") + " -passout pass:" + passphrase +
                                    " -out " + settings.key_file;
        ASSERT_EQ(std::system(command.c_str()), 0);  // NOLINT(*-env33-c,*-mt-unsafe): ours
    }
    // The read end of a pipe that says it once.
    UniqueFd pipe_of(const std::string& text) {
        std::array<int, 2> ends{};
        QUIETUS_CHECK(::pipe2(ends.data(), O_CLOEXEC) == 0);
        const UniqueFd in{ends[1]};
        QUIETUS_CHECK(::write(in.get(), text.data(), text.size()) ==
                      static_cast<ssize_t>(text.size()));
        return UniqueFd{ends[0]};
    }
    std::vector<std::string> journals() const { return names(state("journal")); }
    std::string journal(std::size_t i) const { return state("journal/") + journals().at(i); }
    Json record() const {
        return parse_json(*read_whole_file(result().folder + "/certificate.json", kMiB)).value();
    }
    std::size_t bytes_written() {
        std::size_t bytes = 0;
        for (const test::Deed& deed : host.drive().diary())
            bytes += deed.what == Did::write ? deed.length : 0;
        return bytes;
    }
};

TEST_F(Resume, CarriesOnAfterASignalWithoutBeingAskedAgainAndWritesOnlyTheRest) {
    add();
    break_off_by_signal();
    const std::size_t before = bytes_written();
    ASSERT_GT(before, 0U);
    ASSERT_LT(before, 4 * kMiB);
    EXPECT_EQ(resume({"/dev/sda"}), ExitStatus::ok) << result().cause;
    EXPECT_EQ(bytes_written(), 4 * kMiB) << "what was flushed is not written again";
    EXPECT_EQ(registered(), 2U) << "a failure record, and the certificate";
    const Json resumed = record()["sanitization"]["resumed"];
    ASSERT_EQ(resumed.size(), 1U);
    EXPECT_EQ(resumed[0]["kept_bytes"], before);
    EXPECT_THAT(resumed[0]["cause"].get<std::string>(), HasSubstr("interrupted"));
    EXPECT_EQ(record()["verification"]["covered_bytes"], 4 * kMiB);
    EXPECT_EQ(journals().size(), 2U);
    EXPECT_EQ(owed(), 0U);
}

TEST_F(Resume, ReadsThePassphraseOfItsKeyOnce) {
    add();
    break_off_by_signal();
    encrypt_key("sesame");
    const UniqueFd passphrase = pipe_of("sesame\n");
    settings.passphrase_fd = passphrase.get();
    EXPECT_EQ(resume({"/dev/sda"}), ExitStatus::ok);
    EXPECT_THAT(observer.objected, testing::IsEmpty());
    EXPECT_TRUE(there(result().folder + "/certificate.json"));
}

TEST_F(Resume, GoesAsFarAsTheFirstRunWasAllowedToUnlessToldOtherwise) {
    run_limits.min_rate = 1;
    run_limits.deadline_s = 3600;
    run_limits.request_deadline_s = 77;
    run_limits.bad_area_s = 88;
    run_limits.retries = 7;
    run_limits.backward = true;
    add();
    break_off_by_signal();
    said_limits.retries = 2;
    EXPECT_EQ(resume({"/dev/sda"}), ExitStatus::ok) << result().cause;
    const Json limits = record()["sanitization"]["run_limits"];
    EXPECT_EQ(limits["min_rate"], 1);
    EXPECT_EQ(limits["request_deadline_s"], 77);
    EXPECT_EQ(limits["bad_area_s"], 88);
    EXPECT_EQ(limits["retries"], 2) << "as said now";
    EXPECT_EQ(limits["direction"], "backward");
    EXPECT_FALSE(limits["deadline_s"].is_number()) << "of the call that it was said in";
    EXPECT_FALSE(limits["max_rate"].is_number());
}

TEST_F(Resume, RefusesALimitThatDoesNotGoWithThoseOfTheFirstRun) {
    run_limits.min_rate = kMiB;
    add();
    break_off_by_signal();
    const std::size_t before = bytes_written();
    said_limits.max_rate = kMiB;
    EXPECT_EQ(resume({"/dev/sda"}), ExitStatus::usage);
    EXPECT_THAT(result().next_action, HasSubstr("give --min-rate too"));
    EXPECT_EQ(bytes_written(), before);
    said_limits.min_rate = 0;
    said_limits.max_rate = 8 * kMiB;
    EXPECT_EQ(resume({"/dev/sda"}), ExitStatus::ok) << result().cause;
}

TEST_F(Resume, CarriesOnAfterEverythingOfOursWasKilled) {
    for (const std::string phase : {"overwrite", "read back", "signing"}) {
        SCOPED_TRACE(phase);
        if (host.drives() == 0) add();
        break_off_by_kill(phase);
        const std::uint64_t filed = registered();
        EXPECT_EQ(resume({}), ExitStatus::ok);
        ASSERT_EQ(observer.results.size(), 1U);
        EXPECT_EQ(result().verdict, Verdict::erased) << result().cause;
        EXPECT_TRUE(there(result().folder + "/certificate.json"));
        // After "signing" the erase was over: its evidence is completed, and nothing else.
        EXPECT_EQ(registered(), filed + (phase == "signing" ? 1 : 2));
        EXPECT_EQ(owed(), 0U);
        EXPECT_EQ(resume({}), ExitStatus::ok) << "nothing is left to carry on";
        EXPECT_TRUE(observer.results.empty());
        clock.time.ms += 60'000;
    }
}

TEST_F(Resume, SaysWhyTheEvidenceOfAnErasedDriveIsStillNotComplete) {
    add();
    break_off_by_kill("signing");
    ASSERT_TRUE(write_file_durably(scratch.path() + "/file", "", 0600).has_value());
    settings.out = scratch.path() + "/file/out";
    EXPECT_EQ(resume({}), ExitStatus::evidence_incomplete);
    EXPECT_EQ(result().verdict, Verdict::erased);
    EXPECT_THAT(result().cause, HasSubstr("its evidence is not complete"));
}

TEST_F(Resume, ADriveThatCameBackUnderAnotherNameIsRecognised) {
    add();
    break_off_by_signal();
    test::MemoryHost other;
    auto options = host.drive().options();
    options.name = "sdq";
    options.number = {65, 0};
    test::MemoryDrive& same = other.add(options);
    std::copy(host.drive().content().begin(), host.drive().content().end(), same.content().begin());
    EXPECT_EQ(resume({journal(0)}, {}, &other), ExitStatus::ok) << result().cause;
    EXPECT_EQ(result().path, "/dev/sdq");
    EXPECT_LT(same.written().total(), 4 * kMiB);
}

TEST_F(Resume, AnotherDriveInItsPlaceIsRefusedUntouched) {
    add();
    break_off_by_signal();
    for (const bool by_journal : {true, false}) {
        test::MemoryHost other;
        auto options = host.drive().options();
        options.serial = "SERIAL-9999";
        test::MemoryDrive& stranger = other.add(options);
        EXPECT_EQ(resume({by_journal ? journal(0) : "/dev/sda"}, {}, &other),
                  ExitStatus::bad_evidence);
        EXPECT_TRUE(stranger.untouched());
    }
}

// The journal's ranges are hints: a drive that lost what it had flushed is found out.
TEST_F(Resume, WhatTheJournalBelievesAndTheDriveHasLostIsFound) {
    add();
    break_off_by_signal();
    host.drive().scribble(0, std::byte{0x42});
    EXPECT_EQ(resume({"/dev/sda"}), ExitStatus::not_erased);
    EXPECT_THAT(result().cause, HasSubstr("read back as something else"));
    // The next one trusts nothing of that pass.
    EXPECT_EQ(resume({"/dev/sda"}), ExitStatus::ok) << result().cause;
    ASSERT_EQ(record()["sanitization"]["resumed"].size(), 2U);
}

TEST_F(Resume, EveryGuardIsAskedAgain) {
    add();
    break_off_by_signal();
    const std::size_t before = bytes_written();
    auto options = host.drive().options();
    test::MemoryHost other;
    options.read_only = true;
    test::MemoryDrive& drive = other.add(options);
    EXPECT_EQ(resume({journal(0)}, {}, &other), ExitStatus::refused);
    EXPECT_EQ(drive.count(Did::write), 0U);
    EXPECT_EQ(bytes_written(), before);
}

TEST_F(Resume, ARunThatIsStillAliveIsLeftAlone) {
    add();
    break_off_by_kill("overwrite");
    {
        const auto alive = engine::Journal::reopen(journal(0));
        ASSERT_TRUE(alive.has_value());
        EXPECT_EQ(resume({"/dev/sda"}), ExitStatus::busy);
    }
    EXPECT_EQ(resume({"/dev/sda"}), ExitStatus::ok);
}

TEST_F(Resume, ThereMustBeSomethingToCarryOn) {
    add();
    EXPECT_EQ(resume({"/dev/sda"}), ExitStatus::bad_evidence);
    EXPECT_EQ(resume({}), ExitStatus::ok);
    ASSERT_EQ(erase(), ExitStatus::ok);
    EXPECT_EQ(resume({"/dev/sda"}), ExitStatus::bad_evidence);
    EXPECT_EQ(resume({journal(0)}), ExitStatus::usage);
    EXPECT_EQ(resume({state("nothing.jsonl")}), ExitStatus::usage);
}

TEST_F(Resume, ARunThatAnEraseHasOvertakenIsNotCarriedOn) {
    add();
    break_off_by_signal();
    clock.time.ms += 1000;
    ASSERT_EQ(erase(), ExitStatus::ok);
    const std::size_t before = bytes_written();
    EXPECT_EQ(resume({}), ExitStatus::ok);
    EXPECT_TRUE(observer.results.empty());
    EXPECT_EQ(bytes_written(), before);
}

TEST_F(Resume, ATornOrEmptyJournalIsNoObstacleToTheOthers) {
    add();
    break_off_by_kill("overwrite");
    ASSERT_TRUE(write_file_durably(state("journal/0.jsonl"), "", 0600).has_value());
    {
        const auto text = read_whole_file(journal(1), kMiB).value();
        ASSERT_TRUE(write_file_durably(journal(1), text + "{\"event\":\"en", 0600).has_value());
    }
    EXPECT_EQ(resume({}), ExitStatus::ok) << result().cause;
}

}  // namespace
}  // namespace quietus::app
