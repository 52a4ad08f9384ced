// What becomes of drives once writing has begun.

#include <chrono>
#include <csignal>
#include <poll.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "app_fixture.h"
#include "base/file.h"
#include "base/json.h"
#include "engine/journal.h"
#include "engine/keystream.h"

namespace quietus::app {
namespace {

using test::Did;
using test::Fault;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

class Outcome : public EraseTest {
  protected:
    engine::JournalContents journal() {
        const auto files = names(state("journal"));
        QUIETUS_CHECK(files.size() == 1);
        return engine::read_journal(state("journal/" + files[0])).value();
    }
    // Exactly one result, its record filed and entered, nothing owed.
    void expect_filed(const DriveResult& one, const std::string& stem) {
        EXPECT_TRUE(there(one.folder + "/" + stem + ".json")) << one.folder;
        EXPECT_TRUE(there(one.folder + "/" + stem + ".p7s"));
        EXPECT_TRUE(there(one.folder + "/receipt.json"));
        EXPECT_EQ(owed(), 0U);
    }
};

TEST_F(Outcome, ADriveIsErasedCertifiedAndRegistered) {
    test::MemoryDrive& drive = add({.size = 3 * kMiB + 512, .partitions = {{kMiB, kMiB}}});
    ASSERT_EQ(erase(), ExitStatus::ok) << result().cause;
    EXPECT_EQ(result().verdict, Verdict::erased);
    EXPECT_EQ(result().media_state, MediaState::complete);
    EXPECT_EQ(result().serial, "SERIAL-0001");
    EXPECT_EQ(drive.written().ranges(), (std::vector<Range>{{0, 3 * kMiB + 512}}));
    expect_filed(result(), "certificate");
    EXPECT_EQ(registered(), 1U);
    EXPECT_EQ(observer.folders, std::vector{result().folder});
    EXPECT_FALSE(drive.has_partition(0));
    EXPECT_EQ(observer.verifications.at(0).outcome, VerificationOutcome::pass);
    EXPECT_TRUE(observer.warnings.empty());
}

TEST_F(Outcome, TheKeyInTheJournalMakesEveryByteAgain) {
    test::MemoryDrive& drive = add();
    ASSERT_EQ(erase(), ExitStatus::ok);
    const auto contents = journal();
    const Json outcome = contents.entries.at(1).at("outcome");
    const Keystream keystream{
        .algorithm = outcome["keystream"]["algorithm"],
        .key = from_hex(outcome["keystream"]["key"].get<std::string>()).value(),
        .nonce = from_hex(outcome["keystream"]["nonce"].get<std::string>()).value()};
    Bytes expected(drive.options().size);
    ASSERT_TRUE(engine::KeystreamGenerator::create(keystream)->fill(0, expected).has_value());
    EXPECT_TRUE(std::equal(expected.begin(), expected.end(), drive.content().begin()));
    std::vector<std::string> events;
    for (const Json& entry : contents.entries) events.push_back(entry["event"]);
    EXPECT_THAT(events, ElementsAre("open", "begin", "end", "begin", "end", "close", "evidence"));
}

// The end of the stream is then read together with the word "finished".
TEST_F(Outcome, AWorkerThatEndsRightAfterItsLastWordIsNoLoss) {
    test::MemoryDrive& drive = add();
    const int supervisor = ::getpid();
    bool waited = false;
    clock.on_monotonic = [&] {
        if (waited || ::getpid() != supervisor || names(state("journal")).empty()) return;
        if (journal().entries.size() < 5) return;
        // Both steps are journalled and the last word of the supervisor is sent: see the worker end
        // before we go on.
        waited = true;
        const std::string stat = "/proc/" + std::to_string(drive.diary().back().process) + "/stat";
        while (read_whole_file(stat, 4096).value_or(") Z").find(") Z") == std::string::npos) {
        }
    };
    EXPECT_EQ(erase(), ExitStatus::ok) << result().cause;
    EXPECT_TRUE(waited);
}

TEST_F(Outcome, TheSupervisorItselfNeverTouchesTheDrive) {
    test::MemoryDrive& drive = add();
    ASSERT_EQ(erase(), ExitStatus::ok);
    for (const test::Deed& deed : drive.diary()) EXPECT_NE(deed.process, ::getpid());
}

TEST_F(Outcome, ABadSectorIsAnExceptionRecordThatNamesIt) {
    add({.faults = {{.fault = Fault::error, .where = {kMiB, 1}}}});
    EXPECT_EQ(erase(), ExitStatus::exceptions);
    EXPECT_EQ(result().verdict, Verdict::exceptions);
    EXPECT_EQ(result().media_state, MediaState::altered);
    EXPECT_THAT(result().cause, HasSubstr("512 bytes in 1 range could not be written"));
    EXPECT_THAT(result().cause, HasSubstr("Input/output error"));
    expect_filed(result(), "exception-record");
    const auto map = read_whole_file(result().folder + "/badmap.mapfile", 4096);
    ASSERT_TRUE(map.has_value());
    EXPECT_THAT(*map, HasSubstr("0x0000000000100000  0x0000000000000200  -"));
    const auto record =
        parse_json(*read_whole_file(result().folder + "/exception-record.json", kMiB)).value();
    EXPECT_EQ(record["sanitization"]["method_achieved"], "none");
    EXPECT_EQ(record["sanitization"]["unwritten"], parse_json("[[2048,1]]").value());
    EXPECT_EQ(record["sanitization"]["never_written"], parse_json("[[2048,1]]").value());
    EXPECT_EQ(record["verification"]["outcome"], "incomplete");
    EXPECT_EQ(registered(), 1U);
}

TEST_F(Outcome, ADriveThatHangsIsUnknownAndTheOthersNeverNotice) {
    auto hangs = numbered(1);
    hangs.faults = {{.fault = Fault::never_completes, .where = {kMiB, 1}}};
    add(numbered(0));
    add(hangs);
    run_limits.request_deadline_s = 1;
    EXPECT_EQ(erase(), ExitStatus::not_erased);
    EXPECT_EQ(result_of("/dev/sda").verdict, Verdict::erased);
    EXPECT_EQ(result_of("/dev/sdb").verdict, Verdict::unknown);
    EXPECT_THAT(result_of("/dev/sdb").cause, HasSubstr("no answer within 1 s"));
    expect_filed(result_of("/dev/sdb"), "failure-record");
}

TEST_F(Outcome, AWorkerThatIsStuckInTheKernelIsFoundByItsSilence) {
    test::MemoryDrive& drive = add();
    // The second flush never returns: no request is in flight, and no word comes.
    drive.on_deed = [&](Did what) {
        if (what == Did::flush) ::pause();
    };
    run_limits.request_deadline_s = 1;
    observer.on_phase = [&](const std::string&, const std::string& text) {
        if (text.starts_with("overwrite"))
            clock.on_monotonic = [this] {
                if (host.drive().count(Did::flush) > 0) clock.ahead = std::chrono::hours{1};
            };
    };
    EXPECT_EQ(erase(), ExitStatus::not_erased);
    EXPECT_EQ(result().verdict, Verdict::unknown);
    EXPECT_THAT(result().cause, HasSubstr("did not answer"));
}

struct FaultRow {
    const char* name;
    test::FaultRule rule;
    Verdict verdict;
    const char* cause;
};

class OutcomeOf : public Outcome, public testing::WithParamInterface<FaultRow> {};

TEST_P(OutcomeOf, IsNeverACertificate) {
    test::MemoryDrive& drive = add({.faults = {GetParam().rule}});
    const bool named = GetParam().verdict == Verdict::exceptions;
    const ExitStatus expected = named ? ExitStatus::exceptions : ExitStatus::not_erased;
    EXPECT_EQ(erase(), expected);
    EXPECT_EQ(result().status, expected);
    EXPECT_EQ(result().verdict, GetParam().verdict);
    EXPECT_THAT(result().cause, HasSubstr(GetParam().cause));
    EXPECT_GE(drive.faults().count(), 1U);
    expect_filed(result(), named ? "exception-record" : "failure-record");
    for (const std::string& file : names(result().folder))
        EXPECT_THAT(file, testing::Not(HasSubstr("certificate")));
}

constexpr std::uint64_t kLast = 4 * kMiB - 1;

INSTANTIATE_TEST_SUITE_P(
    Each, OutcomeOf,
    testing::Values(
        FaultRow{"FirstWriteFails",
                 {.fault = Fault::error, .where = {0, 1}},
                 Verdict::exceptions,
                 "Input/output error"},
        FaultRow{"LastWriteFails",
                 {.fault = Fault::error, .where = {kLast, 1}},
                 Verdict::exceptions,
                 "Input/output error"},
        FaultRow{"NoSpace",
                 {.fault = Fault::error, .where = {kMiB, 1}, .error = ENOSPC},
                 Verdict::exceptions,
                 "No space left"},
        FaultRow{"DriveGone",
                 {.fault = Fault::error, .where = {kMiB, 1}, .error = ENODEV},
                 Verdict::not_erased,
                 "device-gone"},
        FaultRow{"ShortWrite",
                 {.fault = Fault::short_transfer, .where = {kMiB, 1}},
                 Verdict::exceptions,
                 "transferred"},
        FaultRow{"DroppedWrite",
                 {.fault = Fault::dropped_write, .where = {kMiB, 1}},
                 Verdict::not_erased,
                 "read back as something else"},
        FaultRow{"FirstWriteDropped",
                 {.fault = Fault::dropped_write, .where = {0, 1}},
                 Verdict::not_erased,
                 "read back as something else"},
        FaultRow{"StaleRead",
                 {.fault = Fault::stale_read, .on = IoKind::read, .where = {kMiB, 1}},
                 Verdict::not_erased,
                 "read back as something else"},
        FaultRow{"FlippedBit",
                 {.fault = Fault::flipped_bit, .on = IoKind::read, .where = {kLast, 1}},
                 Verdict::not_erased,
                 "512 bytes read back as something else"},
        FaultRow{"Unreadable",
                 {.fault = Fault::error, .on = IoKind::read, .where = {kMiB, 1}},
                 Verdict::exceptions,
                 "could not be read back"},
        FaultRow{"ShortRead",
                 {.fault = Fault::short_transfer, .on = IoKind::read, .where = {kMiB, 1}},
                 Verdict::exceptions,
                 "could not be read back"},
        FaultRow{"FlushFails", {.fault = Fault::flush_error}, Verdict::not_erased, "flush"},
        FaultRow{"WorkerKilledWriting",
                 {.fault = Fault::kill_worker, .where = {kMiB, 1}},
                 Verdict::not_erased,
                 "did not come to its end: the worker process ended unexpectedly"},
        FaultRow{"WorkerKilledAtTheFirstWrite",
                 {.fault = Fault::kill_worker, .where = {0, 1}},
                 Verdict::not_erased,
                 "did not come to its end: the worker process ended unexpectedly"},
        FaultRow{"WorkerKilledReading",
                 {.fault = Fault::kill_worker, .on = IoKind::read, .where = {kMiB, 1}},
                 Verdict::unknown,
                 "did not come to its end: the worker process ended unexpectedly"},
        FaultRow{"AnotherMedium",
                 {.fault = Fault::identity_change, .from = 2},
                 Verdict::unknown,
                 "medium changed"}),
    [](const auto& row) { return std::string{row.param.name}; });

TEST_F(Outcome, AWorkerThatDiesBetweenItsLastStepAndTheIdentityCheckIsUnknown) {
    test::MemoryDrive& drive = add();
    drive.on_deed = [&](Did what) {
        // The second time the descriptor is asked who it is: after the last step.
        if (what == Did::facts && drive.count(Did::write) > 0)
            static_cast<void>(std::raise(SIGKILL));
    };
    EXPECT_EQ(erase(), ExitStatus::not_erased);
    EXPECT_EQ(result().verdict, Verdict::unknown);
    expect_filed(result(), "failure-record");
}

TEST_F(Outcome, WithoutVerificationItIsAnExceptionRecordAndStatus11) {
    add();
    goal.verify = VerifyMode::none;
    EXPECT_EQ(erase(), ExitStatus::exceptions);
    EXPECT_EQ(result().verdict, Verdict::exceptions);
    expect_filed(result(), "exception-record");
    EXPECT_EQ(host.drive().count(Did::read), 0U);
}

TEST_F(Outcome, BytesThatCannotBeAddressedAreAnException) {
    add({.size = 4 * kMiB + 512, .logical_sector = 4096, .physical_sector = 4096});
    EXPECT_EQ(erase(), ExitStatus::exceptions);
    EXPECT_THAT(result().cause, HasSubstr("the last 512 bytes"));
    expect_filed(result(), "exception-record");
}

TEST_F(Outcome, EachTechniqueLeavesItsBytes) {
    add();
    for (const auto& [name, byte] :
         {std::pair{"zero", 0x00}, {"ones", 0xFF}, {"pattern:5a", 0x5A}}) {
        goal.technique = name;
        ASSERT_EQ(erase(), ExitStatus::ok) << result().cause;
        const auto content = host.drive().content();
        EXPECT_TRUE(
            std::all_of(content.begin(), content.end(),
                        [b = static_cast<std::byte>(byte)](std::byte got) { return got == b; }))
            << name;
    }
    EXPECT_EQ(registered(), 3U);
}

class Stopped : public Outcome, public testing::WithParamInterface<int> {};

TEST_P(Stopped, DuringTheWriteItEndsWithinASecondWithARecordOfWhatWasDone) {
    test::MemoryDrive& drive = add({.size = 64 * kMiB});
    // A slow drive: without the signal this pass takes a second.
    drive.on_deed = [](Did what) {
        if (what == Did::write) static_cast<void>(::poll(nullptr, 0, 16));
    };
    std::chrono::nanoseconds told{0};
    observer.on_phase = [&](const std::string&, const std::string& text) {
        if (!text.starts_with("overwrite")) return;
        told = clock.monotonic();
        ::kill(::getpid(), GetParam());
    };
    const ExitStatus expected =
        GetParam() == SIGINT ? ExitStatus::interrupted : ExitStatus::terminated;
    EXPECT_EQ(erase(), expected) << result().cause;
    EXPECT_LT(clock.monotonic() - told, std::chrono::seconds{1});
    EXPECT_EQ(result().status, expected);
    EXPECT_EQ(result().verdict, Verdict::not_erased);
    EXPECT_EQ(result().media_state, MediaState::altered);
    EXPECT_THAT(result().cause, HasSubstr("interrupted"));
    expect_filed(result(), "failure-record");
    EXPECT_LT(drive.written().total(), drive.options().size);
}

INSTANTIATE_TEST_SUITE_P(Each, Stopped, testing::Values(SIGINT, SIGTERM, SIGHUP));

TEST_F(Outcome, ADriveThatHangsIsLeftBehindAfterASignal) {
    add({.faults = {{.fault = Fault::never_completes, .where = {kMiB, 1}}}});
    std::chrono::nanoseconds told{0};
    observer.on_phase = [&](const std::string&, const std::string& text) {
        if (!text.starts_with("overwrite")) return;
        told = clock.monotonic();
        ::kill(::getpid(), SIGTERM);
    };
    EXPECT_EQ(erase(), ExitStatus::terminated);
    EXPECT_LT(clock.monotonic() - told, std::chrono::milliseconds{1500});
    EXPECT_EQ(result().verdict, Verdict::not_erased);
    EXPECT_EQ(result().media_state, MediaState::altered);
    expect_filed(result(), "failure-record");
}

TEST_F(Outcome, FourDrivesEndEachInItsOwnWay) {
    for (unsigned n = 0; n < 4; ++n) {
        auto options = numbered(n);
        if (n == 1) options.faults = {{.fault = Fault::error, .where = {kMiB, 1}, .error = EROFS}};
        if (n == 2) options.faults = {{.fault = Fault::kill_worker, .where = {2 * kMiB, 1}}};
        add(options);
    }
    EXPECT_EQ(erase(), ExitStatus::not_erased);
    EXPECT_EQ(result_of("/dev/sda").verdict, Verdict::erased);
    EXPECT_EQ(result_of("/dev/sdd").verdict, Verdict::erased);
    EXPECT_EQ(result_of("/dev/sdb").verdict, Verdict::not_erased);
    EXPECT_EQ(result_of("/dev/sdc").verdict, Verdict::not_erased);
    EXPECT_EQ(evidence_folders(), 4U);
    EXPECT_EQ(registered(), 4U);
    EXPECT_EQ(owed(), 0U);
    EXPECT_EQ(names(state("journal")).size(), 4U);
}

TEST_F(Outcome, FourGoodDrivesAreStatus0AndHaveFourKeys) {
    for (unsigned n = 0; n < 4; ++n) add(numbered(n));
    EXPECT_EQ(erase(), ExitStatus::ok);
    std::set<Digest> contents;
    for (std::size_t n = 0; n < 4; ++n) contents.insert(host.drive(n).content_digest());
    EXPECT_EQ(contents.size(), 4U);
    EXPECT_EQ(evidence_folders(), 4U);
}

TEST_F(Outcome, JournalsAndFoldersAreForRootAlone) {
    add();
    ASSERT_EQ(erase(), ExitStatus::ok);
    const auto mode = [](const std::string& path) {
        struct stat status {};
        EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
        return status.st_mode & 07777U;
    };
    EXPECT_EQ(mode(state("journal/" + names(state("journal")).at(0))), 0600U);
    for (const char* folder : {"", "journal", "spool", "keys", "register", "run"})
        EXPECT_EQ(mode(state(folder)), 0700U) << folder;
    EXPECT_EQ(mode(state("keys/local.key.pem")), 0600U);
}

}  // namespace
}  // namespace quietus::app
