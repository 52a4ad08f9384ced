#include "app/settings.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "support/loop_device.h"

namespace quietus::app {
namespace {

using testing::HasSubstr;

class Configuration : public testing::Test {
  protected:
    Configuration() { settings_.config_file = scratch_.path() + "/quietus.toml"; }
    Result<void> read(const std::string& text) {
        std::ofstream{settings_.config_file} << text;
        return read_configuration(settings_);
    }
    void expect_refused(const std::string& text, const std::string& what) {
        const auto done = read(text);
        ASSERT_FALSE(done.has_value()) << text;
        EXPECT_EQ(done.error().code, ErrorCode::config);
        EXPECT_THAT(done.error().message, HasSubstr(what));
    }
    test::ScratchFolder scratch_;
    Settings settings_;
};

TEST_F(Configuration, EveryKeyFillsItsSetting) {
    ASSERT_TRUE(read("out = '/o'\nkey = '/k'\ncert = '/c'\noperator = 'Zoë'\norganisation = "
                     "'Org'\nlocation = 'Here'\n")
                    .has_value());
    EXPECT_EQ(settings_.out, "/o");
    EXPECT_EQ(settings_.out_dir(), "/o");
    EXPECT_EQ(settings_.key_file, "/k");
    EXPECT_EQ(settings_.certificate_file, "/c");
    EXPECT_EQ(settings_.operator_name, "Zoë");
    EXPECT_EQ(settings_.order.organisation, "Org");
    EXPECT_EQ(settings_.order.location, "Here");
}

TEST_F(Configuration, TheOrganisationHasAnAddressAndACustomer) {
    ASSERT_TRUE(read("organisation_address = 'Street 1'\norganisation_contact = 'it@example'\n"
                     "customer = 'Smith'\ncontract = 'C-7'\nretention = 'R10'\n")
                    .has_value());
    EXPECT_EQ(settings_.order.organisation_address, "Street 1");
    EXPECT_EQ(settings_.order.organisation_contact, "it@example");
    EXPECT_EQ(settings_.order.customer, "Smith");
    EXPECT_EQ(settings_.order.contract, "C-7");
    EXPECT_EQ(settings_.order.retention, "R10");
}

TEST_F(Configuration, WhatAFlagHasSetStays) {
    settings_.operator_name = "flag";
    ASSERT_TRUE(read("operator = 'file'\nlocation = 'file'\n").has_value());
    EXPECT_EQ(settings_.operator_name, "flag");
    EXPECT_EQ(settings_.order.location, "file");
}

TEST_F(Configuration, IsNamedByTheDigestOfItsBytes) {
    ASSERT_TRUE(read("# nothing\n").has_value());
    EXPECT_EQ(settings_.configuration_sha256, sha256_hex("# nothing\n"));
}

TEST_F(Configuration, AnUnknownKeyIsRefusedWithFileAndLine) {
    expect_refused("out = '/o'\n\noperater = 'x'\n",
                   settings_.config_file + ":3: unknown key 'operater'");
}

TEST_F(Configuration, AWrongTypeIsRefusedWithFileAndLine) {
    for (const char* value : {"5", "true", "['a']", "1.5", "{a = 'b'}", "2020-01-01"})
        expect_refused(std::string{"\nout = "} + value + "\n",
                       settings_.config_file + ":2: 'out' must be a string");
}

TEST_F(Configuration, TextThatIsNoTomlIsRefusedWithItsLine) {
    expect_refused("out = '/o'\nout\n", settings_.config_file + ":2");
    expect_refused("out = '/o'\nout = '/p'\n", settings_.config_file);
    expect_refused("out = \"\xff\xfe\"\n", settings_.config_file);
}

TEST_F(Configuration, AKeyWithEscapesIsShownHarmlessly) {
    expect_refused("\"a\\u001b[2Jb\" = 'x'\n", "unknown key 'a\\x1b[2Jb'");
}

TEST_F(Configuration, AMissingDefaultFileIsFineAndAMissingNamedOneIsNot) {
    ASSERT_TRUE(read_configuration(settings_).has_value());
    EXPECT_EQ(settings_.configuration_sha256, sha256_hex(""));
    settings_.config_named = true;
    EXPECT_EQ(read_configuration(settings_).error().code, ErrorCode::config);
}

TEST_F(Configuration, AFolderInItsPlaceIsRefused) {
    settings_.config_file = scratch_.path();
    EXPECT_EQ(read_configuration(settings_).error().code, ErrorCode::config);
}

}  // namespace
}  // namespace quietus::app
