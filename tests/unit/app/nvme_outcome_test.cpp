// Drives that erase themselves, honest and lying ones: what a call ends with, what is left, and the
// table of docs/drives.md.

#include <algorithm>
#include <csignal>
#include <map>
#include <set>
#include <unistd.h>

#include <gmock/gmock.h>

#include "app/verify_drive.h"
#include "app_fixture.h"
#include "discovery/discovery.h"
#include "guard/guard.h"
#include "support/golden.h"

namespace quietus::app {
namespace {

using test::nvme::personalities;
using test::nvme::Personality;
using testing::HasSubstr;

// A table of two hundred erasures takes minutes with sanitizers: there each drive has one.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define QUIETUS_TEST_IS_SLOW
#endif
#endif
#ifdef QUIETUS_TEST_IS_SLOW
constexpr bool kWholeTable = false;
#else
constexpr bool kWholeTable = true;
#endif

constexpr std::array kTechniques{"nvme-sanitize-crypto-block", "nvme-sanitize-block",
                                 "nvme-sanitize-overwrite", "nvme-sanitize-crypto"};

// Drives that keep data which no host can ask for: documented as what a read-back cannot show.
const std::set<std::string> kUndetectable{"unmaps-only"};
// That lie, or do not do what they say, or stop on the way.
const std::set<std::string> kNeverErased{"lying",
                                         "half-erasing",
                                         "wrong-echo",
                                         "log-unchanged",
                                         "stalling",
                                         "failing",
                                         "failing-restricted",
                                         "failing-unrestricted",
                                         "forgetful",
                                         "vanishing",
                                         "another-drive",
                                         "log-says-success-already",
                                         "block-sid",
                                         "block-sid-format",
                                         "pmr-enabled",
                                         "firmware-pending",
                                         "lockdown",
                                         "no-sanitize",
                                         "no-erase",
                                         "format-failing",
                                         "format-ignores-ses",
                                         "format-only-user-data",
                                         "format-everything",
                                         "format-attached-only"};

class NvmeOutcome : public EraseTest {
  protected:
    NvmeOutcome() {
        run_limits.request_deadline_s = 1;
        // A worker's time goes faster than ours: a drive that stands still is given up soon.
        const int own = ::getpid();
        clock.on_monotonic = [this, own] {
            if (::getpid() != own) clock.ahead += std::chrono::milliseconds{50};
        };
    }

