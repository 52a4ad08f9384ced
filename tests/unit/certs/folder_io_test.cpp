#include "certs/folder_io.h"

#include <filesystem>
#include <unistd.h>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/file.h"
#include "unit/certs/evidence_fixture.h"

namespace quietus::certs {
namespace {

using namespace testing;

const Folder kFolder{{"certificate.json", "{}"}, {"certificate.p7s", std::string("\0x", 2)}};

ErrorCode code_of(const Result<Folder>& read) {
    return read ? ErrorCode::internal : read.error().code;
}

TEST(FolderIo, ReadsBackWhatItWrote) {
    const TemporaryFolder temporary;
    const std::string path = write_folder(temporary.path() + "/new", "drive", kFolder).value();
    EXPECT_EQ(path, temporary.path() + "/new/drive");
    EXPECT_EQ(read_folder(path).value(), kFolder);
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator{temporary.path() + "/new"}, {}), 1);
}

TEST(FolderIo, LeavesOutWhatACrashLeftOnlyInFoldersOfItsOwn) {
    const TemporaryFolder temporary;
    const std::string path = write_folder(temporary.path(), "drive", kFolder).value();
    ASSERT_TRUE(create_file_durably(path + "/certificate.tsr.tmp-1a2b", "half", 0600).has_value());
    EXPECT_EQ(read_own_folder(path).value(), kFolder);
    EXPECT_EQ(read_folder(path).value().size(), kFolder.size() + 1) << "evidence has no such file";
}

TEST(FolderIo, TakesItsOwnWorkForDoneAndAnothersForTaken) {
    const TemporaryFolder temporary;
    ASSERT_TRUE(write_folder(temporary.path(), "drive", kFolder).has_value());
    EXPECT_TRUE(write_folder(temporary.path(), "drive", kFolder).has_value());
    Folder other = kFolder;
    other["certificate.json"] = "[]";
    const auto again = write_folder(temporary.path(), "drive", other);
    ASSERT_FALSE(again.has_value());
    EXPECT_EQ(again.error().sys_errno, EEXIST);
    EXPECT_EQ(read_folder(temporary.path() + "/drive").value(), kFolder);
    EXPECT_FALSE(std::filesystem::exists(temporary.path() + "/.partial-drive"));
}

TEST(FolderIo, ClearsTheRemainsOfARunThatWasCutOff) {
    const TemporaryFolder temporary;
    ASSERT_TRUE(make_directories(temporary.path() + "/.partial-drive", 0755).has_value());
    ASSERT_TRUE(
        create_file_durably(temporary.path() + "/.partial-drive/certificate.json", "half", 0600)
            .has_value());
    ASSERT_TRUE(write_folder(temporary.path(), "drive", kFolder).has_value());
    EXPECT_EQ(read_folder(temporary.path() + "/drive").value(), kFolder);
}

TEST(FolderIo, RefusesLinksFoldersPipesAndTooMuch) {
    const TemporaryFolder temporary;
    const std::string path = write_folder(temporary.path(), "drive", kFolder).value();
    ASSERT_EQ(symlink("certificate.json", (path + "/link").c_str()), 0);
    EXPECT_EQ(code_of(read_folder(path)), ErrorCode::not_authentic);
    ASSERT_EQ(unlink((path + "/link").c_str()), 0);
    ASSERT_EQ(mkfifo((path + "/pipe").c_str(), 0600), 0);
    EXPECT_EQ(code_of(read_folder(path)), ErrorCode::not_authentic);
    ASSERT_EQ(unlink((path + "/pipe").c_str()), 0);
    ASSERT_EQ(mkdir((path + "/sub").c_str(), 0700), 0);
    EXPECT_EQ(code_of(read_folder(path)), ErrorCode::not_authentic);
    ASSERT_EQ(rmdir((path + "/sub").c_str()), 0);
    ASSERT_TRUE(create_file_durably(path + "/big", "", 0600).has_value());
    ASSERT_EQ(truncate((path + "/big").c_str(), 1LL << 40), 0);
    EXPECT_EQ(code_of(read_folder(path)), ErrorCode::not_authentic);
    ASSERT_EQ(unlink((path + "/big").c_str()), 0);
    for (int i = 0; i < 70; ++i)
        ASSERT_TRUE(create_file_durably(path + "/f" + std::to_string(i), "", 0600).has_value());
    EXPECT_EQ(code_of(read_folder(path)), ErrorCode::not_authentic);
}

TEST(FolderIo, AsksForAFolderWhereThereIsNone) {
    const TemporaryFolder temporary;
    EXPECT_EQ(code_of(read_folder(temporary.path() + "/none")), ErrorCode::usage);
    ASSERT_TRUE(create_file_durably(temporary.path() + "/file", "", 0600).has_value());
    EXPECT_EQ(code_of(read_folder(temporary.path() + "/file")), ErrorCode::usage);
}

}  // namespace
}  // namespace quietus::certs
