#include "plan/technique.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "plan/goal.h"

namespace quietus {
namespace {

std::string passes_of(const std::string& name) {
    std::string text;
    const Technique technique = find_technique(name).value();
    for (const Pattern& pattern : technique.passes)
        text += (text.empty() ? "" : " ") + to_string(pattern);
    return text;
}

TEST(Technique, EveryRowSaysWhereItComesFromAndOverwritingClaimsNoMoreThanClear) {
    for (const Technique& row : technique_table()) {
        SCOPED_TRACE(row.name);
        EXPECT_EQ(find_technique(row.name).value(), row);
        if (!is_device_technique(row)) {
            EXPECT_EQ(row.level, Level::clear) << "more passes never mean a higher level";
        }
        EXPECT_NE(row.passes.empty(), row.commands.empty());
        EXPECT_LE(row.passes.size(), kPassesMax);
        EXPECT_TRUE(
            std::any_of(std::begin(kStandings), std::end(kStandings),
                        [&](std::string_view word) { return row.status.starts_with(word); }))
            << row.status;
        EXPECT_FALSE(row.references.empty());
        for (const Citation& citation : row.references) {
            EXPECT_FALSE(citation.document.empty() || citation.edition.empty() ||
                         citation.status.empty() || citation.relation.empty());
            EXPECT_EQ(citation.document.find("IEEE"), std::string::npos)
                << "not read, so not cited";
        }
        for (const int pass : row.verified) {
            EXPECT_GE(pass, 1);
            EXPECT_LE(static_cast<std::size_t>(pass), row.passes.size());
        }
    }
    EXPECT_EQ(passes_of(std::string{kDefaultTechnique}), "keystream");
}

// Written from the documents' lists a second time, so that a slip in the table shows.
TEST(Technique, EachRowHasExactlyThePassesOfItsDocument) {
    const std::string r = "keystream";
    for (const auto& [name, passes] : std::vector<std::pair<std::string, std::string>>{
             {"random", r},
             {"zero", "00"},
             {"ones", "ff"},
             {"dod-3", "drawn:1 drawn-complement:1 " + r},
             {"dod-ece-7",
              "drawn:1 drawn-complement:1 keystream drawn:2 drawn:3 "
              "drawn-complement:3 keystream"},
             {"rcmp-ops-2", "00 ff 00 ff 00 ff keystream"},
             {"csec-itsg-06", "drawn:1 drawn-complement:1 keystream"},
             {"navso-p-5239-26", "ff pattern:27ffffff keystream"},
             {"bsi-vsitr", "00 ff 00 ff 00 ff pattern:aa"},
             {"bsi-2011-vs", "keystream ff"},
             {"hmg-is5-baseline", "00"},
             {"hmg-is5-enhanced", "00 ff keystream"},
             {"schneier-7", "ff 00 keystream keystream keystream keystream keystream"},
             {"pfitzner-7", r + " " + r + " " + r + " " + r + " " + r + " " + r + " " + r},
             {"afssi-5020", "00 ff drawn:1"},
             {"ar-380-19", "keystream drawn:1 drawn-complement:1"},
             {"gutmann",
              "keystream keystream keystream keystream pattern:55 pattern:aa pattern:924924 "
              "pattern:492492 pattern:249249 00 pattern:11 pattern:22 pattern:33 pattern:44 "
              "pattern:55 pattern:66 pattern:77 pattern:88 pattern:99 pattern:aa pattern:bb "
              "pattern:cc pattern:dd pattern:ee ff pattern:924924 pattern:492492 pattern:249249 "
              "pattern:6db6db pattern:b6db6d pattern:db6db6 keystream keystream keystream "
              "keystream"}}) {
        EXPECT_EQ(passes_of(name), passes) << name;
    }
    EXPECT_EQ(find_technique("gutmann").value().passes.size(), 35U);
    EXPECT_EQ(find_technique("pfitzner-33").value().passes,
              std::vector<Pattern>(33, KeystreamPattern{}));
    EXPECT_EQ(technique_table().size(), 22U) << "a new row needs a line here";
    EXPECT_EQ(
        find_technique("nvme-sanitize-crypto-block").value().commands,
        (std::vector{DeviceCommand::nvme_sanitize_crypto, DeviceCommand::nvme_sanitize_block}));
    for (const DeviceCommand command :
         {DeviceCommand::nvme_sanitize_block, DeviceCommand::nvme_sanitize_crypto,
          DeviceCommand::nvme_sanitize_overwrite}) {
        const Technique row = find_technique(to_string(command)).value();
        EXPECT_EQ(row.commands, std::vector{command});
        EXPECT_EQ(row.level,
                  command == DeviceCommand::nvme_sanitize_crypto ? Level::clear : Level::purge);
    }
}

TEST(Technique, StandingIsSaidWhereItIsNotPlain) {
    EXPECT_TRUE(find_technique("hmg-is5-enhanced").value().status.starts_with("disputed"));
    EXPECT_TRUE(find_technique("csec-itsg-06").value().status.starts_with("superseded by ITSP"));
    EXPECT_EQ(find_technique("bsi-2011-vs").value().verified, std::vector<int>{1});
    EXPECT_FALSE(is_legacy(find_technique("zero").value()));
    for (const Technique& row : technique_table())
        EXPECT_EQ(is_legacy(row), !is_device_technique(row) && row.name != "random" &&
                                      row.name != "zero" && row.name != "ones");
    for (const char* name : {"gutmann", "navso-p-5239-26", "bsi-2011-vs", "rcmp-ops-2", "dod-3"})
        EXPECT_FALSE(find_technique(name).value().note.empty()) << name << " departs and says so";
}

TEST(Technique, TheWordsOfNwipeNameOurRows) {
    for (const auto& [word, name] :
         std::vector<std::pair<const char*, const char*>>{{"dodshort", "dod-3"},
                                                          {"dod3pass", "dod-3"},
                                                          {"dod", "dod-ece-7"},
                                                          {"dod522022m", "dod-ece-7"},
                                                          {"gutmann", "gutmann"},
                                                          {"ops2", "rcmp-ops-2"},
                                                          {"random", "random"},
                                                          {"prng", "random"},
                                                          {"stream", "random"},
                                                          {"zero", "zero"},
                                                          {"quick", "zero"},
                                                          {"one", "ones"},
                                                          {"is5enh", "hmg-is5-enhanced"},
                                                          {"bruce7", "schneier-7"}}) {
        EXPECT_EQ(find_technique(word).value().name, name) << word;
    }
    for (const TechniqueAlias& alias : technique_aliases()) {
        for (const Technique& row : technique_table()) EXPECT_NE(alias.word, row.name);
        EXPECT_EQ(find_technique(alias.word).value().name, alias.name);
    }
    EXPECT_EQ(aliases_of("dod-3"), (std::vector<std::string>{"dodshort", "dod3pass"}));
    EXPECT_EQ(find_technique("verify_zero").error().hint,
              "reading only is quietus verify DEVICE --technique zero");
}

TEST(Technique, APatternIsOneTo4096Bytes) {
    const Technique technique = find_technique("pattern:DEADbeef").value();
    EXPECT_EQ(technique.name, "pattern:deadbeef");
    EXPECT_EQ(to_string(technique.passes[0]), "pattern:deadbeef");
    EXPECT_TRUE(find_technique("pattern:" + std::string(2 * 4096, 'a')).has_value());
    for (const std::string& wrong :
         {std::string{"pattern:"}, "pattern:" + std::string(2 * 4097, 'a'),
          std::string{"pattern:abc"}, std::string{"pattern:zz"}, std::string{"pattern"},
          std::string{"Random"}, std::string{}, std::string{"drawn:1"}}) {
        const auto refused = find_technique(wrong);
        ASSERT_FALSE(refused.has_value()) << wrong;
        EXPECT_EQ(refused.error().code, ErrorCode::usage) << wrong;
    }
}

TEST(Technique, AnUnknownNameIsAnsweredWithTheKnownOnes) {
    const Error error = find_technique("nuke\x1b").error();
    EXPECT_EQ(error.message, "unknown technique 'nuke\\x1b'");
    EXPECT_TRUE(error.hint.starts_with("one of random, zero, ones, dod-3, ")) << error.hint;
    EXPECT_TRUE(error.hint.ends_with("pattern:HEX; quietus methods tells more")) << error.hint;
}

TEST(Pattern, TakesOnlyItsOwnSpelling) {
    for (const char* text : {"keystream", "00", "ff", "pattern:aa", "pattern:0000", "drawn:1",
                             "drawn-complement:100"}) {
        EXPECT_EQ(to_string(parse_pattern(text).value()), text);
    }
    for (const char* text :
         {"", "aa", "FF", "pattern:00", "pattern:AA", "pattern:", "random", "drawn",
          "drawn:", "drawn:0", "drawn:01", "drawn:101", "drawn:-1", "drawn:1 ", "drawn:99999999999",
          "drawn-complement", "drawn-complement:x"}) {
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
