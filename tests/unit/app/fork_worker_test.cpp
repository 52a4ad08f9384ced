#include "app/fork_worker.h"

#include <csignal>
#include <poll.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/file.h"

namespace quietus::app {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

bool ends(const ForkedWorker& worker) {
    pollfd waiting{.fd = worker.socket(), .events = POLLIN, .revents = 0};
    char byte = 0;
    while (::poll(&waiting, 1, 10'000) > 0) {
        if (::read(worker.socket(), &byte, 1) <= 0) return true;
    }
    return false;
}

TEST(ForkWorker, AnswersComeInTheOrderOfTheJobs) {
    std::vector<std::function<std::string()>> jobs;
    for (int i = 0; i < 20; ++i) jobs.emplace_back([i] { return "answer " + std::to_string(i); });
    const auto answers = run_in_workers(jobs, 30s);
    ASSERT_EQ(answers.size(), 20U);
    for (std::size_t i = 0; i < 20; ++i)
        EXPECT_EQ(answers[i].value(), "answer " + std::to_string(i));
}

TEST(ForkWorker, NoJobsAreDoneAtOnce) {
    EXPECT_TRUE(run_in_workers({}, 30s).empty());
}

TEST(ForkWorker, AnAnswerLargerThanAnySocketBufferComesWhole) {
    const std::string large(6 * 1024 * 1024, 'x');
    const auto answers = run_in_workers({[&] { return large; }, [&] { return large + "y"; }}, 60s);
    EXPECT_EQ(answers[0].value(), large);
    EXPECT_EQ(answers[1].value(), large + "y");
}

TEST(ForkWorker, AnAnswerBeyondTheLimitIsAFailureAndNotAPartOfIt) {
    const auto answers = run_in_workers({[] { return std::string(kMessageSizeMax + 65536, 'x'); },
                                         [] { return std::string{"ok"}; }},
                                        60s);
    EXPECT_FALSE(answers[0].has_value());
    EXPECT_EQ(answers[1].value(), "ok");
}

TEST(ForkWorker, OneThatHangsIsGivenUpAtTheDeadlineAndTheOthersAreHeard) {
    const auto answers = run_in_workers({[] { return std::string{"first"}; },
                                         [] {
                                             for (;;) ::pause();
                                             return std::string{};
                                         },
                                         [] { return std::string{"third"}; }},
                                        300ms);
    EXPECT_EQ(answers[0].value(), "first");
    ASSERT_FALSE(answers[1].has_value());
    EXPECT_EQ(answers[1].error().code, ErrorCode::unsupported);
    EXPECT_THAT(answers[1].error().message, HasSubstr("does not answer"));
    EXPECT_EQ(answers[2].value(), "third");
}

TEST(ForkWorker, OneThatDiesHasNoAnswerAndTakesNobodyWithIt) {
    const auto answers = run_in_workers({[] {
                                             static_cast<void>(std::raise(SIGKILL));
                                             return std::string{"never"};
                                         },
                                         [] { return std::string{"second"}; }},
                                        30s);
    EXPECT_EQ(answers[0].value_or(""), "");
    EXPECT_EQ(answers[1].value(), "second");
}

TEST(ForkWorker, SpeaksBothWays) {
    auto worker = ForkedWorker::start([](int socket) {
        char byte = 0;
        while (::read(socket, &byte, 1) == 1 && byte != 'q')
            static_cast<void>(!::write(socket, &byte, 1));
    });
    ASSERT_TRUE(worker.has_value());
    char byte = 'x';
    ASSERT_EQ(::write(worker->socket(), &byte, 1), 1);
    byte = 0;
    ASSERT_EQ(::read(worker->socket(), &byte, 1), 1);
    EXPECT_EQ(byte, 'x');
    byte = 'q';
    ASSERT_EQ(::write(worker->socket(), &byte, 1), 1);
    EXPECT_TRUE(ends(*worker));
}

TEST(ForkWorker, KillEndsOneThatHangs) {
    auto worker = ForkedWorker::start([](int) {
        for (;;) ::pause();
    });
    ASSERT_TRUE(worker.has_value());
    worker->kill();
    EXPECT_TRUE(ends(*worker));
}

TEST(ForkWorker, LettingGoKillsIt) {
    std::array<int, 2> ends_of_pipe{};
    ASSERT_EQ(::pipe(ends_of_pipe.data()), 0);
    {
        const auto worker = ForkedWorker::start([&](int) {
            ::close(ends_of_pipe[0]);
            for (;;) ::pause();
        });
        ASSERT_TRUE(worker.has_value());
        ::close(ends_of_pipe[1]);
    }
    char byte = 0;
    EXPECT_EQ(::read(ends_of_pipe[0], &byte, 1), 0) << "the last holder of the other end is gone";
    ::close(ends_of_pipe[0]);
}

TEST(ForkWorker, DiesWithItsSupervisor) {
    std::array<int, 2> ends_of_pipe{};
    ASSERT_EQ(::pipe(ends_of_pipe.data()), 0);
    const pid_t supervisor = ::fork();
    if (supervisor == 0) {
        const auto worker = ForkedWorker::start([&](int socket) {
            static_cast<void>(!::write(socket, "x", 1));
            for (;;) ::pause();
        });
        char byte = 0;
        static_cast<void>(!::read(worker->socket(), &byte, 1));
        static_cast<void>(std::raise(SIGKILL));
    }
    ::close(ends_of_pipe[1]);
    ::waitpid(supervisor, nullptr, 0);
    pollfd waiting{.fd = ends_of_pipe[0], .events = POLLIN, .revents = 0};
    ASSERT_EQ(::poll(&waiting, 1, 10'000), 1);
    char byte = 0;
    EXPECT_EQ(::read(ends_of_pipe[0], &byte, 1), 0);
    ::close(ends_of_pipe[0]);
}

class Lines : public testing::Test {
  protected:
    void SetUp() override { ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends_.data()), 0); }
    void TearDown() override {
        ::close(ends_[0]);
        if (ends_[1] >= 0) ::close(ends_[1]);
    }
    void say(const std::string& text) {
        ASSERT_TRUE(write_all(ends_[1], text, "test").has_value());
    }
    LineReader::State look() { return reader_.read_available(ends_[0], lines_); }
    std::array<int, 2> ends_{};
    LineReader reader_;
    std::vector<std::string> lines_;
};

TEST_F(Lines, AreHandedOutWholeHoweverTheyArrive) {
    say("on");
    EXPECT_EQ(look(), LineReader::State::open);
    EXPECT_TRUE(lines_.empty());
    say("e\ntwo\n\nthr");
    EXPECT_EQ(look(), LineReader::State::open);
    say("ee\n");
    ::close(ends_[1]);
    ends_[1] = -1;
    EXPECT_EQ(look(), LineReader::State::ended);
    EXPECT_EQ(lines_, (std::vector<std::string>{"one", "two", "", "three"}));
}

TEST_F(Lines, AnUnfinishedLastLineIsNotHandedOut) {
    say("whole\nhalf");
    ::close(ends_[1]);
    ends_[1] = -1;
    EXPECT_EQ(look(), LineReader::State::ended);
    EXPECT_EQ(lines_, std::vector<std::string>{"whole"});
}

TEST_F(Lines, OneWithoutAnEndBreaksTheStream) {
    const pid_t talker = ::fork();
    if (talker == 0) {
        ::close(ends_[0]);
        const std::string chunk(1024 * 1024, 'x');
        for (int i = 0; i < 40; ++i) {
            if (::send(ends_[1], chunk.data(), chunk.size(), MSG_NOSIGNAL) < 0) break;
        }
        ::_exit(0);
    }
    ::close(ends_[1]);
    ends_[1] = -1;
    auto state = LineReader::State::open;
    pollfd waiting{.fd = ends_[0], .events = POLLIN, .revents = 0};
    while (state == LineReader::State::open && ::poll(&waiting, 1, 10'000) > 0) state = look();
    EXPECT_EQ(state, LineReader::State::broken);
    EXPECT_TRUE(lines_.empty());
    ::close(ends_[0]);
    ends_[0] = ::dup(0);
    ::waitpid(talker, nullptr, 0);
}

}  // namespace
}  // namespace quietus::app
