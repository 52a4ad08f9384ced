// Are drives still as they were left? Looked at, never written.

#include "app/check_drives.h"

#include <csignal>

#include <gmock/gmock.h>

#include "app_fixture.h"

namespace quietus::app {
namespace {

using test::Did;
using test::Fault;
using testing::HasSubstr;

class CheckDrives : public EraseTest {
  protected:
    std::optional<DriveCheck> check(std::size_t index = 0) {
        const auto listing = list_drives(host, settings).value();
        const std::size_t written = host.drive(index).count(Did::write);
        auto checks = check_drives(host, settings, listing.drives);
        EXPECT_TRUE(checks.has_value());
        EXPECT_EQ(host.drive(index).count(Did::write), written) << "nothing is written";
        EXPECT_EQ(host.drive(index).count(Did::lock), locks_[index]) << "and nothing is locked";
        for (std::size_t i = 0; i < listing.drives.size(); ++i) {
            if (listing.drives[i].snapshot.path == host.drive(index).node()) return (*checks)[i];
        }
        return std::nullopt;
    }
    void erase_all() {
        ASSERT_EQ(erase(), ExitStatus::ok) << result().cause;
        for (std::size_t i = 0; i < host.drives(); ++i) locks_[i] = host.drive(i).count(Did::lock);
    }

  private:
    std::map<std::size_t, std::size_t> locks_;
};

TEST_F(CheckDrives, ADriveThatWasErasedIsStillIntact) {
    add(numbered(0));
    add(numbered(1));
    for (const char* technique : {"random", "zero", "pattern:c0ffee"}) {
        goal.technique = technique;
        erase_all();
        EXPECT_EQ(check(0)->intact, Intact::yes) << technique << check(0)->why;
        EXPECT_EQ(check(1)->intact, Intact::yes) << technique;
    }
}

TEST_F(CheckDrives, AByteOfTheFirstOrLastSectorIsNoticed) {
    test::MemoryDrive& drive = add();
    for (const std::uint64_t at : {std::uint64_t{0}, drive.options().size - 1}) {
        erase_all();
        drive.scribble(at, drive.content()[at] ^ std::byte{1});
        EXPECT_EQ(check()->intact, Intact::written_since) << at;
    }
}

TEST_F(CheckDrives, ADriveTheRegisterDoesNotKnowIsNotLookedAt) {
    add(numbered(0));
    add(numbered(1));
    ASSERT_EQ(erase({"/dev/sda"}), ExitStatus::ok);
    const std::size_t queries = host.drive(1).count(Did::query);
    const auto listing = list_drives(host, settings).value();
    EXPECT_FALSE(check_drives(host, settings, listing.drives)->at(1).has_value());
    EXPECT_EQ(host.drive(1).count(Did::query), queries);
}

TEST_F(CheckDrives, WithoutItsCertificateNothingIsSaid) {
    add();
    erase_all();
    std::filesystem::remove_all(settings.out_dir());
    EXPECT_EQ(check()->intact, Intact::not_known);
    EXPECT_THAT(check()->why, HasSubstr("its certificate is not under"));
}

TEST_F(CheckDrives, ACertificateThatTheRegisterDoesNotHoldIsNone) {
    add();
    erase_all();
    std::filesystem::resize_file(
        result().folder + "/certificate.json",
        std::filesystem::file_size(result().folder + "/certificate.json") - 1);
    EXPECT_EQ(check()->intact, Intact::not_known);
}

TEST_F(CheckDrives, AFailureAfterTheCertificateIsTheNewestRecord) {
    add({.faults = {
             {.fault = Fault::error, .where = {kMiB, 1}, .error = EROFS, .from = 2, .times = 1}}});
    erase_all();
    clock.time.ms += 1000;
    ASSERT_EQ(erase(), ExitStatus::not_erased);
    const auto listing = list_drives(host, settings).value();
    const auto checks = check_drives(host, settings, listing.drives);
    EXPECT_EQ(checks->at(0)->intact, Intact::not_known);
    EXPECT_THAT(checks->at(0)->why, HasSubstr("failure-record"));
}

TEST_F(CheckDrives, ADriveThatTakesItsWorkerWithItIsNotKnown) {
    test::MemoryDrive& drive = add();
    erase_all();
    drive.on_deed = [](Did what) {
        if (what == Did::query) static_cast<void>(std::raise(SIGKILL));
    };
    EXPECT_EQ(check()->intact, Intact::not_known);
}

TEST_F(CheckDrives, WithoutRootItIsRefused) {
    add();
    host.edit([](test::Machine& machine) { machine.root = false; });
    EXPECT_EQ(check_drives(host, settings, {}).error().code, ErrorCode::refused);
}

}  // namespace
}  // namespace quietus::app
