#include "engine/journal.h"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/bytes.h"
#include "base/file.h"
#include "base/units.h"
#include "support/loop_device.h"

namespace quietus::engine {
namespace {

using testing::HasSubstr;

constexpr UtcTime kNow{1'790'000'000'000};

class JournalFile : public testing::Test {
  protected:
    Journal made(int lines) {
        auto journal = Journal::create(path_);
        EXPECT_TRUE(journal.has_value()) << journal.error().message;
        for (int i = 0; i < lines; ++i)
            EXPECT_TRUE(journal->append({{"event", "x"}, {"i", i}}, kNow, i % 2 == 0).has_value());
        return std::move(*journal);
    }
    std::string bytes() const { return read_whole_file(path_, kMiB).value(); }
    void overwrite(const std::string& text) const {
        std::ofstream file{path_, std::ios::trunc | std::ios::binary};
        file << text;
    }

    test::ScratchFolder scratch_;
    std::string path_ = scratch_.path() + "/a.jsonl";
};

TEST_F(JournalFile, EachLineNamesTheDigestOfTheLineBefore) {
    const Journal journal = made(3);
    EXPECT_EQ(bytes(), journal.text());
    std::string previous(64, '0');
    std::size_t at = 0;
    for (std::uint64_t n = 0; n < 3; ++n) {
        const std::size_t end = journal.text().find('\n', at);
        const std::string line = journal.text().substr(at, end - at);
        const Json entry = parse_json(line).value();
        EXPECT_EQ(integer_member(entry, "n").value(), n);
        EXPECT_EQ(string_member(entry, "prev").value(), previous);
        EXPECT_EQ(string_member(entry, "t").value(), to_rfc3339(kNow));
        EXPECT_EQ(entry, journal.entries()[n]);
        previous = sha256_hex(line);
        at = end + 1;
    }
    EXPECT_EQ(at, journal.text().size());
}

TEST_F(JournalFile, IsReadableByItsOwnerAloneBecauseItHoldsKeys) {
    const ::mode_t mask = ::umask(0);
    const Journal journal = made(1);
    ::umask(mask);
    struct stat status {};
    ASSERT_EQ(::stat(path_.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0600U);
}

TEST_F(JournalFile, NeverOverwritesAJournalThatIsThere) {
    made(2);
    const std::string before = bytes();
    EXPECT_EQ(Journal::create(path_).error().sys_errno, EEXIST);
    EXPECT_EQ(bytes(), before);
}

TEST_F(JournalFile, DoesNotFollowALinkSomebodyHasLaid) {
    const std::string target = scratch_.path() + "/precious";
    ASSERT_EQ(::symlink(target.c_str(), path_.c_str()), 0);
    EXPECT_FALSE(Journal::create(path_).has_value());
    EXPECT_NE(::access(target.c_str(), F_OK), 0);
}

TEST_F(JournalFile, CannotBeMadeInAFolderThatIsNotThere) {
    EXPECT_EQ(Journal::create(scratch_.path() + "/no/such/folder").error().sys_errno, ENOENT);
}

TEST_F(JournalFile, IsReadBackWhole) {
    const Journal journal = made(5);
    const auto contents = read_journal(path_);
    ASSERT_TRUE(contents.has_value()) << contents.error().message;
    EXPECT_EQ(contents->entries, journal.entries());
    EXPECT_EQ(contents->text, journal.text());
    EXPECT_FALSE(contents->torn_tail);
}

TEST_F(JournalFile, GoesOnWhereItEndedAfterBeingReopened) {
    { made(2); }
    auto again = Journal::reopen(path_);
    ASSERT_TRUE(again.has_value()) << again.error().message;
    ASSERT_TRUE(again->append({{"event", "more"}}, kNow, true).has_value());
    EXPECT_EQ(again->entries().size(), 3U);
    const auto contents = read_journal(path_);
    ASSERT_TRUE(contents.has_value()) << contents.error().message;
    EXPECT_EQ(contents->entries.size(), 3U);
    EXPECT_EQ(contents->text, again->text());
}

TEST_F(JournalFile, TheRunThatWritesItHoldsIt) {
    {
        const Journal alive = made(2);
        const auto other = Journal::reopen(path_);
        ASSERT_FALSE(other.has_value());
        EXPECT_EQ(other.error().code, ErrorCode::busy);
        EXPECT_TRUE(read_journal(path_).has_value()) << "who only reads is not in the way";
    }
    EXPECT_TRUE(Journal::reopen(path_).has_value());
}

TEST_F(JournalFile, WhatACrashToreOffIsCutWhereverItTore) {
    const std::string whole = made(3).text();
    const std::size_t last = whole.rfind('\n', whole.size() - 2) + 1;
    for (std::size_t size = last; size < whole.size(); ++size) {
        overwrite(whole.substr(0, size));
        const auto contents = read_journal(path_);
        ASSERT_TRUE(contents.has_value()) << size << ": " << contents.error().message;
        EXPECT_EQ(contents->entries.size(), 2U);
        EXPECT_EQ(contents->torn_tail, size != last);
        auto again = Journal::reopen(path_);
        ASSERT_TRUE(again.has_value());
        EXPECT_EQ(bytes(), whole.substr(0, last));
        ASSERT_TRUE(again->append({{"event", "after"}}, kNow, false).has_value());
        ASSERT_TRUE(read_journal(path_).has_value()) << size;
    }
}

TEST_F(JournalFile, AnEmptyOneHasNoEntriesAndCanBeBegun) {
    { made(0); }
    auto again = Journal::reopen(path_);
    ASSERT_TRUE(again.has_value()) << again.error().message;
    ASSERT_TRUE(again->append({{"event", "x"}}, kNow, true).has_value());
    EXPECT_TRUE(read_journal(path_).has_value());
}

TEST_F(JournalFile, AnyByteChangedInAnyLineButTheLastIsFound) {
    const Journal journal = made(3);
    const std::string whole = journal.text();
    const std::size_t last = whole.rfind('\n', whole.size() - 2) + 1;
    for (std::size_t at = 0; at < last; ++at) {
        std::string changed = whole;
        changed[at] = static_cast<char>(changed[at] ^ 1);
        overwrite(changed);
        const auto contents = read_journal(path_);
        ASSERT_FALSE(contents.has_value()) << at;
        EXPECT_EQ(contents.error().code, ErrorCode::bad_evidence);
        EXPECT_FALSE(Journal::reopen(path_).has_value());
    }
}

TEST_F(JournalFile, ALineTakenOutSwappedOrDoubledIsFound) {
    const Journal journal = made(3);
    const std::string& text = journal.text();
    const std::size_t one = text.find('\n') + 1;
    const std::size_t two = text.find('\n', one) + 1;
    const std::string a = text.substr(0, one);
    const std::string b = text.substr(one, two - one);
    const std::string c = text.substr(two);
    for (const std::string& order :
         {b + c, a + c, a + c + b, a + a + b + c, b + a + c, "\n" + text, text + "\n"}) {
        overwrite(order);
        const auto contents = read_journal(path_);
        ASSERT_FALSE(contents.has_value()) << order;
        EXPECT_EQ(contents.error().code, ErrorCode::bad_evidence);
    }
}

TEST_F(JournalFile, TheNumberIsCheckedAlsoWhereTheChainHolds) {
    overwrite(canonical_json({{"n", 7}, {"prev", std::string(64, '0')}}) + "\n");
    EXPECT_THAT(read_journal(path_).error().message, HasSubstr("line 1: numbered wrongly"));
}

// A disk that fills up in the middle of a line: here a limit on the size of files.
TEST_F(JournalFile, ALineThatDidNotFitSpoilsNothingBeforeOrAfterIt) {
    Journal journal = made(2);
    const std::string before = journal.text();
    rlimit old{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old), 0);
    auto* const handler = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit tight{.rlim_cur = before.size() + 10, .rlim_max = old.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &tight), 0);
    const auto failed = journal.append({{"event", "too long"}}, kNow, true);
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &old), 0);
    std::signal(SIGXFSZ, handler);
    ASSERT_FALSE(failed.has_value());
    EXPECT_EQ(journal.text(), before);
    ASSERT_TRUE(journal.append({{"event", "close"}}, kNow, true).has_value());
    const auto contents = read_journal(path_);
    ASSERT_TRUE(contents.has_value()) << contents.error().message;
    EXPECT_EQ(contents->text, journal.text());
}

}  // namespace
}  // namespace quietus::engine
