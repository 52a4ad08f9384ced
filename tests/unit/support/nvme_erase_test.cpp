// The device model: Sanitize and Format NVM, state by state.

#include <algorithm>

#include "nvme_drive.h"
#include "support/nvme_model.h"

namespace quietus::test::nvme {
namespace {

using std::chrono::milliseconds;

// -- Sanitize
// -----------------------------------------------------------------------------------------------

TEST(NvmeSanitize, RunsInTheBackgroundAndTellsItsProgress) {
    Drive drive;
    EXPECT_EQ(drive.sstat(), 0U);
    EXPECT_EQ(drive.sprog(), 0xffffU);
    EXPECT_EQ(drive.sanitize(kBlockErase), 0);
    EXPECT_EQ(drive.sstat(), 2U);
    EXPECT_EQ(get32(drive.log(0x81), 4), kBlockErase);
    EXPECT_EQ(get8(drive.log(0x81), 36), 1);
    drive->advance(milliseconds{250});
    EXPECT_EQ(drive.sprog(), 0x4000U);
    EXPECT_EQ(drive->progress(), 25U);
    drive->advance(milliseconds{749});
    EXPECT_EQ(drive.sstat(), 2U);
    drive->advance(milliseconds{1});
    EXPECT_EQ(drive.sstat(), 0x101U);
    EXPECT_EQ(drive.sprog(), 0xffffU);
    EXPECT_EQ(get8(drive.log(0x81), 36), 0);
    EXPECT_FALSE(drive->progress().has_value());
}

TEST(NvmeSanitize, ReachesHiddenNamespacesAndUnallocatedCapacity) {
    Drive drive;
    drive.sanitize(kBlockErase);
    drive->advance(milliseconds{1000});
    for (const std::size_t nsid : {1U, 2U, 3U}) EXPECT_FALSE(drive.keeps_data(nsid)) << nsid;
}

TEST(NvmeSanitize, HasErasedAsMuchAsItSays) {
    Drive drive;
    drive.sanitize(kBlockErase);
    drive->advance(milliseconds{500});  // Half of three media of one size.
    EXPECT_FALSE(drive.keeps_data(1));
    EXPECT_EQ(std::ranges::count(drive.medium(2), kOldData), kSpaceBytes / 2);
    EXPECT_EQ(std::ranges::count(drive.medium(3), kOldData), kSpaceBytes);
}

TEST(NvmeSanitize, RefusesMediaCommandsWhileItRunsAndAnotherErase) {
    Drive drive;
    drive.sanitize(kBlockErase);
    EXPECT_EQ(drive.read_status(), 0x01d);
    EXPECT_EQ(drive.write_one(std::byte{1}), 0x01d);
    EXPECT_EQ(drive->write_zeroes(1, 0, 1), 0x01d);
    EXPECT_EQ(drive->deallocate(1, 0, 1), 0x01d);
    EXPECT_EQ(drive->flush(1), 0);
    EXPECT_EQ(drive.sanitize(kBlockErase), 0x401d);
    EXPECT_EQ(drive.sanitize(1), 0x401d);
    EXPECT_EQ(drive.format(1, 1U << 9U), 0x01d);
    EXPECT_EQ(drive.admin(sqe(0x0d, 2, {1})), 0x401d);
    EXPECT_EQ(drive.admin(sqe(0x06, 0, {1})), 0);
    drive->advance(milliseconds{1000});
    EXPECT_EQ(drive.read_status(), 0);
}

TEST(NvmeSanitize, RefusesWhatItWasNotMadeFor) {
    Drive drive;
    EXPECT_EQ(drive.admin(sqe(0x84, 1, {kBlockErase})), 0x4002);
    EXPECT_EQ(drive.admin(sqe(0x84, 0xffffffff, {kBlockErase})), 0x4002);
    for (const std::uint32_t action : {0U, 6U, 7U}) EXPECT_EQ(drive.sanitize(action), 0x4002);
    EXPECT_EQ(drive.sanitize(5), 0x4002);
    Drive verifiable{named("verifiable")};
    EXPECT_EQ(verifiable.sanitize(5), 0x400c) << "there is no media verification to leave";
    EXPECT_EQ(drive.sanitize(kBlockErase | kVerify), 0x4002);
    EXPECT_EQ(drive.sanitize(kBlockErase | 1U << 11U), 0x4002) << "a reserved bit";
    EXPECT_EQ(drive.sanitize(1), 0) << "nothing has failed: no effect";
    struct Row {
        const char* drive;
        std::uint32_t action;
        std::uint16_t status;
    };
    for (const Row& row :
         {Row{"block-only", 2, 0}, Row{"block-only", 3, 0x4002}, Row{"block-only", 4, 0x4002},
          Row{"crypto-only", 4, 0}, Row{"crypto-only", 2, 0x4002}, Row{"overwrite-only", 3, 0},
          Row{"overwrite-only", 4, 0x4002}, Row{"block-and-crypto", 4, 0},
          Row{"block-and-crypto", 3, 0x4002}, Row{"no-sanitize", 2, 0x4001},
          Row{"block-sid", 2, 0x4001}, Row{"block-sid-format", 2, 0x410a},
          Row{"pmr-enabled", 2, 0x4123}, Row{"firmware-pending", 2, 0x410b},
          Row{"lockdown", 2, 0x4028}}) {
        Drive one{named(row.drive)};
        EXPECT_EQ(one.sanitize(row.action), row.status) << row.drive << " " << row.action;
        one->advance(milliseconds{1000});
        EXPECT_EQ(one.keeps_data(1), row.status != 0) << row.drive << " " << row.action;
        EXPECT_EQ(one.sstat() & 0x107U, row.status == 0 ? 0x101U : 0U) << row.drive;
    }
}

TEST(NvmeSanitize, FirmwareIsPendingUntilAReset) {
    Drive drive{named("firmware-pending")};
    drive->reset_controller();
    EXPECT_EQ(drive.sanitize(kBlockErase), 0);
}

TEST(NvmeSanitize, RefusesAWriteProtectedNamespace) {
    Drive drive;
    EXPECT_EQ(drive.admin(sqe(0x09, 1, {0x84, 1})), 0);
    EXPECT_EQ(get8(drive.identify(0, 1), 99), 1);
    EXPECT_EQ(drive.sanitize(kBlockErase), 0x4020);
    EXPECT_EQ(drive.format(1, 1U << 9U), 0x4020);
    EXPECT_EQ(drive.write_one(std::byte{1}), 0x4020);
    EXPECT_EQ(drive.admin(sqe(0x09, 1, {0x84, 0})), 0);
    EXPECT_EQ(drive.sanitize(kBlockErase), 0);
}

TEST(NvmeSanitize, SurvivesResetAndPowerCycle) {
    Drive drive;
    drive.sanitize(kBlockErase);
    drive->advance(milliseconds{400});
    drive->reset_controller();
    EXPECT_EQ(drive.sstat(), 2U);
    drive->power_cycle();
    EXPECT_EQ(drive.sstat(), 2U);
    EXPECT_EQ(drive->progress(), 40U);
    drive->advance(milliseconds{600});
    EXPECT_EQ(drive.sstat(), 0x101U);
}

TEST(NvmeSanitize, OverwritesAsOftenAndWithWhatItWasTold) {
    Drive drive;
    drive.sanitize(kOverwrite | 3U << 4U | kInvert | kNoDeallocate, 0x04030201);
    drive->advance(milliseconds{340});
    EXPECT_EQ(drive.sstat(), 2U | 1U << 3U) << "one pass of three";
    EXPECT_EQ(drive.medium(3)[0], std::byte{0x01}) << "the first pass is not inverted";
    drive->advance(milliseconds{330});
    EXPECT_EQ(drive.medium(3)[0], std::byte{0xfe}) << "the second is";
    drive->advance(milliseconds{330});
    EXPECT_EQ(drive.sstat(), 0x101U | 3U << 3U);
    std::array<std::byte, 512> sector{};
    EXPECT_EQ(drive.read(7, sector), 0);
    EXPECT_EQ(get32(sector, 0), 0x04030201U);
    EXPECT_EQ(get32(sector, 508), 0x04030201U);
}

TEST(NvmeSanitize, NoPassesAreSixteen) {
    Drive drive;
    drive.sanitize(kOverwrite, 0);
    drive->advance(milliseconds{1000});
    EXPECT_EQ(drive.sstat(), 0x101U | 16U << 3U);
}

TEST(NvmeSanitize, ACryptoEraseLeavesNoiseWhereNothingIsDeallocated) {
    Drive drive;
    drive.sanitize(kCryptoErase | kNoDeallocate);
    drive->advance(milliseconds{1000});
    std::array<std::byte, 512> first{};
    std::array<std::byte, 512> second{};
    EXPECT_EQ(drive.read(0, first), 0);
    EXPECT_EQ(drive.read(1, second), 0);
    EXPECT_NE(first, second);
    EXPECT_NE(std::ranges::count(first, std::byte{0}), 512);
}

TEST(NvmeSanitize, DeallocatesUnlessItIsToldNotTo) {
    Drive drive{named("vendor-pattern")};
    drive->personality.deallocates = true;
    std::array<std::byte, 512> sector{};
    drive.sanitize(kBlockErase);
    drive->advance(milliseconds{1000});
    EXPECT_EQ(drive.read(0, sector), 0);
    EXPECT_EQ(get32(sector, 0), 0U);
    EXPECT_EQ(get32(drive.medium(1), 0), 0xaa55cc33U) << "what the media really hold";
    drive.sanitize(kBlockErase | kNoDeallocate);
    drive->advance(milliseconds{1000});
    EXPECT_EQ(drive.read(0, sector), 0);
    EXPECT_EQ(get32(sector, 0), 0xaa55cc33U);
}

TEST(NvmeSanitize, WhereNdasIsInhibitedItFailsOrWarns) {
    Drive drive{named("no-deallocate-inhibited")};
    EXPECT_EQ(drive.sanitize(kBlockErase | kNoDeallocate), 0x4002);
    EXPECT_EQ(drive.admin(sqe(0x09, 0, {0x17, 1})), 0);
    EXPECT_EQ(drive.sanitize(kBlockErase | kNoDeallocate), 0);
    drive->advance(milliseconds{1000});
    EXPECT_EQ(drive.sstat(), 0x104U);
    std::array<std::byte, 512> sector{};
    EXPECT_EQ(drive.read(0, sector), 0);
    EXPECT_EQ(get32(sector, 0), 0U);
}

TEST(NvmeSanitize, ShowsItsMediaForVerification) {
    Drive drive{named("verifiable")};
    drive->personality.after_block = Remains::vendor_pattern;
    EXPECT_EQ(drive.sanitize(kBlockErase | kVerify), 0);
    drive->advance(milliseconds{1000});
    EXPECT_EQ(get8(drive.log(0x81), 36), 5);
    EXPECT_EQ(drive.sstat(), 2U);
    EXPECT_EQ(drive.write_one(std::byte{1}), 0x01d);
    std::array<std::byte, 512> sector{};
    EXPECT_EQ(drive.read(0, sector), 0);
    EXPECT_EQ(get32(sector, 0), 0xaa55cc33U);
    EXPECT_EQ(drive.sanitize(5), 0);
    EXPECT_EQ(drive.sstat(), 0x101U);
    EXPECT_EQ(drive.read(0, sector), 0);
    EXPECT_EQ(get32(sector, 0), 0U);
}

TEST(NvmeSanitize, AResetEndsTheVerification) {
    Drive drive{named("verifiable")};
    drive.sanitize(kBlockErase | kVerify);
    drive->advance(milliseconds{1000});
    drive->reset_controller();
    EXPECT_EQ(drive.sstat(), 0x301U);
}

TEST(NvmeSanitize, AnyWriteClearsGlobalDataErased) {
    Drive drive;
    drive.sanitize(kBlockErase);
    drive->advance(milliseconds{1000});
    EXPECT_EQ(drive.read_status(), 0);
    EXPECT_EQ(drive.sstat(), 0x101U);
    EXPECT_EQ(drive.write_one(std::byte{7}), 0);
    EXPECT_EQ(drive.sstat(), 0x001U);
}

TEST(NvmeSanitize, RecoversFromFailureAsAuseSays) {
    Drive restricted{named("failing")};
    restricted.sanitize(kBlockErase);
    restricted->advance(milliseconds{1000});
    EXPECT_EQ(restricted.sstat(), 3U);
    EXPECT_EQ(get8(restricted.log(0x81), 36), 0x12);
    EXPECT_TRUE(restricted.keeps_data(2)) << "40 percent were erased";
    EXPECT_FALSE(restricted.keeps_data(1));
    EXPECT_EQ(restricted.read_status(), 0x401c);
    EXPECT_EQ(restricted.format(1, 1U << 9U), 0x401c);
    EXPECT_EQ(restricted.sanitize(1), 0x401c);
    EXPECT_EQ(restricted.sanitize(kBlockErase | kUnrestricted), 0x401c);
    restricted->power_cycle();
    EXPECT_EQ(restricted.read_status(), 0x401c) << "survives the power cycle";
    restricted->personality.fails_at = kNever;
    EXPECT_EQ(restricted.sanitize(kBlockErase), 0);
    restricted->advance(milliseconds{1000});
    EXPECT_EQ(restricted.sstat(), 0x101U);
    EXPECT_EQ(restricted.read_status(), 0);

    Drive unrestricted{named("failing")};
    unrestricted.sanitize(kBlockErase | kUnrestricted);
    EXPECT_EQ(get8(unrestricted.log(0x81), 36), 3);
    unrestricted->advance(milliseconds{1000});
    EXPECT_EQ(get8(unrestricted.log(0x81), 36), 0x34);
    EXPECT_EQ(unrestricted.read_status(), 0x401c);
    EXPECT_EQ(unrestricted.sanitize(1), 0);
    EXPECT_EQ(unrestricted.read_status(), 0);
    EXPECT_EQ(unrestricted.sstat(), 3U) << "the most recent operation failed all the same";
}

TEST(NvmeSanitize, ADriveMayIgnoreAuse) {
    Drive restricted{named("failing-restricted")};
    restricted.sanitize(kBlockErase | kUnrestricted);
    restricted->advance(milliseconds{1000});
    EXPECT_EQ(restricted.sanitize(1), 0x401c);
    Drive unrestricted{named("failing-unrestricted")};
    unrestricted.sanitize(kBlockErase);
    unrestricted->advance(milliseconds{1000});
    EXPECT_EQ(unrestricted.sanitize(1), 0);
}

TEST(NvmeSanitize, TellsOfItsEndOnce) {
    Drive drive;
    EXPECT_EQ(drive->run(0, sqe(0x0c, 0, {}), {}).answer, Answer::held);
    drive.sanitize(kBlockErase);
    EXPECT_FALSE(drive->next_event(0).has_value());
    drive->advance(milliseconds{1000});
    EXPECT_EQ(drive->next_event(0), 0x00810106U);
    EXPECT_FALSE(drive->next_event(0).has_value());
    drive->run(0, sqe(0x0c, 0, {}), {});
    drive.log(0x81, /*rae=*/0);
    EXPECT_FALSE(drive->next_event(0).has_value());
}

// -- How it misbehaves
// -----------------------------------------------------------------------------------------------

TEST(NvmeSanitize, StallsUntilItIsReleased) {
    Drive drive{named("stalling")};
    drive.sanitize(kBlockErase);
    drive->advance(milliseconds{60'000});
    const unsigned stuck = drive.sprog();
    EXPECT_EQ(stuck, 400 * 65536U / 1000);
    drive->advance(milliseconds{3'600'000});
    EXPECT_EQ(drive.sprog(), stuck);
    EXPECT_EQ(drive.sstat(), 2U);
    drive->release();
    drive->advance(milliseconds{600});
    EXPECT_EQ(drive.sstat(), 0x101U);
}

TEST(NvmeSanitize, StandsStillWhileFrozen) {
    Drive drive;
    drive.sanitize(kBlockErase);
    drive->freeze();
    drive->advance(milliseconds{5000});
    EXPECT_EQ(drive.sprog(), 0U);
    drive->release();
    drive->advance(milliseconds{1000});
    EXPECT_EQ(drive.sstat(), 0x101U);
}

TEST(NvmeSanitize, AForgetfulDriveResetsAndKnowsNothing) {
    Drive drive{named("forgetful")};
    drive.sanitize(kBlockErase);
    drive->advance(milliseconds{1000});
    EXPECT_EQ(drive.sstat(), 0U);
    EXPECT_EQ(get32(drive.log(0x81), 4), 0U);
    EXPECT_EQ(drive->resets(), 1U);
    EXPECT_EQ(drive.read_status(), 0);
    EXPECT_TRUE(drive.keeps_data(3));
}

TEST(NvmeSanitize, GoesOnAfterItLostPower) {
    Drive drive{named("losing-power")};
    drive.sanitize(kBlockErase);
    drive->advance(milliseconds{900});
    EXPECT_EQ(drive->resets(), 1U);
    EXPECT_EQ(drive->progress(), 40U);
    drive->advance(milliseconds{600});
    EXPECT_EQ(drive.sstat(), 0x101U);
    EXPECT_EQ(drive->resets(), 1U);
}

TEST(NvmeSanitize, AVanishedDriveAnswersNothingUntilItsPowerIsCycled) {
    Drive drive{named("vanishing")};
    drive.sanitize(kBlockErase);
    drive->advance(milliseconds{1000});
    EXPECT_FALSE(drive->present());
    EXPECT_EQ(drive->run(0, sqe(0x06, 0, {1}), {}).answer, Answer::gone);
    drive->power_cycle();
    EXPECT_EQ(drive.sstat(), 2U);
    drive->advance(milliseconds{600});
    EXPECT_EQ(drive.sstat(), 0x101U);
}

TEST(NvmeSanitize, AnInstantOneIsOverWithItsCompletion) {
    Drive drive{named("instant")};
    EXPECT_EQ(drive.sanitize(kBlockErase), 0);
    EXPECT_EQ(drive.sstat(), 0x101U);
    EXPECT_FALSE(drive.keeps_data(3));
}

// -- Format NVM
// -----------------------------------------------------------------------------------------------

TEST(NvmeFormat, ErasesByItsSecureEraseSettingAlone) {
    Drive drive;
    EXPECT_EQ(drive.format(1, 0), 0);
    EXPECT_TRUE(drive.keeps_data(1)) << "SES 0";
    EXPECT_EQ(drive.format(1, 1U << 9U), 0);
    EXPECT_FALSE(drive.keeps_data(1));
    EXPECT_TRUE(drive.keeps_data(2));
    EXPECT_EQ(drive.format(2, 2U << 9U), 0);
    EXPECT_FALSE(drive.keeps_data(2));
    EXPECT_TRUE(drive.keeps_data(3)) << "unallocated capacity is not reached";
}

TEST(NvmeFormat, RefusesWhatItCannot) {
    Drive drive;
    EXPECT_EQ(drive.format(1, 3U << 9U), 0x4002);
    EXPECT_EQ(drive.format(0, 1U << 9U), 0x400b);
    EXPECT_EQ(drive.format(3, 1U << 9U), 0x400b) << "not allocated";
    EXPECT_EQ(drive.format(9, 1U << 9U), 0x400b);
    EXPECT_EQ(drive.format(1, 1U << 9U | 2), 0x410a);
    EXPECT_EQ(drive.format(1, 1U << 9U | 1U << 12U), 0x410a) << "LBAFU";
    EXPECT_EQ(drive.format(1, 1U << 9U | 1U << 5U), 0x410a) << "protection information";
    EXPECT_TRUE(drive.keeps_data(1));
    Drive no_crypto{a_drive_that([](Personality& p) { p.fna = 0; })};
    EXPECT_EQ(no_crypto.format(1, 2U << 9U), 0x4002);
    Drive no_broadcast{a_drive_that([](Personality& p) { p.fna = 8; })};
    EXPECT_EQ(no_broadcast.format(0xffffffff, 1U << 9U), 0x4002);
    Drive attached_only{named("format-attached-only")};
    EXPECT_EQ(attached_only.format(2, 1U << 9U), 0x4002) << "hidden";
    EXPECT_TRUE(attached_only.keeps_data(2));
    Drive none{named("no-erase")};
    EXPECT_EQ(none.format(1, 1U << 9U), 0x4001);
    Drive blocked{named("block-sid-format")};
    EXPECT_EQ(blocked.format(1, 1U << 9U), 0x410a);
}

TEST(NvmeFormat, HasTheScopeThatFnaSays) {
    struct Row {
        std::uint8_t fna;
        std::uint32_t nsid;
        std::uint32_t erase_setting;
        bool hidden_keeps;
    };
    for (const Row& row : {Row{0, 1, 1, true}, Row{0, 0xffffffff, 1, true}, Row{1, 1, 1, false},
                           Row{2, 1, 1, false}, Row{2, 0xffffffff, 1, false}}) {
        Drive drive;
        drive->personality.fna = row.fna;
        EXPECT_EQ(drive.format(row.nsid, row.erase_setting << 9U), 0);
        EXPECT_FALSE(drive.keeps_data(1));
        EXPECT_EQ(drive.keeps_data(2), row.hidden_keeps) << unsigned{row.fna} << " " << row.nsid;
    }
}

TEST(NvmeFormat, ChangesTheSizeOfASector) {
    Drive drive;
    EXPECT_EQ(drive.format(1, 1), 0);
    EXPECT_EQ(drive->lba_size(1), 4096U);
    const auto page = drive.identify(0, 1);
    EXPECT_EQ(get(page, 0, 8), kSpaceBytes / 4096);
    EXPECT_EQ(get8(page, 26), 1);
    EXPECT_EQ(get8(page, 128 + 4 * 1 + 2), 12);
    EXPECT_EQ(drive.read_status(), 0x4002) << "512 bytes are no whole sector";
}

TEST(NvmeFormat, TakesItsTimeAndSaysHowMuchIsLeft) {
    Drive drive;
    drive->personality.format_takes = milliseconds{1000};
    const Completion done = drive->admin(0, sqe(0x80, 1, {1U << 9U}), {});
    EXPECT_EQ(done.takes, milliseconds{1000});
    drive->advance(milliseconds{300});
    EXPECT_EQ(get8(drive.identify(0, 1), 32), 0x80 | 70);
    EXPECT_EQ(drive.read_status(), 0x084);
    EXPECT_EQ(drive.format(1, 1U << 9U), 0x084);
    EXPECT_EQ(drive.sanitize(kBlockErase), 0x4084);
    drive->advance(milliseconds{700});
    EXPECT_EQ(drive.read_status(), 0);
    EXPECT_EQ(get8(drive.identify(0, 1), 32), 0x80);
}

TEST(NvmeFormat, LeavesANamespaceThatMustBeFormattedAgain) {
    Drive drive{named("format-failing")};
    EXPECT_EQ(drive.format(1, 1U << 9U), 0x006);
    EXPECT_EQ(drive.read_status(), 0x4082);
    EXPECT_EQ(std::ranges::count(drive.medium(1), kOldData), kSpaceBytes - 51 * 512);
    drive->personality.format_fails_at = kNever;
    EXPECT_EQ(drive.format(1, 1U << 9U), 0);
    EXPECT_EQ(drive.read_status(), 0);

    Drive cut;
    cut->personality.format_takes = milliseconds{1000};
    static_cast<void>(cut->admin(0, sqe(0x80, 1, {1U << 9U}), {}));
    cut->advance(milliseconds{500});
    cut->power_cycle();
    EXPECT_EQ(cut.read_status(), 0x4082);
    EXPECT_TRUE(cut.keeps_data(1));
}

}  // namespace
}  // namespace quietus::test::nvme
