#include "app/control_socket.h"

#include <filesystem>
#include <thread>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "support/loop_device.h"

namespace quietus::app {
namespace {

// Waits until something came, as the supervisor does.
std::vector<ControlSocket::Request> requests(ControlSocket& socket) {
    for (;;) {
        std::vector<pollfd> waiting;
        socket.add_to(waiting);
        if (poll(waiting.data(), waiting.size(), 10'000) <= 0) return {};
        if (auto came = socket.take(); !came.empty()) return came;
    }
}

class Control : public testing::Test {
  protected:
    test::ScratchFolder scratch_;
    std::string path_{scratch_.path() + "/1.sock"};
};

TEST_F(Control, AQuestionIsAnsweredInLinesAndTheFileIsForItsOwnerAlone) {
    auto socket = ControlSocket::listen_at(path_).value();
    struct stat facts {};
    ASSERT_EQ(::stat(path_.c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777U, 0600U);
    std::vector<Json> heard;
    std::jthread client{[&] {
        EXPECT_TRUE(ask_call(path_, {{"stop", "/dev/sda"}}, 10'000, [&](const Json& line) {
                        heard.push_back(line);
                        return true;
                    }).has_value());
    }};
    const auto came = requests(socket);
    ASSERT_EQ(came.size(), 1U);
    EXPECT_EQ(came[0].message, (Json{{"stop", "/dev/sda"}}));
    socket.answer(came[0].client, {{"stopping", true}});
    socket.answer(came[0].client, {{"stopped", true}});
    socket.hang_up(came[0].client);
    client.join();
    EXPECT_EQ(heard, (std::vector<Json>{{{"stopping", true}}, {{"stopped", true}}}));
    socket.answer(came[0].client, {{"late", true}});  // it has gone: nothing happens
}

TEST_F(Control, WhatIsNoQuestionLosesItsConnection) {
    auto socket = ControlSocket::listen_at(path_).value();
    std::jthread client{[&] {
        // A string without an end, longer than any question.
        const auto asked = ask_call(path_, Json(std::string(20'000, 'x')), 10'000,
                                    [](const Json&) { return true; });
        EXPECT_TRUE(asked.has_value() || asked.error().code != ErrorCode::busy);
    }};
    for (bool gone = false; !gone;) {
        std::vector<pollfd> waiting;
        socket.add_to(waiting);
        ASSERT_GT(poll(waiting.data(), waiting.size(), 10'000), 0);
        const bool there = waiting.size() > 1;
        EXPECT_TRUE(socket.take().empty());
        waiting.clear();
        socket.add_to(waiting);
        gone = there && waiting.size() == 1;
    }
}

TEST_F(Control, WhereNobodyListensThatIsSaid) {
    const auto asked = ask_call(path_, {{"stop", "x"}}, 100, [](const Json&) { return true; });
    EXPECT_EQ(asked.error().code, ErrorCode::config);
}

TEST_F(Control, ACallThatDoesNotAnswerIsNotWaitedForForEver) {
    const auto socket = ControlSocket::listen_at(path_).value();
    const auto asked = ask_call(path_, {{"stop", "x"}}, 50, [](const Json&) { return true; });
    EXPECT_EQ(asked.error().code, ErrorCode::busy);
}

TEST_F(Control, ALongStateFolderIsNoObstacleAndTheFileGoesWithIt) {
    const std::string deep = scratch_.path() + "/" + std::string(150, 'd');
    std::filesystem::create_directories(deep);
    {
        const auto socket = ControlSocket::listen_at(deep + "/1.sock");
        ASSERT_TRUE(socket.has_value()) << socket.error().message;
        EXPECT_TRUE(std::filesystem::exists(deep + "/1.sock"));
    }
    EXPECT_FALSE(std::filesystem::exists(deep + "/1.sock"));
}

}  // namespace
}  // namespace quietus::app
