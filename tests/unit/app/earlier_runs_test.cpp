// Which runs the journals tell of for a drive, whatever else lies beside them.

#include "app/earlier_runs.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "engine/events.h"
#include "engine/journal.h"
#include "support/loop_device.h"
#include "support/record_builder.h"

namespace quietus::app {
namespace {

class EarlierRunsTest : public testing::Test {
  protected:
    EarlierRunsTest() { EXPECT_TRUE(state.prepare().has_value()); }
    static DeviceIdentity a_drive() { return test::a_plan().target.identity; }
    // The journal of a run that began to write that drive, at that second.
    void ran(const DeviceIdentity& drive, int second) const {
        EraseRecord start;
        start.id = "run-" + std::to_string(second);
        start.plan = test::a_plan();
        start.plan.target.identity = drive;
        start.started = UtcTime{1'790'000'000'000 + second * 1000};
        StepOutcome begun = test::a_perfect_outcome(start.plan, 0);
        begun.end = StepEnd::not_ended;
        auto journal = engine::Journal::create(state.journal_of(start.id)).value();
        for (Json event : {engine::open_event(start), engine::begin_event(begun)})
            ASSERT_TRUE(journal.append(std::move(event), start.started, /*sync=*/false));
    }
    std::vector<std::string> runs_of(const DeviceIdentity& drive) const {
        std::vector<std::string> ids;
        for (const EraseRecord& run : EarlierRuns{state}.of(drive)) ids.push_back(run.id);
        return ids;
    }

    test::ScratchFolder scratch;
    StateDir state{scratch.path()};
};

using Ids = std::vector<std::string>;

TEST_F(EarlierRunsTest, AreThoseOfTheDriveTheOldestFirst) {
    DeviceIdentity other_serial = a_drive();
    other_serial.serial = other_serial.model;
    DeviceIdentity larger = a_drive();
    larger.size.bytes *= 16;
    DeviceIdentity other_file = a_drive();
    other_file.backing = LoopBacking{.file_system = {0, 1}, .disk = {}, .inode = 7, .offset = 0};
    ran(a_drive(), 9);
    ran(other_serial, 1);
    ran(larger, 2);
    ran(other_file, 3);
    ran(a_drive(), 10);
    EXPECT_EQ(runs_of(a_drive()), (Ids{"run-9", "run-10"}));
    EXPECT_EQ(runs_of(other_file), Ids{"run-3"});
}

// As identities are compared: a value that one side could not read makes no other drive.
TEST_F(EarlierRunsTest, ASerialNumberThatCouldNotBeReadOnceIsNoDifference) {
    DeviceIdentity both = a_drive();
    both.wwn = both.model;
    DeviceIdentity unread = both;
    unread.serial = {};
    ran(both, 1);
    ran(unread, 2);
    EXPECT_EQ(runs_of(both), (Ids{"run-1", "run-2"}));
    EXPECT_EQ(runs_of(unread), (Ids{"run-1", "run-2"}));
}

TEST_F(EarlierRunsTest, WhatIsNoJournalIsNoObstacle) {
    ran(a_drive(), 1);
    for (const std::string text : {"", "{", "{}\n", "{\"event\":\"open\"}\n"})
        ASSERT_TRUE(write_file_durably(state.journal_of(std::to_string(text.size())), text, 0600));
    EXPECT_EQ(runs_of(a_drive()), Ids{"run-1"});
}

}  // namespace
}  // namespace quietus::app
