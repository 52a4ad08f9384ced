#include "support/fault.h"

#include <chrono>

#include <gmock/gmock.h>

#include "support/memory_drive.h"

namespace quietus::test {
namespace {

using testing::HasSubstr;

TEST(FaultTable, HasARowForEachKindInItsPlace) {
    const auto kinds = fault_kinds();
    ASSERT_EQ(kinds.size(), static_cast<std::size_t>(Fault::kill_worker) + 1);
    for (std::size_t i = 0; i < kinds.size(); ++i) {
        EXPECT_EQ(static_cast<std::size_t>(kinds[i].fault), i) << kinds[i].name;
        EXPECT_EQ(&kind_of(kinds[i].fault), &kinds[i]);
    }
}

TEST(FaultRuleText, ComesBackAsItWasWritten) {
    for (const char* text :
         {"error on=write", "error on=read where=512+1024 from=3 times=2 errno=ENODATA",
          "error on=write errno=42", "dropped_write where=4096+4096", "torn_write amount=512",
          "torn_write", "stale_read where=0+512", "flipped_bit on=read where=7+1",
          "silent_zeros on=write", "aliased amount=4194304", "shrunken_size amount=1048576",
          "latency on=read delay_ms=20", "never_completes on=write times=1",
          "flush_error times=1 errno=ENOSPC", "error on=write delay_ms=5"}) {
        std::string why;
        const auto rule = parse_fault_rule(text, why);
        ASSERT_TRUE(rule.has_value()) << text << ": " << why;
        EXPECT_EQ(to_string(*rule), text);
    }
}

TEST(FaultRuleText, SaysWhatItDidNotUnderstand) {
    struct Row {
        const char* text;
        const char* why;
    };
    for (const Row& row : {Row{"", "unknown fault ''"},
                           Row{"eror", "unknown fault 'eror'"},
                           Row{"error on=flush", "on=flush"},
                           Row{"error where=5", "where=5"},
                           Row{"error where=5+0", "where=5+0"},
                           Row{"error times=-1", "times=-1"},
                           Row{"error times=", "times="},
                           Row{"error from=0", "from=0"},
                           Row{"error errno=EWHAT", "errno=EWHAT"},
                           Row{"error errno=0", "errno=0"},
                           Row{"error errno=4096", "errno=4096"},
                           Row{"error amount=5", "takes no amount="},
                           Row{"error often", "often"},
                           Row{"error where=18446744073709551616+1", "where="},
                           Row{"aliased", "needs amount="},
                           Row{"shrunken_size", "needs amount="},
                           Row{"latency on=read", "needs delay_ms="},
                           Row{"stale_read on=write", "cannot be on"},
                           Row{"torn_write on=read", "cannot be on"},
                           Row{"dropped_write on=read", "cannot be on"}}) {
        std::string why;
        EXPECT_FALSE(parse_fault_rule(row.text, why).has_value()) << row.text;
        EXPECT_THAT(why, HasSubstr(row.why)) << row.text;
    }
}

TEST(FaultRules, AreTransientAndCounted) {
    const Faults faults{{{.where = {100, 10}, .from = 2, .times = 2}}};
    const IoRequest hits{.offset = 0, .length = 101};
    EXPECT_EQ(faults.strikes(hits), nullptr);
    EXPECT_NE(faults.strikes(hits), nullptr);
    EXPECT_EQ(faults.strikes(IoRequest{.offset = 0, .length = 100}), nullptr) << "ends before";
    EXPECT_EQ(faults.strikes(IoRequest{.offset = 110, .length = 100}), nullptr) << "begins after";
    EXPECT_EQ(faults.strikes(IoRequest{.kind = IoKind::read, .offset = 100, .length = 1}), nullptr);
    EXPECT_NE(faults.strikes(IoRequest{.offset = 109, .length = 1}), nullptr);
    EXPECT_EQ(faults.strikes(hits), nullptr) << "it is over";
    EXPECT_EQ(faults.met(), 4U);
    EXPECT_EQ(faults.count(), 2U);
}

// -- What the kinds do to a queue in memory
// --------------------------------------------------------------

constexpr std::size_t kRequest = 4096;
constexpr std::uint64_t kSize = 64 * 1024;

class FaultyMemory : public testing::Test {
  protected:
    void start(FaultRule rule) {
        drive_ = std::make_unique<MemoryDrive>(
            MemoryDriveOptions{.size = kSize, .faults = {std::move(rule)}});
        queue_ = drive_->make_queue({.depth = 2, .request_size = kRequest});
    }
    IoCompletion does(IoKind kind, std::uint64_t offset, int fill = 0) {
        if (kind == IoKind::write)
            std::fill_n(queue_->buffer(0).begin(), kRequest, static_cast<std::byte>(fill));
        EXPECT_TRUE(queue_->submit({kind, offset, kRequest, 0}).has_value());
        for (;;) {
            const auto done = queue_->wait(-1).value();
            if (!done.empty()) return done.front();
        }
    }
    IoCompletion writes(std::uint64_t offset, int fill) {
        return does(IoKind::write, offset, fill);
    }
    IoCompletion reads(std::uint64_t offset) { return does(IoKind::read, offset); }
    std::byte on_drive(std::uint64_t at) const { return drive_->content()[at]; }
    std::byte in_buffer(std::size_t at) const { return queue_->buffer(0)[at]; }

