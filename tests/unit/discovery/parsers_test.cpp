#include <gtest/gtest.h>

#include "discovery/mounts.h"
#include "discovery/sysfs.h"

namespace quietus::discovery {
namespace {

using namespace std::string_literals;

TEST(MountInfo, ReadsALineOfTheManual) {
    const auto entry = parse_mount_line(
        "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 shared:2 - ext3 /dev/root rw,errors=continue");
    ASSERT_TRUE(entry.has_value());
    EXPECT_EQ(*entry,
              (MountEntry{{98, 0}, "/mnt1", "/mnt2", "ext3", "/dev/root", "rw,errors=continue"}));
}

TEST(MountInfo, TakesAMountPointNamedHyphen) {
    const auto entry = parse_mount_line("36 35 8:1 - - rw - ext4 - rw");
    ASSERT_TRUE(entry.has_value());
    EXPECT_EQ(entry->point, "-");
    EXPECT_EQ(entry->type, "ext4");
}

TEST(MountInfo, RefusesLinesThatAreNone) {
    for (const char* line :
         {"", " ", "-", "36 35 98:0 / / rw", "36 35 x / / rw - a b c", "36 35 1: / / rw - a b c",
          "36 35 8:1 / / rw -", "36 35 8:99999999999 / / rw - a b c"}) {
        EXPECT_FALSE(parse_mount_line(line).has_value()) << line;
    }
}

TEST(MountInfo, UnescapesOnlyWhatTheKernelEscapes) {
    EXPECT_EQ(unescape_octal("a\\040b\\011c\\012d\\134e"), "a b\tc\nd\\e");
    EXPECT_EQ(unescape_octal("\\04"), "\\04");
    EXPECT_EQ(unescape_octal("\\"), "\\");
    EXPECT_EQ(unescape_octal("\\777"), "\\777");
    EXPECT_EQ(unescape_octal("\\377"), "\xff");
}

TEST(Sysfs, ReadsNumbersStrictly) {
    EXPECT_EQ(parse_number("18446744073709551615"), 18446744073709551615U);
    for (const char* text : {"", "-1", "18446744073709551616", "1 ", "0x1"})
        EXPECT_EQ(parse_number(text), std::nullopt) << text;
}

TEST(Sysfs, JoinsLinksByText) {
    EXPECT_EQ(join_path("/sys/class/block", "../../devices/a/b"), "/sys/devices/a/b");
    EXPECT_EQ(join_path("/", "../../.."), "/");
    EXPECT_EQ(node_path("cciss!c0d0"), "/dev/cciss/c0d0");
}

TEST(Sysfs, QuotesForAShell) {
    EXPECT_EQ(shell_word("/srv/a-b_1"), "/srv/a-b_1");
    EXPECT_EQ(shell_word("$(rm)\n"), "'$(rm)\\x0a'");
    EXPECT_EQ(shell_word(""), "''");
}

}  // namespace
}  // namespace quietus::discovery