    test::MemoryDrive& add_nvme(Personality personality, test::NvmeSide side = {}) {
        test::MemoryDriveOptions options;
        options.name = "nvme0n1";
        options.number = {259, 0};
        options.serial = personality.serial;
        personality.sanitize_takes =
            std::min(personality.sanitize_takes, std::chrono::milliseconds{400});
        side.personality = std::move(personality);
        options.nvme = side;
        return add(std::move(options));
    }
    static Personality named(std::string_view name) {
        const auto found = test::nvme::personality(name);
        QUIETUS_CHECK(found.has_value());
        return *found;
    }
    static Bytes bytes_of_drive(const test::MemoryDrive& drive) {
        const auto all = drive.content();
        return {all.begin(), all.end()};
    }
    // Is any piece of it as it was before anything was done?
    static bool keeps_old_bytes(const test::MemoryDrive& drive, const Bytes& before) {
        constexpr std::size_t kPiece = 512;
        const auto now = drive.content().first(drive.content().size() /
                                               drive.options().nvme->personality.capacity_factor);
        for (std::size_t at = 0; at < now.size(); at += kPiece) {
            const auto piece = now.subspan(at, kPiece);
            if (std::equal(piece.begin(), piece.end(),
                           before.begin() + static_cast<std::ptrdiff_t>(at)))
                return true;
        }
        return false;
    }
};

TEST_F(NvmeOutcome, AnHonestDriveIsPurgedByDefaultAndNothingOldIsLeft) {
    test::MemoryDrive& drive = add_nvme({});
    const Bytes before = bytes_of_drive(drive);
    const ExitStatus status = erase();
    EXPECT_EQ(status, ExitStatus::ok) << result().cause;
    expect_consistent(status);
    ASSERT_EQ(observer.plans.size(), 1U);
    EXPECT_EQ(observer.plans[0].technique.name, "nvme-sanitize-crypto-block");
    EXPECT_EQ(observer.plans[0].level, Level::purge);
    EXPECT_FALSE(keeps_old_bytes(drive, before));
    EXPECT_EQ(drive.model()->count(0x84), 2U) << "crypto erase, then block erase";
}

TEST_F(NvmeOutcome, WhatNeedsPurgeIsSanitizedAndWhatIsAskedToBeClearIsOverwritten) {
    add_nvme({});
    goal.purpose = Purpose::manufacturer;
    goal.purpose_is_default = false;
    EXPECT_EQ(erase(), ExitStatus::ok);
    EXPECT_EQ(observer.plans.back().level, Level::purge);
}

TEST_F(NvmeOutcome, ALevelOfClearOverwritesAndSendsTheDriveNothing) {
    test::MemoryDrive& drive = add_nvme({});
    goal.level = Level::clear;
    EXPECT_EQ(erase(), ExitStatus::ok);
    EXPECT_EQ(observer.plans.back().technique.name, "random");
    EXPECT_EQ(drive.model()->count(0x84), 0U);
}

TEST_F(NvmeOutcome, ADriveWithoutSanitizeIsNotSaidToBePurged) {
    test::MemoryDrive& drive = add_nvme(named("no-sanitize"));
    goal.purpose = Purpose::manufacturer;
    goal.purpose_is_default = false;
    EXPECT_EQ(erase(), ExitStatus::unsupported);
    EXPECT_TRUE(drive.untouched());
}

TEST_F(NvmeOutcome, AlsoOverwriteLeavesTheKeystreamThatTheRecordPublishes) {
    test::MemoryDrive& drive = add_nvme({});
    goal.technique = "nvme-sanitize-block";
    goal.technique_is_default = false;
    goal.also_overwrite = true;
    const Bytes before = bytes_of_drive(drive);
    EXPECT_EQ(erase(), ExitStatus::ok) << result().cause;
    EXPECT_FALSE(keeps_old_bytes(drive, before));
    EXPECT_GT(std::count_if(drive.content().begin(), drive.content().end(),
                            [](std::byte b) { return b != std::byte{0}; }),
              static_cast<std::ptrdiff_t>(drive.content().size() / 2));
}

TEST_F(NvmeOutcome, ReadingBackAgainSaysThatTheRecordPublishesNothingToCompareWith) {
    test::MemoryDrive& drive = add_nvme({});
    ASSERT_EQ(erase(), ExitStatus::ok) << result().cause;
    const auto verify = [&](const std::string& folder, const std::string& technique) {
        return verify_drive(host, clock, observer, *signals,
                            {.device = drive.node(),
                             .certificate_folder = folder,
                             .technique = technique,
                             .trust = {},
                             .settings = settings});
    };
    const auto by_record = verify(result().folder, {});
    ASSERT_FALSE(by_record.has_value());
    EXPECT_EQ(by_record.error().code, ErrorCode::unsupported);
    EXPECT_THAT(by_record.error().message, HasSubstr("publishes no bytes to compare with"));
    const auto by_name = verify({}, "nvme-sanitize-block");
    ASSERT_FALSE(by_name.has_value());
    EXPECT_EQ(by_name.error().code, ErrorCode::usage);
    const auto as_zeros = verify({}, "zero");
    ASSERT_TRUE(as_zeros.has_value()) << as_zeros.error().message;
    EXPECT_TRUE(as_zeros->all_match());
}

TEST_F(NvmeOutcome, OtherNamespacesInUseAreNotErasedAlongTheWay) {
    test::MemoryDrive& drive = add_nvme({}, {.shown_namespaces = 1});
    EXPECT_EQ(erase(), ExitStatus::refused);
    ASSERT_FALSE(observer.objected.empty());
    EXPECT_EQ(observer.objected.front().rule, "nvme-namespaces");
    EXPECT_EQ(drive.model()->count(0x84), 0U);
    EXPECT_TRUE(drive.untouched());
}

TEST_F(NvmeOutcome, HiddenNamespacesTakeConsent) {
    test::MemoryDrive& drive = add_nvme({}, {.hidden_namespaces = 1});
    EXPECT_EQ(erase(), ExitStatus::refused);
    EXPECT_EQ(observer.objected.front().rule, "nvme-hidden-namespaces");
    EXPECT_TRUE(drive.untouched());
    consent.emplace();
    consent->confirmations = {drive.options().serial};
    consent->accepted = {"nvme-hidden-namespaces"};
    EXPECT_EQ(erase(), ExitStatus::ok) << result().cause;
}

TEST_F(NvmeOutcome, ANamespaceThatIsAttachedWhileTheMarkersAreWrittenStopsTheCommand) {
    test::MemoryDrive& drive = add_nvme({}, {.hidden_namespaces = 1});
    consent.emplace();
    consent->confirmations = {drive.options().serial};
    consent->accepted = {"nvme-hidden-namespaces"};
    observer.on_phase = [&](const std::string&, const std::string& text) {
        if (text.find("erase itself") == std::string::npos) return;
        // Namespace Attachment (15h) of namespace 2 to controller 1.
        std::array<std::byte, 64> attach{};
        attach[0] = std::byte{0x15};
        attach[4] = std::byte{2};
        std::array<std::byte, 4096> list{};
        list[0] = list[2] = std::byte{1};
        EXPECT_EQ(drive.model()->run(0, attach, list).status, 0);
    };
    EXPECT_EQ(erase(), ExitStatus::not_erased);
    EXPECT_THAT(result().cause, HasSubstr("changed since they were approved"));
    EXPECT_EQ(drive.model()->count(0x84), 0U);
}

TEST_F(NvmeOutcome, ASanitizeThatSomebodyElseBeganIsWaitedForAndNotTakenForOurs) {
    test::MemoryDrive& drive = add_nvme({});
    std::array<std::byte, 64> sanitize{};
    sanitize[0] = std::byte{0x84};
    sanitize[40] = std::byte{2};
    ASSERT_EQ(drive.model()->run(0, sanitize, {}).status, 0);
    goal.technique = "nvme-sanitize-block";
    goal.technique_is_default = false;
    EXPECT_EQ(erase(), ExitStatus::ok) << result().cause;
    EXPECT_EQ(drive.model()->count(0x84), 2U) << "theirs, and ours after the markers";
}

TEST_F(NvmeOutcome, ADriveThatIsErasingItselfIsNotOverwritten) {
    test::MemoryDrive& drive = add_nvme({});
    std::array<std::byte, 64> sanitize{};
    sanitize[0] = std::byte{0x84};
    sanitize[40] = std::byte{2};
    drive.model()->personality.sanitize_takes = std::chrono::seconds{3600};
    drive.model()->personality.sanitize_does = test::nvme::Erasure::nothing;
    ASSERT_EQ(drive.model()->run(0, sanitize, {}).status, 0);
    goal.level = Level::clear;
    EXPECT_EQ(erase(), ExitStatus::busy);
    ASSERT_FALSE(observer.objected.empty());
    EXPECT_EQ(observer.objected.front().rule, "nvme-sanitizing");
    EXPECT_EQ(drive.count(test::Did::write), 0U);
}

TEST_F(NvmeOutcome, ADriveThatIsStoppedGoesOnByItselfAndResumeTakesItUp) {
    test::MemoryDrive& drive = add_nvme({});
    drive.model()->personality.sanitize_takes = std::chrono::seconds{5};
    goal.technique = "nvme-sanitize-block";
    goal.technique_is_default = false;
    bool stopped = false;
    observer.on_progress = [&](const Progress& progress) {
        if (stopped || progress.step != 1) return;  // the markers are step 0
        stopped = progress.done > 0;
        if (stopped) ::kill(::getpid(), SIGTERM);
    };
    EXPECT_EQ(erase(), ExitStatus::not_erased) << "unknown, and no retry";
    EXPECT_EQ(result().verdict, Verdict::unknown);
    EXPECT_EQ(drive.model()->count(0x84), 1U);
    drive.model()->advance(std::chrono::seconds{10});
    observer.on_progress = {};
    observer.results.clear();
    EXPECT_EQ(resume({}), ExitStatus::ok) << result().cause;
    EXPECT_EQ(drive.model()->count(0x84), 1U) << "taken up, not sent again";
}

TEST_F(NvmeOutcome, ADriveThatWasWrittenToSinceIsErasedAnewAndNotTakenUp) {
    test::MemoryDrive& drive = add_nvme({});
    drive.model()->personality.sanitize_takes = std::chrono::seconds{5};
    goal.technique = "nvme-sanitize-crypto";
    goal.technique_is_default = false;
    bool stopped = false;
    observer.on_progress = [&](const Progress& progress) {
        if (stopped || progress.step != 1) return;
        stopped = progress.done > 0;
        if (stopped) ::kill(::getpid(), SIGTERM);
    };
    EXPECT_EQ(erase(), ExitStatus::not_erased) << "unknown, and no retry";
    // It ends by itself, and somebody takes the drive into use.
    drive.model()->advance(std::chrono::seconds{10});
    const Bytes data(4096, std::byte{0xD5});
    ASSERT_EQ(drive.model()->write(1, 64, data), 0);
    drive.model()->personality.sanitize_takes = std::chrono::milliseconds{400};
    observer.on_progress = {};
    observer.results.clear();
    EXPECT_EQ(resume({}), ExitStatus::ok) << result().cause;
    EXPECT_EQ(drive.model()->count(0x84), 2U) << "sent again, after new markers";
    const auto now = drive.content().subspan(64 * 512, 4096);
    EXPECT_FALSE(std::equal(now.begin(), now.end(), data.begin()));
}

TEST_F(NvmeOutcome, ADriveWithFurtherControllersIsRefused) {
    test::MemoryDrive& drive = add_nvme({}, {.controllers = 2});
    EXPECT_EQ(erase(), ExitStatus::refused);
    EXPECT_EQ(observer.objected.front().rule, "nvme-controllers");
    EXPECT_TRUE(drive.untouched());
}

TEST_F(NvmeOutcome, AnotherDriveBehindTheDescriptorIsNotTouched) {
    Personality drive_is;
    drive_is.other_from = 2;  // the first Identify is that of the plan
    test::MemoryDrive& drive = add_nvme(drive_is);
    EXPECT_EQ(erase(), ExitStatus::bad_evidence);
    EXPECT_TRUE(drive.untouched());
    EXPECT_EQ(drive.model()->count(0x84), 0U);
}

TEST_F(NvmeOutcome, ADriveThatFailedToSanitizeIsRecoveredByASanitize) {
    test::MemoryDrive& drive = add_nvme(named("failing"));
    EXPECT_EQ(erase(), ExitStatus::not_erased);
    drive.model()->personality = Personality{};
    drive.model()->personality.sanitize_takes = std::chrono::milliseconds{400};
    drive.model()->personality.command_takes = std::chrono::milliseconds{100};
    observer.results.clear();
    EXPECT_EQ(erase(), ExitStatus::ok) << result().cause;
}

struct Outcome {
    std::string verdict, status, evidence, why;
};

// One cell of the table: everything anew.
class Cell : public NvmeOutcome {
  public:
    void TestBody() override {}
    Outcome run(const Personality& personality, const std::string& technique) {
        test::MemoryDrive& drive = add_nvme(personality);
        const Bytes before = bytes_of_drive(drive);
        goal.technique = technique;
        goal.technique_is_default = false;
        if (personality.name.starts_with("strings-")) confirm_as_shown(drive);
        const ExitStatus status = erase();
        const bool refused = observer.results.empty() || !observer.objected.empty() ||
                             status == ExitStatus::unsupported;
        const bool kept = keeps_old_bytes(drive, before);
        Outcome outcome;
        outcome.status = std::to_string(static_cast<int>(status));
        if (refused) {
            EXPECT_EQ(evidence_folders(), 0U);
            EXPECT_TRUE(drive.untouched()) << personality.name << " " << technique;
            return {"refused", outcome.status, "none",
                    observer.objected.empty() ? "not offered" : why_refused()};
        }
        expect_consistent(status);
        outcome.verdict = result().verdict ? to_string(*result().verdict) : "none";
        outcome.evidence = evidence_of();
        outcome.why = result().cause.substr(0, 110);
        if (result().verdict == Verdict::erased) {
            EXPECT_FALSE(kNeverErased.contains(personality.name))
                << personality.name << " " << technique;
            EXPECT_TRUE(!kept || kUndetectable.contains(personality.name))
                << personality.name << " " << technique << ": erased, and old bytes are left";
            EXPECT_EQ(outcome.evidence, "certificate");
        } else {
            EXPECT_NE(outcome.evidence, "certificate");
        }
        return outcome;
    }

