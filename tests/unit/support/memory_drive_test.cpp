// The memory drive's write cache, and queues in a time turned by hand.
#include "support/memory_drive.h"

#include <gtest/gtest.h>

#include "engine/take.h"
#include "support/approve.h"
#include "support/memory_host.h"

namespace quietus::test {
namespace {

constexpr std::uint64_t kWrites = 64;
constexpr std::size_t kLength = 4096;

// The bytes at the beginning of each of the writes.
std::vector<std::byte> seen(const MemoryDrive& drive) {
    std::vector<std::byte> bytes;
    for (std::uint64_t i = 0; i < kWrites; ++i) bytes.push_back(drive.content()[i * kLength]);
    return bytes;
}

std::size_t written(const MemoryDrive& drive, std::byte with) {
    const auto bytes = seen(drive);
    return static_cast<std::size_t>(std::count(bytes.begin(), bytes.end(), with));
}

void write_all(const MemoryDrive& drive, std::byte with) {
    for (std::uint64_t i = 0; i < kWrites; ++i) drive.write(i * kLength, Bytes(kLength, with));
}

TEST(MemoryDriveCache, LosesSomeOfWhatItHasNotFlushedAsTheSeedSays) {
    const std::byte old = MemoryDrive{{}}.content()[0];
    std::vector<std::vector<std::byte>> left;
    for (const std::uint64_t seed : {1U, 1U, 2U}) {
        const MemoryDrive drive{{.volatile_cache = true}};
        write_all(drive, std::byte{7});
        EXPECT_EQ(written(drive, std::byte{7}), kWrites) << "it reads what it was given";
        drive.cut_power(seed);
        EXPECT_GT(written(drive, old), 0U);
        EXPECT_EQ(written(drive, old) + written(drive, std::byte{7}), kWrites);
        EXPECT_LT(written(drive, old), kWrites);
        left.push_back(seen(drive));
    }
    EXPECT_EQ(left[0], left[1]);
    EXPECT_NE(left[0], left[2]);
}

TEST(MemoryDriveCache, KeepsWhatWasFlushedAndOfTwoWritesToAPlaceOneOrTheOther) {
    const MemoryDrive drive{{.volatile_cache = true}};
    write_all(drive, std::byte{7});
    drive.keep_what_is_cached();
    write_all(drive, std::byte{8});
    write_all(drive, std::byte{9});
    drive.cut_power(1);
    EXPECT_GT(written(drive, std::byte{7}), 0U) << "both lost";
    EXPECT_GT(written(drive, std::byte{8}), 0U) << "the second lost";
    EXPECT_GT(written(drive, std::byte{9}), 0U);
    EXPECT_EQ(
        written(drive, std::byte{7}) + written(drive, std::byte{8}) + written(drive, std::byte{9}),
        kWrites);
}

TEST(MemoryDriveCache, LosesNothingWhereThereIsNone) {
    const MemoryDrive drive{{}};
    write_all(drive, std::byte{7});
    drive.cut_power(1);
    EXPECT_EQ(written(drive, std::byte{7}), kWrites);
}

// How many of the writes are there after a flush by its handle and a cut.
std::size_t left_after_flush(std::vector<FaultRule> faults) {
    MemoryHost host{{.faults = std::move(faults), .volatile_cache = true}};
    auto taken = engine::take(host, approved(host, "/dev/sda"), {});
    QUIETUS_CHECK(taken.has_value());
    write_all(host.drive(), std::byte{7});
    static_cast<void>(taken->handle().flush());
    host.drive().cut_power(1);
    return written(host.drive(), std::byte{7});
}

TEST(MemoryDriveCache, IsFlushedByTheHandleUnlessThatFails) {
    EXPECT_EQ(left_after_flush({}), kWrites);
    EXPECT_LT(left_after_flush({{.fault = Fault::flush_error}}), kWrites);
}

TEST(HandTime, ASlowAnswerComesWhenTheTestSaysThatTimeHasPassed) {
    std::chrono::milliseconds now{0};
    std::vector<int> waits;
    bool died = false;
    MemoryDrive drive{{.faults = {{.fault = Fault::error, .delay_ms = 5000},
                                  {.fault = Fault::kill_worker, .on = IoKind::read}},
                       .surroundings = {.now = [&] { return now; },
                                        .wait =
                                            [&](int ms) {
                                                waits.push_back(ms);
                                                now += std::chrono::milliseconds{ms};
                                            },
                                        .die = [&] { died = true; }}}};
    const auto queue = drive.make_queue({.depth = 1, .request_size = kLength});
    ASSERT_TRUE(queue->submit({IoKind::write, 0, kLength, 0}).has_value());
    EXPECT_TRUE(queue->wait(100)->empty());
    EXPECT_EQ(queue->wait(10'000)->size(), 1U);
    EXPECT_EQ(waits, (std::vector<int>{100, 4900})) << "no longer than until the answer is due";
    ASSERT_TRUE(queue->submit({IoKind::read, 0, kLength, 0}).has_value());
    EXPECT_TRUE(died);
}

}  // namespace
}  // namespace quietus::test
