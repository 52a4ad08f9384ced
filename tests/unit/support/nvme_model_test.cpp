#include "support/nvme_model.h"

#include <algorithm>
#include <filesystem>
#include <unistd.h>

#include <sys/wait.h>

#include "nvme_drive.h"

namespace quietus::test::nvme {
namespace {

using std::chrono::milliseconds;

TEST(NvmeIdentify, PutsEachFieldInItsPlace) {
    Drive drive{named("reserved-areas"), 2};
    drive->personality.sanicap = 0x80000007;
    const auto page = drive.identify(1, 0, 1);
    const auto text = [&](std::size_t at, std::size_t size) {
        return std::string{reinterpret_cast<const char*>(page.data()) + at, size};
    };
    EXPECT_EQ(text(4, 20), "MODEL0001           ");
    EXPECT_EQ(text(24, 18), "QUIETUS MODEL NVME");
    EXPECT_EQ(text(64, 8), "1.0     ");
    EXPECT_EQ(get8(page, 76), 2);
    EXPECT_EQ(get16(page, 78), 2);
    EXPECT_EQ(get32(page, 80), 0x00010400U);
    EXPECT_EQ(get8(page, 102), 1);
    EXPECT_EQ(get16(page, 256), 0x000a);
    EXPECT_EQ(get(page, 280, 8), 3 * kSpaceBytes);
    EXPECT_EQ(get(page, 296, 8), kSpaceBytes);
    EXPECT_EQ(get32(page, 312), 2U);
    EXPECT_EQ(get32(page, 328), 0x80000007U);
    EXPECT_EQ(get32(page, 516), 8U);
    EXPECT_EQ(get8(page, 524), 4);
    EXPECT_EQ(get8(page, 525), 1);
}

TEST(NvmeIdentify, DescribesANamespace) {
    Drive drive;
    const auto page = drive.identify(0, 1);
    for (const std::size_t at : {0U, 8U, 16U}) EXPECT_EQ(get(page, at, 8), kSpaceBytes / 512);
    EXPECT_EQ(get8(page, 25), 1) << "two formats";
    EXPECT_EQ(get8(page, 26), 0);
    EXPECT_EQ(get8(page, 33), 9);
    EXPECT_EQ(get8(page, 130), 9);
    EXPECT_EQ(get8(page, 134), 12);
    const auto other = drive.identify(0x11, 2);
    EXPECT_NE(get(page, 112, 8), get(other, 112, 8)) << "NGUID";
    EXPECT_NE(get(page, 120, 8), get(other, 120, 8)) << "EUI64";
    EXPECT_EQ(get(drive.identify(0, 2), 0, 8), 0U) << "hidden";
    EXPECT_EQ(get(other, 0, 8), kSpaceBytes / 512) << "yet allocated";
    EXPECT_EQ(get(drive.identify(0x11, 3), 0, 8), 0U) << "not allocated";
    drive.identify(0, 0);
    EXPECT_EQ(drive.last().status, 0x400b);
    drive.identify(0x7f, 0);
    EXPECT_EQ(drive.last().status, 0x4002);
}

TEST(NvmeIdentify, ListsNamespacesAndControllers) {
    Drive drive{{}, 2};
    EXPECT_EQ(get(drive.identify(0x02), 0, 8), 1U);
    EXPECT_EQ(get(drive.identify(0x10), 0, 8), 0x0000000200000001U);
    EXPECT_EQ(get(drive.identify(0x10, 1), 0, 8), 2U) << "those above 1";
    EXPECT_EQ(get(drive.identify(0x13), 0, 6), 0x000200010002U);
    EXPECT_EQ(get(drive.identify(0x13 | 2U << 16U), 0, 6), 0x00020001U);
    EXPECT_EQ(get(drive.identify(0x12, 2), 0, 4), 0U);
    EXPECT_EQ(get(drive.identify(0x12, 1), 0, 6), 0x000200010002U);
    EXPECT_EQ(get16(drive.identify(0x03, 1), 0), 0x0801U);
}

TEST(NvmeIdentify, MayBeAnotherDriveTheNextTime) {
    Drive drive{named("another-drive")};
    const auto first = drive.identify(1);
    EXPECT_EQ(drive.identify(1), first);
    EXPECT_NE(drive.identify(1), first);
}

TEST(NvmeIdentify, LetsHostileStringsThrough) {
    const auto first_bytes = [](const char* name) {
        Drive drive{named(name)};
        return get32(drive.identify(1), 24);
    };
    EXPECT_EQ(first_bytes("strings-ansi"), 0x4a325b1bU);
    EXPECT_EQ(first_bytes("strings-nul"), 0x00420041U);
    EXPECT_EQ(first_bytes("strings-ff"), 0xffffffffU);
    EXPECT_EQ(first_bytes("strings-blank"), 0x20202020U);
    EXPECT_EQ(first_bytes("strings-utf8") & 0xffffU, 0x9cc3U);
}

TEST(NvmeLog, CanBeReadInParts) {
    Drive drive;
    drive.sanitize(kCryptoErase);
    std::array<std::byte, 8> part{};
    EXPECT_EQ(drive.admin(sqe(0x02, 0, {0U << 16U | 0x81, 0, 4}), part), 0);
    EXPECT_EQ(get32(part, 0), kCryptoErase);
    EXPECT_EQ(get32(part, 4), 0U) << "one dword was asked for";
    EXPECT_EQ(drive.admin(sqe(0x02, 0, {0x81, 0, 516}), part), 0x4002);
    EXPECT_EQ(drive.admin(sqe(0x02, 0, {0x81, 0, 2}), part), 0x4002);
    EXPECT_EQ(drive.admin(sqe(0x02, 1, {0x81}), part), 0x4002) << "not of one namespace";
    EXPECT_EQ(drive.admin(sqe(0x02, 0, {0x70}), part), 0x4109);
}

TEST(NvmeLog, TellsItsHealth) {
    Drive drive{named("worn")};
    const auto page = drive.log(0x02);
    EXPECT_EQ(get8(page, 0), 5);
    EXPECT_EQ(get16(page, 1), 358);
    EXPECT_EQ(get8(page, 3), 4);
    EXPECT_EQ(get8(page, 5), 255);
    EXPECT_EQ(get(page, 160, 8), 77U);
}

TEST(NvmeFeatures, GrantQueuesAndKeepWhatIsSet) {
    Drive drive;
    EXPECT_EQ(drive.admin(sqe(0x09, 0, {0x07, 31U << 16U | 2})), 0);
    EXPECT_EQ(drive.last().dw0, 7U << 16U | 2);
    EXPECT_EQ(drive.admin(sqe(0x0a, 0, {0x06})), 0);
    EXPECT_EQ(drive.last().dw0, 1U);
    EXPECT_EQ(drive.admin(sqe(0x09, 0, {0x06, 0})), 0);
    drive.admin(sqe(0x0a, 0, {0x06}));
    EXPECT_EQ(drive.last().dw0, 0U);
    EXPECT_EQ(drive.admin(sqe(0x0a, 0, {0x7e})), 0x4002);
    EXPECT_EQ(drive.admin(sqe(0x09, 0, {0x0b, 0x100})), 0);
    drive.admin(sqe(0x0a, 0, {0x0b}));
    EXPECT_EQ(drive.last().dw0, 0x100U);
}

TEST(NvmeFeatures, WriteProtectionLastsAsItsStateSays) {
    Drive drive;
    EXPECT_EQ(drive.admin(sqe(0x09, 1, {0x84, 2})), 0x4002) << "it knows plain protection alone";
    drive->personality.nwpc = 7;
    EXPECT_EQ(drive.admin(sqe(0x09, 1, {0x84, 2})), 0);
    EXPECT_EQ(drive.admin(sqe(0x09, 1, {0x84, 0})), 0x410e) << "until a power cycle";
    drive->reset_controller();
    EXPECT_EQ(drive.write_one(std::byte{1}), 0x4020);
    drive->power_cycle();
    EXPECT_EQ(drive.write_one(std::byte{1}), 0);
    EXPECT_EQ(drive.admin(sqe(0x09, 1, {0x84, 3})), 0);
    drive->power_cycle();
    EXPECT_EQ(drive.sanitize(kBlockErase), 0x4020) << "for ever";
}

TEST(NvmeNamespaces, AreAnnouncedToWhoAskedForIt) {
    Drive drive;
    std::array<std::byte, 4> controllers{std::byte{1}, std::byte{0}, std::byte{1}, std::byte{0}};
    drive->run(0, sqe(0x0c, 0, {}), {});
    drive.admin(sqe(0x15, 2, {0}), controllers);
    EXPECT_FALSE(drive->next_event(0).has_value());
    drive.admin(sqe(0x09, 0, {0x0b, 0x100}));
    drive.admin(sqe(0x15, 2, {1}), controllers);
    EXPECT_EQ(drive->next_event(0), 0x00040002U);
    EXPECT_EQ(get32(drive.log(0x04), 0), 0xffffffffU);
    EXPECT_EQ(get32(drive.log(0x04), 0), 0U) << "read without RAE";
}

TEST(NvmeIdentify, SaysHowMuchOfAThinNamespaceIsInUse) {
    Drive drive;
    drive->personality.thin = true;
    EXPECT_EQ(drive->deallocate(1, 0, 28), 0);
    EXPECT_EQ(get(drive.identify(0, 1), 16, 8), kSpaceBytes / 512 - 28);
    EXPECT_EQ(get(drive.identify(0, 1), 8, 8), kSpaceBytes / 512);
}

TEST(NvmeMedia, CanBeWhatTheHostReadsWithoutTheModel) {
    ModelOptions options;
    auto medium = std::make_unique<MemoryMedium>(kSpaceBytes);
    const auto content = medium->content();
    std::ranges::fill(content, kOldData);
    options.personality.after_block = Remains::vendor_pattern;
    options.namespaces.push_back({.medium = std::move(medium)});
    options.host_reads_media = true;
    std::string why;
    const auto model = Model::make(std::move(options), why);
    ASSERT_TRUE(model) << why;
    EXPECT_EQ(model->deallocate(1, 1, 1), 0);
    EXPECT_EQ(content[511], kOldData);
    EXPECT_EQ(content[512], std::byte{0});
    EXPECT_EQ(content[1024], kOldData);
    static_cast<void>(model->admin(0, sqe(0x84, 0, {kBlockErase}), {}));
    model->advance(milliseconds{1000});
    EXPECT_EQ(std::ranges::count(content, std::byte{0}), kSpaceBytes);
}

TEST(NvmeNamespaces, ComeAndGo) {
    Drive drive;
    std::array<std::byte, 4> controllers{std::byte{1}, std::byte{0}, std::byte{1}, std::byte{0}};
    EXPECT_EQ(drive.admin(sqe(0x15, 2, {0}), controllers), 0);
    EXPECT_EQ(drive.admin(sqe(0x15, 2, {0}), controllers), 0x4118);
    EXPECT_EQ(get(drive.identify(0x02), 0, 8), 0x0000000200000001U);
    EXPECT_EQ(drive.admin(sqe(0x15, 2, {1}), controllers), 0);
    EXPECT_EQ(drive.admin(sqe(0x15, 2, {1}), controllers), 0x411a);
    EXPECT_EQ(drive.admin(sqe(0x0d, 2, {1})), 0);
    EXPECT_EQ(get(drive.identify(0x10), 0, 8), 1U);
    EXPECT_EQ(get(drive.identify(1), 296, 8), 2 * kSpaceBytes);
    EXPECT_TRUE(drive.keeps_data(2)) << "deleting is not erasing";
    std::array<std::byte, 4096> made{};
    put(made, 0, kSpaceBytes / 512, 8);
    put(made, 8, kSpaceBytes / 512, 8);
    EXPECT_EQ(drive.admin(sqe(0x0d, 0, {0}), made), 0);
    EXPECT_EQ(drive.last().dw0, 2U);
    put(made, 0, kSpaceBytes, 8);
    put(made, 8, kSpaceBytes, 8);
    EXPECT_EQ(drive.admin(sqe(0x0d, 0, {0}), made), 0x4115);
    EXPECT_EQ(drive.admin(sqe(0x0d, 3, {1})), 0x400b);
}

TEST(NvmeModel, AnswersWhatItDoesNotKnow) {
    Drive drive;
    for (const unsigned opcode : {0x7fU, 0xc0U, 0x8cU, 0x82U, 0x81U}) {
        EXPECT_EQ(drive.admin(sqe(opcode, 0, {})), 0x4001) << opcode;
    }
    drive->personality.oacs |= 1;
    EXPECT_EQ(drive.admin(sqe(0x82, 0, {0x01000100})), 0x4002);
    EXPECT_EQ(drive.admin(sqe(0x08, 0, {})), 0);
    EXPECT_EQ(drive.last().dw0, 1U) << "nothing is aborted";
    EXPECT_EQ(drive->count(0x84), 0U);
    drive.sanitize(kBlockErase);
    EXPECT_EQ(drive->count(0x84), 1U);
    EXPECT_EQ(drive->commands().back().cdw10, kBlockErase);
}

// -- Media, sharing, memory
// -----------------------------------------------------------------------------------------------

TEST(NvmeMedia, KeepWhatIsWrittenAndForgetWhatIsDeallocated) {
    Drive drive;
    EXPECT_EQ(drive.write_one(std::byte{0x11}), 0);
    std::array<std::byte, 512> sector{};
    EXPECT_EQ(drive.read(0, sector), 0);
    EXPECT_EQ(sector[511], std::byte{0x11});
    EXPECT_EQ(drive->deallocate(1, 0, 1), 0);
    EXPECT_EQ(drive.read(0, sector), 0);
    EXPECT_EQ(sector[0], std::byte{0});
    EXPECT_EQ(drive.medium(1)[0], std::byte{0x11}) << "the medium still holds it";
    EXPECT_EQ(drive.read(kSpaceBytes / 512, sector), 0x4080);
    EXPECT_EQ(drive->read(2, 0, sector), 0x400b) << "hidden";
    EXPECT_EQ(drive->write_zeroes(1, 1, 1), 0);
    EXPECT_EQ(drive.medium(1)[512], std::byte{0});
}

TEST(NvmeMedia, TakeCommandsFromAQueue) {
    Drive drive;
    std::vector<std::byte> data(1024, std::byte{0x22});
    const auto io = [&](const Sqe& command) { return drive->io(0, command, data).status; };
    EXPECT_EQ(io(sqe(0x01, 1, {5, 0, 1})), 0);
    EXPECT_EQ(drive.medium(1)[5 * 512 + 1023], std::byte{0x22});
    std::ranges::fill(data, std::byte{0});
    EXPECT_EQ(io(sqe(0x02, 1, {6, 0, 0})), 0);
    EXPECT_EQ(data[0], std::byte{0x22});
    EXPECT_EQ(io(sqe(0x00, 1, {})), 0);
    put(data, 4, 2, 4);  // A range: two sectors from the fifth.
    put(data, 8, 5, 8);
    EXPECT_EQ(io(sqe(0x09, 1, {0, 4})), 0);
    EXPECT_EQ(io(sqe(0x02, 1, {6, 0, 0})), 0);
    EXPECT_EQ(data[0], std::byte{0});
    EXPECT_EQ(io(sqe(0x05, 1, {})), 0x4001);
}

TEST(NvmeMedia, AFakedCapacityAliases) {
    Drive drive{named("fake-capacity")};
    EXPECT_EQ(get(drive.identify(0, 1), 0, 8), 2 * kSpaceBytes / 512);
    EXPECT_EQ(drive.write_one(std::byte{0x33}), 0);
    std::array<std::byte, 512> sector{};
    EXPECT_EQ(drive.read(kSpaceBytes / 512, sector), 0);
    EXPECT_EQ(sector[0], std::byte{0x33});
}

TEST(NvmeModel, TwoControllersShareTheirNamespaces) {
    Drive drive{{}, 2};
    std::array<std::byte, 512> sector{};
    sector.fill(std::byte{0x44});
    EXPECT_EQ(drive->write(1, 3, sector, 1), 0);
    sector.fill(std::byte{0});
    EXPECT_EQ(drive->read(1, 3, sector, 0), 0);
    EXPECT_EQ(sector[0], std::byte{0x44});
    EXPECT_EQ(get8(drive.identify(0, 1), 30), 1);
    drive.admin(sqe(0x84, 0, {kBlockErase}), {}, 1);
    EXPECT_EQ(drive->read(1, 3, sector, 0), 0x01d) << "the whole subsystem is sanitized";
}

TEST(NvmeModel, SlowCommandsSayHowLongTheyTake) {
    Drive drive{named("slow")};
    EXPECT_EQ(drive->admin(0, sqe(0x06, 0, {1}), {}).takes, milliseconds{2000});
}

TEST(NvmeModel, ReadsTheClockItIsGiven) {
    milliseconds now{50'000};
    ModelOptions options;
    options.namespaces.push_back({.medium = std::make_unique<MemoryMedium>(kSpaceBytes)});
    options.clock = [&now] { return now; };
    std::string why;
    const auto model = Model::make(std::move(options), why);
    ASSERT_TRUE(model) << why;
    EXPECT_EQ(model->admin(0, sqe(0x84, 0, {kBlockErase}), {}).status, 0);
    now += milliseconds{999};
    std::array<std::byte, 512> page{};
    const Sqe get_log = sqe(0x02, 0, {127U << 16U | 0x81});
    static_cast<void>(model->admin(0, get_log, page));
    EXPECT_EQ(get16(page, 2), 2);
    now += milliseconds{1};
    static_cast<void>(model->admin(0, get_log, page));
    EXPECT_EQ(get16(page, 2), 0x101);
}

TEST(NvmeModel, AForkedProcessChangesTheSameDrive) {
    Drive drive;
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        const bool good = drive.write_one(std::byte{0x55}) == 0 && drive.sanitize(4) == 0;
        ::_exit(good ? 0 : 1);
    }
    int ended = -1;
    ASSERT_EQ(::waitpid(child, &ended, 0), child);
    EXPECT_EQ(ended, 0);
    EXPECT_EQ(drive.sstat(), 2U);
    EXPECT_EQ(drive.medium(1)[0], std::byte{0x55});
    EXPECT_EQ(drive->count(0x84), 1U);
}

// A state file in a folder that is gone afterwards.
class NvmeStateFile : public testing::Test {
  protected:
    NvmeStateFile() {
        std::string name = testing::TempDir() + "nvme-state-XXXXXX";
        const int file = ::mkstemp(name.data());
        EXPECT_GE(file, 0);
        EXPECT_EQ(::ftruncate(file, static_cast<off_t>(kSpaceBytes)), 0);
        ::close(file);
        image_ = name;
        state_ = name + ".state";
    }
    ~NvmeStateFile() override {
        std::filesystem::remove(image_);
        std::filesystem::remove(state_);
    }
    std::unique_ptr<Model> open(std::string& why) {
        ModelOptions options;
        options.namespaces.push_back({.medium = FileMedium::open(image_)});
        options.state_file = state_;
        return Model::make(std::move(options), why);
    }
    std::string image_, state_;
};

TEST_F(NvmeStateFile, IsContinuedByTheNextModel) {
    std::string why;
    auto model = open(why);
    ASSERT_TRUE(model) << why;
    std::array<std::byte, 512> sector{};
    sector.fill(std::byte{0x66});
    EXPECT_EQ(model->write(1, 9, sector), 0);
    EXPECT_EQ(model->admin(0, sqe(0x84, 0, {kBlockErase}), {}).status, 0);
    model->advance(milliseconds{700});
    model.reset();
    model = open(why);
    ASSERT_TRUE(model) << why;
    EXPECT_EQ(model->progress(), 70U);
    EXPECT_EQ(model->read(1, 9, sector), 0x01d);
    model->advance(milliseconds{300});
    EXPECT_EQ(model->read(1, 9, sector), 0);
    EXPECT_EQ(sector[0], std::byte{0});
}

TEST_F(NvmeStateFile, OfAnotherDriveIsRefused) {
    std::string why;
    ASSERT_TRUE(open(why)) << why;
    std::filesystem::resize_file(image_, 2 * kSpaceBytes);
    EXPECT_FALSE(open(why));
    EXPECT_THAT(why, testing::HasSubstr("another drive"));
}

}  // namespace
}  // namespace quietus::test::nvme