    std::unique_ptr<MemoryDrive> drive_;
    std::unique_ptr<IoQueue> queue_;
};

TEST_F(FaultyMemory, ATornWriteIsAcknowledgedAndDoneInPart) {
    start({.fault = Fault::torn_write, .amount = 1024});
    EXPECT_TRUE(writes(4096, 0x7E).ok());
    EXPECT_EQ(on_drive(4096 + 1023), std::byte{0x7E});
    EXPECT_NE(on_drive(4096 + 1024), std::byte{0x7E});
    start({.fault = Fault::torn_write});
    EXPECT_TRUE(writes(4096, 0x7E).ok());
    EXPECT_NE(on_drive(4096), std::byte{0x7E});
}

TEST_F(FaultyMemory, AnAliasedAddressIsAnotherOne) {
    start({.fault = Fault::aliased, .amount = kSize / 2});
    const IoCompletion done = writes(kSize / 2 + 4096, 0x7E);
    EXPECT_TRUE(done.ok());
    EXPECT_EQ(done.offset, kSize / 2 + 4096) << "as asked";
    EXPECT_EQ(on_drive(4096), std::byte{0x7E});
    EXPECT_NE(on_drive(kSize / 2 + 4096), std::byte{0x7E});
    EXPECT_TRUE(reads(kSize / 2 + 4096).ok());
    EXPECT_EQ(in_buffer(0), std::byte{0x7E});
}

TEST_F(FaultyMemory, SilentZerosAreWrittenAndTheBufferIsAsItWas) {
    start({.fault = Fault::silent_zeros});
    EXPECT_FALSE(queue_->use_shared_source(queue_->buffer(1))) << "it could not be changed";
    EXPECT_TRUE(writes(0, 0x7E).ok());
    EXPECT_EQ(on_drive(0), std::byte{0});
    EXPECT_EQ(in_buffer(0), std::byte{0x7E});
}

TEST_F(FaultyMemory, SilentZerosAreRead) {
    start({.fault = Fault::silent_zeros, .on = IoKind::read});
    EXPECT_TRUE(writes(0, 0x7E).ok());
    EXPECT_TRUE(reads(0).ok());
    EXPECT_EQ(on_drive(0), std::byte{0x7E});
    EXPECT_EQ(in_buffer(0), std::byte{0});
}

TEST_F(FaultyMemory, ABitIsTurnedOnItsWayIn) {
    start({.fault = Fault::flipped_bit, .where = {4100, 1}});
    EXPECT_TRUE(writes(4096, 0x7E).ok());
    EXPECT_EQ(on_drive(4100), std::byte{0x7F});
    EXPECT_EQ(on_drive(4101), std::byte{0x7E});
    EXPECT_EQ(in_buffer(4), std::byte{0x7E});
}

TEST_F(FaultyMemory, AShrunkenDriveRefusesWhatIsGoneAndThenShowsItsSize) {
    start({.fault = Fault::shrunken_size, .amount = 5120});
    EXPECT_TRUE(writes(0, 0x7E).ok());
    EXPECT_EQ(drive_->facts().size, ByteCount{kSize});
    EXPECT_EQ(reads(4096).transferred, 1024U);
    EXPECT_EQ(reads(8192).transferred, 0U);
    EXPECT_EQ(writes(4096, 0x7E).error, ENOSPC);
    EXPECT_EQ(drive_->facts().size, ByteCount{5120});
}

TEST_F(FaultyMemory, ASlowDriveAnswersLateAndWaitDoesNotWaitLonger) {
    start({.fault = Fault::latency, .times = 1, .delay_ms = 60});
    const auto before = std::chrono::steady_clock::now();
    ASSERT_TRUE(queue_->submit({IoKind::write, 0, kRequest, 0}).has_value());
    ASSERT_TRUE(queue_->submit({IoKind::write, kRequest, kRequest, 1}).has_value());
    std::vector<unsigned> slots;
    while (queue_->in_flight() > 0) {
        const std::vector<IoCompletion> done = queue_->wait(-1).value();
        for (const IoCompletion& completion : done) slots.push_back(completion.slot);
    }
    EXPECT_THAT(slots, testing::ElementsAre(1U, 0U));
    EXPECT_GE(std::chrono::steady_clock::now() - before, std::chrono::milliseconds{60});
}

}  // namespace
}  // namespace quietus::test
