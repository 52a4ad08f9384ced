#include "plan/technique.h"

#include <gtest/gtest.h>

#include "plan/goal.h"

namespace quietus {
namespace {

TEST(Technique, TheTableHoldsSinglePassesWithTheirDocuments) {
    for (const Technique& row : technique_table()) {
        EXPECT_EQ(row.passes.size(), 1U) << row.name;
        EXPECT_EQ(find_technique(row.name).value(), row);
        for (const Citation& citation : row.references) {
            EXPECT_FALSE(citation.status.empty()) << row.name;
            EXPECT_EQ(citation.document.find("IEEE"), std::string::npos)
                << "not read, so not cited";
        }
    }
    EXPECT_EQ(find_technique(kDefaultTechnique).value().passes[0], Pattern{KeystreamPattern{}});
    EXPECT_EQ(to_string(find_technique("zero").value().passes[0]), "00");
    EXPECT_EQ(to_string(find_technique("ones").value().passes[0]), "ff");
}

TEST(Technique, APatternIsOneTo4096Bytes) {
    const Technique technique = find_technique("pattern:DEADbeef").value();
    EXPECT_EQ(technique.name, "pattern:deadbeef");
    EXPECT_EQ(to_string(technique.passes[0]), "pattern:deadbeef");
    EXPECT_TRUE(find_technique("pattern:" + std::string(2 * 4096, 'a')).has_value());
    for (const std::string& wrong :
         {std::string{"pattern:"}, "pattern:" + std::string(2 * 4097, 'a'),
          std::string{"pattern:abc"}, std::string{"pattern:zz"}, std::string{"pattern"},
          std::string{"Random"}, std::string{}, std::string{"gutmann"}}) {
        const auto refused = find_technique(wrong);
        ASSERT_FALSE(refused.has_value()) << wrong;
        EXPECT_EQ(refused.error().code, ErrorCode::usage) << wrong;
    }
}

TEST(Technique, AnUnknownNameIsAnsweredWithTheKnownOnes) {
    const Error error = find_technique("dod\x1b").error();
    EXPECT_EQ(error.message, "unknown technique 'dod\\x1b'");
    EXPECT_EQ(error.hint, "one of random, zero, ones, pattern:HEX");
}

TEST(Pattern, TakesOnlyItsOwnSpelling) {
    for (const char* text : {"keystream", "00", "ff", "pattern:aa", "pattern:0000"}) {
        EXPECT_EQ(to_string(parse_pattern(text).value()), text);
    }
    for (const char* text : {"", "aa", "FF", "pattern:00", "pattern:AA", "pattern:", "random"}) {
        EXPECT_FALSE(parse_pattern(text).has_value()) << text;
    }
}

TEST(Goal, WordsReadBackAsTheyPrint) {
    for (const Purpose purpose : {Purpose::internal_reuse, Purpose::external_reuse,
                                  Purpose::manufacturer, Purpose::recycler, Purpose::destruction}) {
        EXPECT_EQ(parse_purpose(to_string(purpose)).value(), purpose);
    }
    EXPECT_EQ(parse_level("purge").value(), Level::purge);
    EXPECT_EQ(parse_verify_mode("sample").value(), VerifyMode::sample);
    EXPECT_EQ(parse_level("destroy").error().code, ErrorCode::usage);
    EXPECT_EQ(parse_level("destroy").error().hint, "one of clear, purge");
}

TEST(Goal, ADriveThatLeavesNeedsPurge) {
    EXPECT_EQ(level_needed(Purpose::internal_reuse), Level::clear);
    EXPECT_EQ(level_needed(Purpose::destruction), Level::clear);
    for (const Purpose purpose :
         {Purpose::external_reuse, Purpose::manufacturer, Purpose::recycler}) {
        EXPECT_EQ(level_needed(purpose), Level::purge) << to_string(purpose);
    }
}

}  // namespace
}  // namespace quietus
