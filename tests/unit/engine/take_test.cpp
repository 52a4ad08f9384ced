#include "engine/take.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/approve.h"
#include "support/memory_host.h"

namespace quietus::engine {
namespace {

using test::Did;
using test::Fault;
using test::MemoryDriveOptions;
using test::MemoryHost;
using testing::ElementsAre;
using testing::HasSubstr;

MemoryDriveOptions with_partitions() {
    return {.partitions = {{kMiB, kMiB}, {2 * kMiB, kMiB}}};
}

// What was done, each kind once in a row; looking is looking, whether a query or a probe.
std::vector<Did> story(const test::MemoryDrive& drive) {
    std::vector<Did> story;
    for (const test::Deed& deed : drive.diary()) {
        const Did what = deed.what == Did::probe ? Did::query : deed.what;
        if (story.empty() || story.back() != what) story.push_back(what);
    }
    return story;
}

// Takes on a machine that has changed since the plan was approved on `before`.
std::vector<Objection> refusal(MemoryHost& before, MemoryHost& now,
                               const std::vector<int>& own_processes = {}) {
    auto drive = take(now, test::approved(before, "/dev/sda"), own_processes);
    EXPECT_FALSE(drive.has_value());
    return drive ? std::vector<Objection>{} : drive.error();
}

void expect_as_before(const test::MemoryDrive& drive) {
    EXPECT_TRUE(drive.untouched());
    EXPECT_EQ(drive.count(Did::make_queue), 0U);
    for (std::size_t i = 0; i < drive.options().partitions.size(); ++i)
        EXPECT_TRUE(drive.has_partition(i)) << i;
    EXPECT_EQ(drive.count(Did::let_go), drive.count(Did::facts) == 0 ? 0U : 1U);
}

TEST(Take, LocksThenHoldsThenAsksTheDescriptorThenLooksThenRemovesPartitionsAndLooksAgain) {
    MemoryHost planned{with_partitions()};
    MemoryHost host{with_partitions()};
    const auto taken = take(host, test::approved(planned, "/dev/sda"), {});
    ASSERT_TRUE(taken.has_value());
    EXPECT_THAT(story(host.drive()),
                ElementsAre(Did::lock, Did::exclusive, Did::facts, Did::query,
                            Did::remove_partition, Did::drop_cache, Did::query));
    EXPECT_FALSE(host.drive().has_partition(0));
    EXPECT_FALSE(host.drive().has_partition(1));
    EXPECT_TRUE(host.drive().untouched());
}

TEST(Take, WithoutPartitionsLooksOnceAndDropsTheCache) {
    MemoryHost planned{MemoryDriveOptions{}};
    MemoryHost host{MemoryDriveOptions{}};
    const auto taken = take(host, test::approved(planned, "/dev/sda"), {});
    ASSERT_TRUE(taken.has_value());
    EXPECT_THAT(story(host.drive()),
                ElementsAre(Did::lock, Did::exclusive, Did::facts, Did::query, Did::drop_cache));
}

TEST(Take, LettingGoWithoutAWritePutsThePartitionsBack) {
    MemoryHost host{with_partitions()};
    { ASSERT_TRUE(take(host, test::approved(host, "/dev/sda"), {}).has_value()); }
    EXPECT_EQ(host.drive().count(Did::restore_partition), 2U);
    expect_as_before(host.drive());
}

TEST(Take, AfterTheFirstWriteThereIsNothingToPutBack) {
    MemoryHost host{with_partitions()};
    {
        auto taken = take(host, test::approved(host, "/dev/sda"), {});
        ASSERT_TRUE(taken.has_value());
        taken->forget_partitions();
    }
    EXPECT_EQ(host.drive().count(Did::restore_partition), 0U);
}

TEST(Take, AMovedDriveIsPutBackOnce) {
    MemoryHost host{with_partitions()};
    {
        auto taken = take(host, test::approved(host, "/dev/sda"), {});
        ASSERT_TRUE(taken.has_value());
        const TakenDrive moved{std::move(*taken)};
    }
    EXPECT_EQ(host.drive().count(Did::restore_partition), 2U);
}

struct FaultRow {
    const char* name;
    Fault fault;
    const char* rule;
    ExitStatus status;
};

class TakeFault : public testing::TestWithParam<FaultRow> {};

TEST_P(TakeFault, RefusesAndLeavesTheDriveAsItWas) {
    MemoryHost planned{with_partitions()};
    MemoryDriveOptions options = with_partitions();
    // Of two partitions the first goes, and must come back.
    options.faults = {{.fault = GetParam().fault,
                       .from = GetParam().fault == Fault::partition_busy    ? 2U
                               : GetParam().fault == Fault::identity_change ? 0U
                                                                            : 1U}};
    MemoryHost host{options};
    const auto objections = refusal(planned, host);
    ASSERT_EQ(objections.size(), 1U);
    EXPECT_EQ(objections[0].rule, GetParam().rule);
    EXPECT_EQ(objections[0].status, GetParam().status);
    EXPECT_EQ(objections[0].severity, Severity::stop);
    expect_as_before(host.drive());
    EXPECT_GE(host.drive().faults().count(), 1U);
}

INSTANTIATE_TEST_SUITE_P(Each, TakeFault,
                         testing::Values(FaultRow{"LockHeld", Fault::lock_held, "take",
                                                  ExitStatus::busy},
                                         FaultRow{"ExclusiveHeld", Fault::exclusive_held,
                                                  "exclusive", ExitStatus::refused},
                                         FaultRow{"MediumChanged", Fault::identity_change,
                                                  "identity-changed", ExitStatus::bad_evidence},
                                         FaultRow{"PartitionBusy", Fault::partition_busy,
                                                  "exclusive", ExitStatus::refused}),
                         [](const auto& row) { return std::string{row.param.name}; });

struct ChangeRow {
    const char* name;
    void (*change)(MemoryDriveOptions&);
    ExitStatus status;
    const char* what;
};

class TakeChanged : public testing::TestWithParam<ChangeRow> {};

TEST_P(TakeChanged, RefusesADriveThatIsNotTheOneApproved) {
    MemoryHost planned{with_partitions()};
    MemoryDriveOptions options = with_partitions();
    GetParam().change(options);
    MemoryHost host{options};
    const auto objections = refusal(planned, host);
    ASSERT_FALSE(objections.empty());
    EXPECT_EQ(objections[0].status, GetParam().status);
    EXPECT_THAT(objections[0].what, HasSubstr(GetParam().what));
    expect_as_before(host.drive());
}

INSTANTIATE_TEST_SUITE_P(
    Each, TakeChanged,
    testing::Values(ChangeRow{"Size", [](auto& o) { o.size += 512; }, ExitStatus::bad_evidence,
                              "size"},
                    ChangeRow{"Sector", [](auto& o) { o.logical_sector = 4096; },
                              ExitStatus::bad_evidence, "sector"},
                    ChangeRow{"ReadOnly", [](auto& o) { o.read_only = true; }, ExitStatus::refused,
                              "read-only"},
                    ChangeRow{"Number",
                              [](auto& o) {
                                  o.number = {8, 16};
                              },
                              ExitStatus::bad_evidence, "device"},
                    ChangeRow{"Serial", [](auto& o) { o.serial = "ANOTHER-0002"; },
                              ExitStatus::bad_evidence, "ANOTHER-0002"},
                    ChangeRow{"Model", [](auto& o) { o.model = "OTHERDISK"; },
                              ExitStatus::bad_evidence, "OTHERDISK"}),
    [](const auto& row) { return std::string{row.param.name}; });

TEST(Take, AMountThatAppearsOnceTheDriveIsHeldRefuses) {
    MemoryHost host{with_partitions()};
    auto plan = test::approved(host, "/dev/sda");
    host.drive().on_deed = [&](Did what) {
        if (what == Did::exclusive) host.mount(host.drive(), 1, "/srv");
    };
    const auto taken = take(host, std::move(plan), {});
    ASSERT_FALSE(taken.has_value());
    EXPECT_EQ(taken.error().front().rule, "mounted");
    EXPECT_EQ(host.drive().count(Did::remove_partition), 0U);
    expect_as_before(host.drive());
}

TEST(Take, AMountThatAppearsWhilePartitionsAreRemovedRefusesAndPutsThemBack) {
    MemoryHost host{with_partitions()};
    auto plan = test::approved(host, "/dev/sda");
    host.drive().on_deed = [&](Did what) {
        if (what == Did::drop_cache) host.mount(host.drive(), 0, "/srv");
    };
    const auto taken = take(host, std::move(plan), {});
    ASSERT_FALSE(taken.has_value());
    EXPECT_EQ(taken.error().front().rule, "mounted");
    EXPECT_EQ(host.drive().count(Did::restore_partition), 2U);
    expect_as_before(host.drive());
}

TEST(Take, AProcessThatHasItOpenRefusesUnlessItIsOurs) {
    MemoryHost planned{MemoryDriveOptions{}};
    MemoryHost host{MemoryDriveOptions{}};
    host.edit([&](test::Machine& machine) {
        machine.facts["/proc/77/fd/3"] = {.type = FileType::block,
                                          .file_system = {0, 6},
                                          .number = host.drive().options().number,
                                          .inode = 0};
        machine.empty_folders.insert("/proc/77/map_files");
        machine.links["/proc/77/ns/mnt"] = "mnt:[1]";
        machine.links["/proc/77/root"] = "/";
    });
    const auto objections = refusal(planned, host);
    ASSERT_FALSE(objections.empty());
    EXPECT_EQ(objections[0].rule, "open");
    EXPECT_TRUE(take(host, test::approved(planned, "/dev/sda"), {77}).has_value());
}

TEST(Take, ADriveThatHasGoneRefuses) {
    MemoryHost planned{MemoryDriveOptions{}};
    MemoryHost host{MemoryDriveOptions{.name = "sdb", .number = {8, 16}}};
    EXPECT_FALSE(refusal(planned, host).empty());
    EXPECT_TRUE(host.drive().untouched());
}

}  // namespace
}  // namespace quietus::engine
