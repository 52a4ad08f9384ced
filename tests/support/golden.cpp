#include "support/golden.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

namespace quietus::test {

namespace {

void write(const std::filesystem::path& path, const std::string& text) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream{path, std::ios::binary} << text;
}

}  // namespace

void expect_golden(const std::string& name, const std::string& text) {
    const auto path = std::filesystem::path{QUIETUS_SOURCE_DIR} / "tests/golden" / name;
    const char* update = std::getenv("UPDATE_GOLDEN");
    if (update != nullptr && std::string_view{update} == "1") return write(path, text);
    if (!std::filesystem::exists(path)) {
        write(path, text);
        FAIL() << path << " was missing and is written now: review it, then run again";
    }
    std::ifstream file{path, std::ios::binary};
    const std::string expected{std::istreambuf_iterator<char>{file}, {}};
    EXPECT_EQ(text, expected) << "differs from " << path << "; UPDATE_GOLDEN=1 rewrites it";
}

}  // namespace quietus::test
