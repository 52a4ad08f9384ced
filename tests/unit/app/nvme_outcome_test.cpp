// Drives that erase themselves, honest and lying ones: what a call ends with, and what is left.

#include <algorithm>

#include <gmock/gmock.h>

#include "app_fixture.h"
#include "support/golden.h"

namespace quietus::app {
namespace {

using test::nvme::Personality;
using testing::HasSubstr;

class NvmeOutcome : public EraseTest {
  protected:
    NvmeOutcome() { run_limits.request_deadline_s = 2; }

    test::MemoryDrive& add_nvme(Personality personality, test::NvmeSide side = {}) {
        test::MemoryDriveOptions options;
        options.name = "nvme0n1";
        options.number = {259, 0};
        options.serial = personality.serial;
        personality.sanitize_takes =
            std::min(personality.sanitize_takes, std::chrono::milliseconds{300});
        side.personality = std::move(personality);
        options.nvme = side;
        return add(std::move(options));
    }
    static Personality named(std::string_view name) {
        const auto found = test::nvme::personality(name);
        QUIETUS_CHECK(found.has_value());
        return *found;
    }
    // Of the drive's first bytes before anything was done to it.
    static bool keeps_old_bytes(const test::MemoryDrive& drive, const Bytes& before) {
        constexpr std::size_t kPiece = 512;
        const auto now = drive.content();
        for (std::size_t at = 0; at < now.size(); at += kPiece) {
            const auto piece = now.subspan(at, kPiece);
            if (std::equal(piece.begin(), piece.end(),
                           before.begin() + static_cast<std::ptrdiff_t>(at)))
                return true;
        }
        return false;
    }
    static Bytes bytes_of_drive(const test::MemoryDrive& drive) {
        const auto all = drive.content();
        return {all.begin(), all.end()};
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

}  // namespace
}  // namespace quietus::app
