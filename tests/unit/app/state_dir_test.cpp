#include "app/state_dir.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "app/evidence.h"
#include "support/loop_device.h"

namespace quietus::app {
namespace {

constexpr UtcTime kNow{1'790'000'000'000};

class State : public testing::Test {
  protected:
    mode_t mode(const std::string& path) const {
        struct stat status {};
        EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
        return status.st_mode & 07777U;
    }
    void expect_config(const Error& error) {
        EXPECT_EQ(error.code, ErrorCode::config) << error.message;
    }
    test::ScratchFolder scratch_;
    StateDir state_{scratch_.path() + "/state"};
    Settings settings_;
};

TEST_F(State, IsMadeForItsOwnerAloneAndMayBeThereAlready) {
    for (int i = 0; i < 2; ++i) {
        ASSERT_TRUE(state_.prepare().has_value());
        for (const std::string& folder : {state_.path(), state_.journal_dir(), state_.spool_dir(),
                                          state_.run_dir(), state_.register_dir()})
            EXPECT_EQ(mode(folder), 0700U) << folder;
    }
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator{state_.path()}, {}), 5)
        << "the probe is gone";
}

TEST_F(State, AFileInItsPlaceIsConfiguration) {
    std::ofstream{state_.path()} << "x";
    expect_config(state_.prepare().error());
    expect_config(StateDir{state_.path() + "/below"}.prepare().error());
    expect_config(check_writable(state_.path(), 10, "evidence").error());
}

TEST_F(State, TheLocalKeyIsMadeOnceAndIsForItsOwnerAlone) {
    ASSERT_TRUE(state_.prepare().has_value());
    const auto first = load_or_make_key(state_, settings_, kNow);
    ASSERT_TRUE(first.has_value()) << first.error().message;
    EXPECT_TRUE(first->made);
    EXPECT_EQ(mode(state_.local_key()), 0600U);
    const auto second = load_or_make_key(state_, settings_, kNow);
    ASSERT_TRUE(second.has_value());
    EXPECT_FALSE(second->made);
    EXPECT_EQ(second->key.fingerprint_sha256(), first->key.fingerprint_sha256());
}

TEST_F(State, AKeyAndACertificateOnlyComeTogether) {
    ASSERT_TRUE(state_.prepare().has_value());
    settings_.key_file = "/k";
    expect_config(load_or_make_key(state_, settings_, kNow).error());
    settings_.key_file.clear();
    settings_.certificate_file = "/c";
    expect_config(load_or_make_key(state_, settings_, kNow).error());
    settings_.key_file = scratch_.path() + "/none";
    expect_config(load_or_make_key(state_, settings_, kNow).error());
}

TEST_F(State, AKeyThatIsDamagedIsNotReplaced) {
    ASSERT_TRUE(state_.prepare().has_value());
    ASSERT_TRUE(load_or_make_key(state_, settings_, kNow).has_value());
    std::ofstream{state_.local_key()} << "no key";
    EXPECT_FALSE(load_or_make_key(state_, settings_, kNow).has_value());
    std::ifstream file{state_.local_key()};
    std::string text;
    std::getline(file, text);
    EXPECT_EQ(text, "no key");
}

TEST_F(State, TheRegisterIsMadeOnlyWhereThatWasAsked) {
    ASSERT_TRUE(state_.prepare().has_value());
    expect_config(open_register(state_, /*create=*/false).error());
    const auto made = open_register(state_, /*create=*/true);
    ASSERT_TRUE(made.has_value()) << made.error().message;
    const auto again = open_register(state_, /*create=*/false);
    ASSERT_TRUE(again.has_value()) << again.error().message;
    EXPECT_EQ(again->origin(), made->origin());
    EXPECT_EQ(mode(state_.register_dir() + "/log.key.pem"), 0600U);
}

TEST_F(State, ARegisterThatLostItsKeyIsConfigurationAndGetsNoNewOne) {
    ASSERT_TRUE(state_.prepare().has_value());
    ASSERT_TRUE(open_register(state_, /*create=*/true).has_value());
    std::filesystem::remove(state_.register_dir() + "/log.key.pem");
    expect_config(open_register(state_, /*create=*/true).error());
    EXPECT_FALSE(std::filesystem::exists(state_.register_dir() + "/log.key.pem"));
}

TEST_F(State, TheLocalCertificateIsEmptyWhereThereIsNone) {
    EXPECT_EQ(local_certificate_pem(state_).value(), "");
}

TEST_F(State, EvidenceThatIsOwedIsRememberedUntilItIsForgotten) {
    ASSERT_TRUE(state_.prepare().has_value());
    auto key = load_or_make_key(state_, settings_, kNow);
    auto log = open_register(state_, /*create=*/true);
    const SystemClock clock;
    const EvidenceDesk desk{.state = state_,
                            .settings = settings_,
                            .clock = clock,
                            .key = std::move(key->key),
                            .log = std::move(*log)};
    EXPECT_TRUE(evidence_owed(state_)->empty());
    ASSERT_TRUE(owe_evidence(desk, "b").has_value());
    ASSERT_TRUE(owe_evidence(desk, "a").has_value());
    EXPECT_FALSE(owe_evidence(desk, "a").has_value()) << "an id is used once";
    EXPECT_EQ(evidence_owed(state_).value(), (std::vector<std::string>{"a", "b"}));
    forget_evidence(state_, "a");
    forget_evidence(state_, "never owed");
    EXPECT_EQ(evidence_owed(state_).value(), std::vector<std::string>{"b"});
    expect_config(evidence_owed(StateDir{scratch_.path() + "/none"}).error());
}

}  // namespace
}  // namespace quietus::app