  private:
    // What a person would type who reads what quietus shows.
    void confirm_as_shown(const test::MemoryDrive& drive) {
        const auto device = discovery::resolve_device(host, drive.node());
        const auto seen = discovery::inspect_drive(
            host, *device, {.ignore_processes = {host.own_process()}, .probe_signatures = true});
        const std::vector<DeviceSnapshot> all{*seen};
        consent.emplace();
        consent->confirmations = {guard::confirmation_needed(*seen, all)};
    }
    std::string why_refused() const {
        const Objection& first = observer.objected.front();
        if (first.rule != "plan") return first.rule;
        const std::size_t at = first.what.rfind(": ", first.what.find("(SANICAP)"));
        return at == std::string::npos ? first.what : first.what.substr(at + 2);
    }
    std::string evidence_of() const {
        const auto folders = names(settings.out_dir());
        if (folders.empty()) return "none";
        for (const char* stem : {"certificate", "exception-record", "failure-record"}) {
            if (there(settings.out_dir() + "/" + folders.front() + "/" + stem + ".json"))
                return stem;
        }
        return "none";
    }
};

TEST(NvmeDrives, NoLyingOneIsEverErasedAndEachHonestOneIs) {
    std::string table =
        "| drive | technique | verdict | status | evidence | why |\n| --- | --- | --- | --- | --- "
        "| "
        "--- |\n";
    std::set<std::string> erased;
    for (const Personality& personality : personalities()) {
        for (const char* technique : kTechniques) {
            if (!kWholeTable && technique != kTechniques[1]) continue;
            Cell cell;
            const Outcome outcome = cell.run(personality, technique);
            if (outcome.verdict == "erased") erased.insert(personality.name);
            table += "| " + personality.name + " | " + technique + " | " + outcome.verdict + " | " +
                     outcome.status + " | " + outcome.evidence + " | " + outcome.why + " |\n";
        }
    }
    for (const Personality& personality : personalities()) {
        if (!kWholeTable || kNeverErased.contains(personality.name)) continue;
        EXPECT_TRUE(erased.contains(personality.name)) << personality.name << " is honest";
    }
    if (kWholeTable) test::expect_golden("nvme-drives.md", table);
}

}  // namespace
}  // namespace quietus::app
