#include "app/run_status.h"

#include <filesystem>
#include <fstream>
#include <unistd.h>

#include <gtest/gtest.h>
#include <sys/wait.h>

#include "support/loop_device.h"

namespace quietus::app {
namespace {

Progress a_progress() {
    return {.path = "/dev/sda",
            .step = 0,
            .steps = 2,
            .writing = true,
            .pass = 3,
            .passes = 35,
            .role = PassRole::technique,
            .done = 5,
            .total = (std::uint64_t{1} << 60U),
            .rate = 7,
            .eta_s = 9,
            .waiting = true};
}

class RunStatus : public testing::Test {
  protected:
    RunStatus() { std::filesystem::create_directories(state_.run_dir()); }
    std::string file(int process) const {
        return state_.run_dir() + "/" + std::to_string(process) + ".json";
    }
    test::ScratchFolder scratch_;
    StateDir state_{scratch_.path()};
};

TEST_F(RunStatus, WhatOneCallPublishesAnotherReads) {
    publish_status(file(::getpid()), {a_progress()}, UtcTime{1'790'000'000'000});
    const auto calls = running_calls(state_);
    ASSERT_TRUE(calls.has_value());
    ASSERT_EQ(calls->size(), 1U);
    EXPECT_EQ(calls->at(0).process, ::getpid());
    EXPECT_EQ(calls->at(0).updated, to_rfc3339(UtcTime{1'790'000'000'000}));
    ASSERT_EQ(calls->at(0).drives.size(), 1U);
    EXPECT_EQ(to_json(calls->at(0).drives[0]), to_json(a_progress()));
}

TEST_F(RunStatus, TheFileOfADeadCallIsPassedOver) {
    const pid_t child = ::fork();
    if (child == 0) {
        publish_status(file(::getpid()), {a_progress()}, UtcTime{0});
        ::_exit(0);
    }
    ::waitpid(child, nullptr, 0);
    EXPECT_TRUE(std::filesystem::exists(file(child)));
    EXPECT_TRUE(running_calls(state_)->empty());
}

TEST_F(RunStatus, FilesThatAreNoneOfOursArePassedOver) {
    std::ofstream{file(1)} << "no json";
    std::ofstream{file(2)} << "{}";
    std::ofstream{state_.run_dir() + "/note.txt"} << "x";
    publish_status(file(::getpid()), {}, UtcTime{0});
    EXPECT_EQ(running_calls(state_)->size(), 1U);
}

TEST_F(RunStatus, WithoutAFolderNothingRuns) {
    EXPECT_TRUE(running_calls(StateDir{scratch_.path() + "/none"})->empty());
}

TEST_F(RunStatus, AFolderThatCannotBeReadIsConfiguration) {
    const StateDir other{scratch_.path() + "/other"};
    std::filesystem::create_directories(other.path());
    std::ofstream{other.run_dir()} << "a file";
    EXPECT_EQ(running_calls(other).error().code, ErrorCode::config);
}

TEST_F(RunStatus, APlaceThatCannotBeWrittenIsNoReasonToStop) {
    publish_status(scratch_.path() + "/no/such/folder/x.json", {a_progress()}, UtcTime{0});
}

}  // namespace
}  // namespace quietus::app
