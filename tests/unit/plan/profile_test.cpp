#include "plan/profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace quietus {
namespace {

using testing::StartsWith;

Result<Profile> parsed(const std::string& text) {
    return parse_profile(text, "own.toml");
}

std::string passes_of(const Profile& profile) {
    std::string text;
    for (const Pattern& pattern : profile.technique.passes)
        text += (text.empty() ? "" : " ") + to_string(pattern);
    return text;
}

TEST(Profile, SaysEveryPassOnceForEachRound) {
    const Profile profile = parsed(R"(
        name = "acme-2"
        title = "what Acme asks for"
        passes = ["00", "ff", "random", "drawn", "drawn-complement", "pattern:DEADBEEF"]
        rounds = 2
        citation = "Acme policy 7.2"
    )")
                                .value();
    EXPECT_EQ(profile.technique.name, "acme-2");
    EXPECT_EQ(profile.technique.title, "what Acme asks for");
    EXPECT_EQ(passes_of(profile),
              "00 ff keystream drawn:1 drawn-complement:1 pattern:deadbeef "
              "00 ff keystream drawn:2 drawn-complement:2 pattern:deadbeef");
    EXPECT_EQ(profile.technique.rounds, 2);
    EXPECT_EQ(profile.technique.level, Level::clear);
    EXPECT_EQ(profile.technique.verified, std::vector<int>{12});
    EXPECT_EQ(profile.technique.references.at(0).document, "Acme policy 7.2");
    EXPECT_EQ(profile.technique.profile_sha256.size(), 64U);
    EXPECT_FALSE(is_legacy(profile.technique));
}

TEST(Profile, NeedsOnlyANameAndPasses) {
    const std::string text = "name = \"a\"\npasses = [\"zero\", \"ones\", \"pattern:00\"]\n";
    const Profile profile = parsed(text).value();
    EXPECT_EQ(passes_of(profile), "00 ff 00");
    EXPECT_EQ(profile.technique.rounds, 1);
    EXPECT_EQ(profile.technique.title, "own profile a");
    EXPECT_TRUE(profile.technique.references.empty());
    EXPECT_EQ(profile.technique.profile_sha256, sha256_hex(text));
}

TEST(Profile, SaysWhatIsReadBack) {
    const std::string two = "name = \"a\"\npasses = [\"00\", \"ff\"]\n";
    EXPECT_EQ(parsed(two + "verify = \"last\"").value().technique.verified, std::vector<int>{2});
    EXPECT_EQ(parsed(two + "verify = \"each\"").value().technique.verified,
              (std::vector<int>{1, 2}));
    const Profile none = parsed(two + "verify = \"none\"").value();
    EXPECT_TRUE(none.reads_nothing_back);
    EXPECT_TRUE(none.technique.verified.empty());
    EXPECT_FALSE(parsed(two).value().reads_nothing_back);
}

TEST(Profile, ABadOneIsOneLineThatSaysWhereAndWhatToDo) {
    const std::string many = "name = \"a\"\npasses = [\"random\"]\nrounds = 101";
    const std::string product = "name = \"a\"\npasses = [\"random\", \"00\", \"ff\"]\nrounds = 34";
    const std::string wide =
        "name = \"a\"\npasses = [\"pattern:" + std::string(2 * 4097, 'a') + "\"]";
    const std::string long_ones =
        "name = \"a\"\npasses = [\"pattern:" + std::string(2 * 4096, 'a') + "\"]\nrounds = 5";
    for (const auto& [text, message] : std::vector<std::pair<std::string, std::string>>{
             {"", "own.toml:1: there is no name"},
             {"name = \"a\"", "own.toml:1: there is no passes"},
             {"name = \n", "own.toml:1: "},
             {"name = \"a\"\nname = \"b\"\npasses = [\"00\"]", "own.toml:2: "},
             {"passes = [\"00\"]\nname = 7", "own.toml:2: name must be a string"},
             {"name = \"A B\"", "own.toml:1: not a name: 'A B'"},
             {"name = \"\"", "own.toml:1: not a name"},
             {"name = \"" + std::string(65, 'a') + "\"", "own.toml:1: not a name"},
             {"name = \"gutmann\"\npasses = [\"00\"]",
              "own.toml:1: 'gutmann' is the name of a technique of quietus"},
             {"name = \"dodshort\"\npasses = [\"00\"]", "own.toml:1: 'dodshort' is the name"},
             {"name = \"a\"\npasses = []", "own.toml:2: passes is not a list"},
             {"name = \"a\"\npasses = \"00\"", "own.toml:2: passes is not a list"},
             {"name = \"a\"\npasses = [\n\"00\",\n7]", "own.toml:4: a pass is not a string"},
             {"name = \"a\"\npasses = [\"0x00\"]", "own.toml:2: not a pattern: '0x00'"},
             {"name = \"a\"\npasses = [\"drawn:1\"]", "own.toml:2: not a pattern"},
             {"name = \"a\"\npasses = [\"pattern:\"]", "own.toml:2: not a pattern"},
             {"name = \"a\"\npasses = [\"gutmann\"]", "own.toml:2: not a pattern"},
             {"name = \"a\"\npasses = [\"drawn-complement\", \"drawn\"]",
              "own.toml:2: drawn-complement without a drawn before it"},
             {wide, "own.toml:2: not a pattern"},
             {long_ones, "own.toml:2: the patterns have more than 16384 bytes together"},
             {many, "own.toml:3: rounds is not a number from 1 to 100"},
             {"name = \"a\"\npasses = [\"00\"]\nrounds = 0", "own.toml:3: rounds"},
             {"name = \"a\"\npasses = [\"00\"]\nrounds = \"2\"", "own.toml:3: rounds"},
             {product, "own.toml:2: passes times rounds is more than 100"},
             {"name = \"a\"\npasses = [\"00\"]\nverify = \"full\"",
              "own.toml:3: unknown verification 'full'"},
             {"name = \"a\"\npasses = [\"00\"]\nlevel = \"purge\"",
              "own.toml:3: unknown key 'level'"},
             {"name = \"a\"\npasses = [\"00\"]\ntitle = \"a\\u001b[2J\"",
              "own.toml:3: title is no printable line"},
             {"name = \"a\"\npasses = [\"00\"]\ncitation = \"\"",
              "own.toml:3: citation is no printable line"},
             {"\xff\xfe", "own.toml:1: "},
             {std::string(kProfileSizeMax + 1, '#'), "own.toml: too large"}}) {
        SCOPED_TRACE(text.substr(0, 80));
        const auto refused = parsed(text);
        ASSERT_FALSE(refused.has_value());
        EXPECT_EQ(refused.error().code, ErrorCode::bad_evidence);
        EXPECT_THAT(refused.error().message, StartsWith(message));
        EXPECT_EQ(refused.error().message.find_first_of("\n\x1b"), std::string::npos);
        EXPECT_FALSE(refused.error().hint.empty());
    }
}

}  // namespace
}  // namespace quietus
