// What each named drive does when it is erased, seen from the host and from behind.

#include "support/nvme_personality.h"

#include <algorithm>
#include <map>

#include "nvme_drive.h"

namespace quietus::test::nvme {
namespace {

using std::chrono::milliseconds;

std::string hex(std::uint32_t value) {
    std::array<char, 16> text{};
    static_cast<void>(std::snprintf(text.data(), text.size(), "%x", value));
    return text.data();
}

std::string looks_like(std::span<const std::byte> bytes) {
    const auto all = [&](std::byte value) {
        return std::ranges::all_of(bytes, [&](std::byte each) { return each == value; });
    };
    if (all(kOldData)) return "data";
    if (all(std::byte{0})) return "zeros";
    if (bytes[0] == std::byte{0x33} && bytes[1] == std::byte{0xcc} && bytes[2] == std::byte{0x55} &&
        bytes[3] == std::byte{0xaa} && std::ranges::equal(bytes.subspan(4), bytes.first(508))) {
        return "33cc55aa";
    }
    return "other";
}

// The first and the last sector, as the host sees them.
std::string host_sees(Drive& drive) {
    std::string out;
    for (const std::uint64_t lba : {std::uint64_t{0}, drive->lba_count(1) - 1}) {
        std::array<std::byte, 512> sector{};
        const auto status = drive.read(lba, sector);
        out += (out.empty() ? "" : "+") + (status != 0 ? hex(status) : looks_like(sector));
    }
    return out;
}

std::string medium_holds(std::span<const std::byte> medium) {
    const bool first = holds_old_data(medium.first(medium.size() / 2));
    const bool second = holds_old_data(medium.last(medium.size() / 2));
    if (first && second) return "data";
    if (!first && !second) return "gone";
    return first ? "data+gone" : "gone+data";
}

// The whole life: the first erase it offers, all the time in the world, and a look at everything.
std::string life_of(const Personality& personality) {
    Drive drive{personality};
    const unsigned can = personality.sanicap & 7U;
    std::string out;
    if (can != 0) {
        // Without NDAS. Overwrite once, with zeros.
        const unsigned action = (can & 2U) != 0 ? 2 : (can & 1U) != 0 ? 4 : 0x13;
        out = "sanitize " + hex(drive.sanitize(action));
    } else {
        out = "format " + hex(drive.format(0xffffffff, 1U << 9U));
    }
    // Twice: what is left of the time when the power went is lost.
    for (int i = 0; i < 2; ++i) drive->advance(milliseconds{100'000});
    if (!drive->present()) {
        out += " vanished";
    } else {
        out += " log " + hex(drive.sstat()) + "/" + hex(get32(drive.log(0x81), 4)) + " host " +
               host_sees(drive);
    }
    return out + " media " + medium_holds(drive.medium(1)) + " hidden " +
           medium_holds(drive.medium(2)) + " free " + medium_holds(drive.medium(3));
}

// GDE is bit 8 of SSTAT: 101 is success. Data that the media keep are beyond a host's sight.
const std::map<std::string, std::string>& lives() {
    static const std::string kWhole =
        "sanitize 0 log 101/2 host zeros+zeros media gone hidden gone free gone";
    static const std::string kKept = " host data+data media data hidden data free data";
    static const std::map<std::string, std::string> kLives{
        {"honest", kWhole},
        {"block-only", kWhole},
        {"crypto-only", "sanitize 0 log 101/4 host zeros+zeros media gone hidden gone free gone"},
        {"overwrite-only",
         "sanitize 0 log 109/13 host zeros+zeros media gone hidden gone free gone"},
        {"block-and-crypto", kWhole},
        {"keeps-allocated", kWhole},
        {"verifiable", kWhole},
        {"no-deallocate-inhibited", kWhole},
        {"no-sanitize", "format 0 log 0/0 host zeros+zeros media gone hidden data free data"},
        {"no-erase", "format 4001 log 0/0" + kKept},
        {"format-only-user-data",
         "format 0 log 0/0 host zeros+zeros media gone hidden data free data"},
        {"format-attached-only",
         "format 0 log 0/0 host zeros+zeros media gone hidden data free data"},
        {"format-everything", "format 0 log 0/0 host zeros+zeros media gone hidden gone free data"},
        {"instant", kWhole},
        {"slow", kWhole},
        {"worn", kWhole},
        {"reserved-areas", kWhole},
        {"vendor-pattern",
         "sanitize 0 log 101/2 host 33cc55aa+33cc55aa media gone hidden gone free gone"},
        {"random-remains",
         "sanitize 0 log 101/4 host other+other media gone hidden gone free gone"},
        {"unreadable-remains",
         "sanitize 0 log 101/2 host 4281+4281 media gone hidden gone free gone"},
        {"lying", "sanitize 0 log 101/2" + kKept},
        {"half-erasing",
         "sanitize 0 log 101/2 host zeros+data media gone+data hidden gone+data free gone+data"},
        {"keeps-hidden", "sanitize 0 log 101/2 host zeros+zeros media gone hidden data free data"},
        {"unmaps-only", "sanitize 0 log 101/2 host zeros+zeros media data hidden data free data"},
        {"format-ignores-ses", "format 0 log 0/0" + kKept},
        {"wrong-echo", "sanitize 0 log 101/3 host zeros+zeros media gone hidden gone free gone"},
        {"log-unchanged", "sanitize 0 log 0/0" + kKept},
        {"log-says-success-already", "sanitize 0 log 1/2" + kKept},
        {"sanitized-before", kWhole},
        {"fake-capacity", kWhole},
        {"another-drive", kWhole},
        {"stalling", "sanitize 0 log 2/2 host 1d+1d media gone hidden data free data"},
        {"failing", "sanitize 0 log 3/2 host 401c+401c media gone hidden data free data"},
        {"failing-restricted",
         "sanitize 0 log 3/2 host 401c+401c media gone hidden data free data"},
        {"failing-unrestricted",
         "sanitize 0 log 3/2 host 401c+401c media gone hidden data free data"},
        {"forgetful", "sanitize 0 log 0/0 host zeros+zeros media gone hidden data free data"},
        {"losing-power", kWhole},
        {"vanishing", "sanitize 0 vanished media gone hidden data free data"},
        {"format-failing", "format 6 log 0/0 host 4082+4082 media data hidden data free data"},
        {"block-sid", "sanitize 4001 log 0/0" + kKept},
        {"block-sid-format", "sanitize 410a log 0/0" + kKept},
        {"pmr-enabled", "sanitize 4123 log 0/0" + kKept},
        {"firmware-pending", "sanitize 410b log 0/0" + kKept},
        {"lockdown", "sanitize 4028 log 0/0" + kKept},
        {"strings-ansi", kWhole},
        {"strings-nul", kWhole},
        {"strings-utf8", kWhole},
        {"strings-ff", kWhole},
        {"strings-blank", kWhole},
    };
    return kLives;
}

TEST(NvmePersonality, HasTheLifeItsNamePromises) {
    for (const Personality& personality : personalities()) {
        const auto found = lives().find(personality.name);
        ASSERT_NE(found, lives().end()) << personality.name << " has no row";
        EXPECT_EQ(life_of(personality), found->second) << personality.name;
    }
    EXPECT_EQ(personalities().size(), lives().size());
}

TEST(NvmePersonality, NamesAreUniqueAndTheFirstIsHonest) {
    EXPECT_EQ(personalities().front().name, "honest");
    for (const Personality& drive : personalities()) {
        EXPECT_EQ(personality(drive.name)->name, drive.name);
        EXPECT_EQ(std::ranges::count(personalities(), drive.name, &Personality::name), 1);
    }
    EXPECT_FALSE(personality("honset").has_value());
}

TEST(NvmePersonality, KnobsAreTurnedByText) {
    Personality drive;
    std::string why;
    for (const char* text :
         {"sanicap=0x20000002", "fails_at=40", "stalls_at=never", "sanitize_takes=2500",
          "after_block=unreadable", "pmr_enabled=1", "sanitize_does=attached_only",
          "failure=restricted", "serial=A\\x00B=\\xff", "media_errors=18446744073709551615"}) {
        EXPECT_TRUE(turn(drive, text, why)) << text << ": " << why;
    }
    EXPECT_EQ(drive.sanicap, 0x20000002U);
    EXPECT_EQ(drive.fails_at, 40);
    EXPECT_EQ(drive.stalls_at, kNever);
    EXPECT_EQ(drive.sanitize_takes, milliseconds{2500});
    EXPECT_EQ(drive.after_block, Remains::unreadable);
    EXPECT_TRUE(drive.pmr_enabled);
    EXPECT_EQ(drive.sanitize_does, Erasure::attached_only);
    EXPECT_EQ(drive.failure, Failure::restricted);
    EXPECT_EQ(drive.serial, (std::string{"A\0B=\xff", 5}));
    EXPECT_EQ(drive.media_errors, ~0ULL);
    for (const char* text :
         {"", "sanicap", "sanicap=", "sanicap=0x100000000", "fails_at=256", "pmr_enabled=2",
          "after_block=sand", "knob=1", "serial=\\x0", "kelvin=-1"}) {
        EXPECT_FALSE(turn(drive, text, why)) << text;
        EXPECT_FALSE(why.empty());
    }
}

}  // namespace
}  // namespace quietus::test::nvme
