#include "pipeline_contract.h"

#include <gmock/gmock.h>

#include "engine/pipeline.h"
#include "support/fault.h"
#include "support/record_builder.h"

namespace quietus::engine {
namespace {

using test::Fault;
using test::FaultRule;
using testing::HasSubstr;

bool always(const RangeSet& /*covered*/) {
    return true;
}

std::unique_ptr<PatternSource> keystream() {
    return make_pattern_source(KeystreamPattern{}, test::a_keystream(), 64 * kKiB).value();
}
std::unique_ptr<PatternSource> constant(Bytes bytes) {
    return make_pattern_source(ConstantPattern{std::move(bytes)}, std::nullopt, 64 * kKiB).value();
}
Bytes expected(PatternSource& source, std::uint64_t offset, std::size_t size) {
    Bytes out(size);
    const std::span<std::byte> all{out};
    for (std::size_t done = 0; done < size; done += 64 * kKiB) {
        const auto part = all.subspan(done, std::min<std::size_t>(64 * kKiB, size - done));
        EXPECT_TRUE(source.fill(offset + done, part).has_value());
    }
    return out;
}
RangeSet ranges(const std::vector<Range>& list) {
    RangeSet set;
    for (const Range& range : list) set.add(range);
    return set;
}

// Fails from byte `limit` on, as a broken library would.
class FailingSource final : public PatternSource {
  public:
    FailingSource(PatternSource& inner, std::uint64_t limit) : inner_{inner}, limit_{limit} {}
    Result<void> fill(std::uint64_t offset, std::span<std::byte> out) override {
        if (offset + out.size() > limit_)
            return failure(ErrorCode::internal, "the generator failed");
        return inner_.fill(offset, out);
    }
    Result<void> compare(std::uint64_t offset, std::span<const std::byte> got, std::uint32_t sector,
                         RangeSet& mismatched) override {
        if (offset + got.size() > limit_)
            return failure(ErrorCode::internal, "the generator failed");
        return inner_.compare(offset, got, sector, mismatched);
    }

  private:
    PatternSource& inner_;
    std::uint64_t limit_;
};

TEST_P(PipelineContract, WritesEveryByteAskedForAndNoOther) {
    for (const std::uint32_t sector : {512U, 4096U}) {
        for (const std::uint64_t sectors : {1U, 7U, 16U, 17U, 128U, 129U, 1001U}) {
            SCOPED_TRACE(std::to_string(sectors) + " sectors of " + std::to_string(sector));
            const std::uint64_t size = sectors * sector;
            const std::uint64_t tail = 16 * 4096 - size % 4096 + 4096;
            start(size + tail / sector * sector, sector);
            const Bytes tail_before = bench_->read(size, sector);
            const auto source = keystream();
            const auto q = queue();
            const Coverage wrote = write_extents(*q, *source, {{0, size}}, always);
            EXPECT_EQ(wrote.end, StepEnd::completed) << wrote.cause;
            EXPECT_EQ(wrote.covered, ranges({{0, size}}));
            EXPECT_TRUE(wrote.failed.empty() && wrote.cause.empty());
            EXPECT_EQ(bench_->read(0, size), expected(*source, 0, size));
            EXPECT_EQ(bench_->read(size, sector), tail_before);
            const Coverage read =
                read_extents(*q, *source, {{0, size}}, always, {.sectors = {sector, sector}});
            EXPECT_EQ(read.end, StepEnd::completed) << read.cause;
            EXPECT_EQ(read.covered, ranges({{0, size}}));
            EXPECT_TRUE(read.mismatched.empty());
        }
    }
}

TEST_P(PipelineContract, WritesConstantPatternsSharedAndNot) {
    start(kMiB);
    for (const Bytes& bytes :
         {Bytes{std::byte{0x5A}}, Bytes{std::byte{1}, std::byte{2}, std::byte{3}}}) {
        const auto source = constant(bytes);
        const auto q = queue();
        EXPECT_EQ(write_extents(*q, *source, {{0, kMiB}}, always).end, StepEnd::completed);
        EXPECT_EQ(bench_->read(0, kMiB), expected(*source, 0, kMiB));
        // Reading after writing from shared memory: the slots' own buffers come into use.
        EXPECT_EQ(read_extents(*q, *source, {{0, kMiB}}, always).end, StepEnd::completed);
    }
}

TEST_P(PipelineContract, LeavesTheGapsBetweenExtentsAlone) {
    start(kMiB);
    const Bytes before = bench_->read(0, kMiB);
    const auto source = keystream();
    const auto q = queue();
    const std::vector<Range> extents{{512, 1024}, {70'144, 131'584}, {kMiB - 512, 512}};
    const Coverage wrote = write_extents(*q, *source, extents, always);
    EXPECT_EQ(wrote.covered, ranges(extents));
    Bytes after = before;
    for (const Range& extent : extents) {
        const Bytes part =
            expected(*source, extent.first / 64 * 64, extent.count + extent.first % 64);
        std::copy(part.begin() + static_cast<std::ptrdiff_t>(extent.first % 64), part.end(),
                  after.begin() + static_cast<std::ptrdiff_t>(extent.first));
    }
    EXPECT_EQ(bench_->read(0, kMiB), after);
    EXPECT_EQ(read_extents(*q, *source, extents, always).end, StepEnd::completed);
}

TEST_P(PipelineContract, NothingToDoIsDone) {
    start(kMiB);
    const auto source = keystream();
    const auto q = queue();
    EXPECT_EQ(write_extents(*q, *source, {}, always).end, StepEnd::completed);
    EXPECT_EQ(write_extents(*q, *source, {{0, 0}, {512, 0}}, always).end, StepEnd::completed);
    EXPECT_TRUE(write_extents(*q, *source, {}, always).covered.empty());
}

TEST_P(PipelineContract, ABadSectorIsLeftAloneAndEverythingElseDone) {
    constexpr std::uint64_t kSize = 16 * kRequest;
    for (const IoKind kind : {IoKind::write, IoKind::read}) {
        for (const std::uint64_t at : {std::uint64_t{0}, 8 * kRequest + 512, kSize - 512}) {
            for (const int error : {EIO, ENODATA, ENOSPC}) {
                SCOPED_TRACE(std::to_string(at) + " " + std::to_string(error));
                start(kSize);
                const auto source = keystream();
                const Bytes before = bench_->read(at, 512);
                if (kind == IoKind::read) bench_->write(0, expected(*source, 0, kSize));
                test::Faults faults{
                    {{.fault = Fault::error, .on = kind, .where = {at, 1}, .error = error}}};
                const auto q = test::make_faulty_queue(queue(), faults, 512);
                const Coverage done = kind == IoKind::write
                                          ? write_extents(*q, *source, {{0, kSize}}, always)
                                          : read_extents(*q, *source, {{0, kSize}}, always);
                EXPECT_EQ(done.end, StepEnd::partial);
                EXPECT_EQ(done.failed, ranges({{at, 512}}));
                EXPECT_EQ(done.covered, done.failed.complement(kSize));
                EXPECT_THAT(done.cause,
                            HasSubstr("of 512 bytes at byte " + std::to_string(at) + ": "));
                EXPECT_EQ(q->in_flight(), 0U);
                // 2 + log2(64 KiB / 512), and one less where trying again is of no use.
                EXPECT_EQ(faults.count(), error == EIO ? 9U : 8U);
                EXPECT_EQ(done.pace.failed_requests, faults.count());
                if (kind == IoKind::read) continue;
                EXPECT_EQ(bench_->read(at, 512), before);
                Bytes all = expected(*source, 0, kSize);
                std::copy(before.begin(), before.end(),
                          all.begin() + static_cast<std::ptrdiff_t>(at));
                EXPECT_EQ(bench_->read(0, kSize), all);
            }
        }
    }
}

TEST_P(PipelineContract, ADriveThatIsGoneOrRefusesEndsTheStepAtOnce) {
    constexpr std::uint64_t kSize = 16 * kRequest;
    for (const IoKind kind : {IoKind::write, IoKind::read}) {
        for (const auto& [error, end] : {std::pair{ENODEV, StepEnd::device_gone},
                                         {ENXIO, StepEnd::device_gone},
                                         {EROFS, StepEnd::io_error},
                                         {EBADE, StepEnd::io_error}}) {
            SCOPED_TRACE(error);
            start(kSize);
            const auto source = keystream();
            if (kind == IoKind::read) bench_->write(0, expected(*source, 0, kSize));
            test::Faults faults{
                {{.fault = Fault::error, .on = kind, .where = {0, 1}, .error = error}}};
            const auto q = test::make_faulty_queue(queue(), faults, 512);
            const Coverage done = kind == IoKind::write
                                      ? write_extents(*q, *source, {{0, kSize}}, always)
                                      : read_extents(*q, *source, {{0, kSize}}, always);
            EXPECT_EQ(done.end, end);
            EXPECT_FALSE(done.covered.contains(0));
            EXPECT_THAT(done.cause, HasSubstr("of 65536 bytes at byte 0: "));
            EXPECT_EQ(q->in_flight(), 0U);
            // Those in flight came back; no more were sent than that.
            EXPECT_LE(done.covered.total(), kDepth * kRequest);
            EXPECT_EQ(faults.count(), 1U);
        }
    }
}

// A drive that was pulled has no size any more: a write to it finds no space.
TEST_P(PipelineContract, NoSpaceOnADriveThatIsNotThereAnyMoreEndsTheStepAtOnce) {
    constexpr std::uint64_t kSize = 256 * kRequest;
    start(kSize);
    const auto source = keystream();
    test::Faults faults{{{.fault = Fault::error,
                          .on = IoKind::write,
                          .where = {8 * kRequest, kSize},
                          .error = ENOSPC}}};
    const auto q = test::make_faulty_queue(queue(), faults, 512);
    IoOptions options;
    options.still_there = [] {
        return failure(ErrorCode::bad_evidence, "changed its size to 0 bytes");
    };
    const Coverage done = write_extents(*q, *source, {{0, kSize}}, always, options);
    EXPECT_EQ(done.end, StepEnd::device_gone);
    EXPECT_EQ(done.covered, ranges({{0, 8 * kRequest}}));
    EXPECT_THAT(done.cause, HasSubstr("No space left on device: changed its size to 0 bytes"));
    EXPECT_LE(faults.count(), q->depth());
}

TEST_P(PipelineContract, ADriveIsAskedWhetherItIsThereOnlyWhereItMayHaveBeenPulled) {
    constexpr std::uint64_t kSize = 16 * kRequest;
    for (const auto& [error, asked] : {std::pair{EIO, false}, {ENODATA, false}, {ENOSPC, true}}) {
        SCOPED_TRACE(error);
        start(kSize);
        const auto source = keystream();
        test::Faults faults{
            {{.fault = Fault::error, .on = IoKind::write, .where = {512, 1}, .error = error}}};
        const auto q = test::make_faulty_queue(queue(), faults, 512);
        int questions = 0;
        IoOptions options;
        options.still_there = [&questions]() -> Result<void> {
            ++questions;
            return {};
        };
        const Coverage done = write_extents(*q, *source, {{0, kSize}}, always, options);
        EXPECT_EQ(done.end, StepEnd::partial);
        EXPECT_EQ(done.failed, ranges({{512, 512}}));
        EXPECT_EQ(questions > 0, asked);
    }
}

TEST_P(PipelineContract, AnErrorThatPassesLeavesNothing) {
    start(8 * kRequest);
    const auto source = keystream();
    test::Faults faults{{{.fault = Fault::error, .where = {3 * kRequest, 1}, .times = 8}}};
    const auto q = test::make_faulty_queue(queue(), faults, 512);
    const Coverage done = write_extents(*q, *source, {{0, 8 * kRequest}}, always);
    EXPECT_EQ(done.end, StepEnd::completed);
    EXPECT_EQ(done.covered, ranges({{0, 8 * kRequest}}));
    EXPECT_TRUE(done.failed.empty());
    EXPECT_EQ(done.pace.failed_requests, 8U);
    EXPECT_EQ(done.pace.retried, 1U);
}

TEST_P(PipelineContract, AShortTransferIsDoneInPieces) {
    for (const IoKind kind : {IoKind::write, IoKind::read}) {
        start(8 * kRequest);
        const auto source = keystream();
        if (kind == IoKind::read) bench_->write(0, expected(*source, 0, 8 * kRequest));
        test::Faults faults{
            {{.fault = Fault::short_transfer, .on = kind, .where = {3 * kRequest, 1}}}};
        const auto q = test::make_faulty_queue(queue(), faults, 512);
        const Coverage done = kind == IoKind::write
                                  ? write_extents(*q, *source, {{0, 8 * kRequest}}, always)
                                  : read_extents(*q, *source, {{0, 8 * kRequest}}, always);
        EXPECT_EQ(done.end, StepEnd::partial);
        EXPECT_EQ(done.failed, ranges({{3 * kRequest, 512}}));
        EXPECT_THAT(done.cause, HasSubstr("only 0 bytes were transferred"));
    }
}

TEST_P(PipelineContract, WrongBytesBesideUnreadableOnesAreToldApart) {
    start(8 * kRequest);
    const auto source = keystream();
    Bytes bytes = expected(*source, 0, 8 * kRequest);
    bytes[5 * kRequest] ^= std::byte{1};
    bench_->write(0, bytes);
    test::Faults faults{{{.fault = Fault::error, .on = IoKind::read, .where = {3 * kRequest, 1}}}};
    const auto q = test::make_faulty_queue(queue(), faults, 512);
    const Coverage done = read_extents(*q, *source, {{0, 8 * kRequest}}, always);
    EXPECT_EQ(done.end, StepEnd::mismatch);
    EXPECT_EQ(done.failed, ranges({{3 * kRequest, 512}}));
    EXPECT_EQ(done.mismatched, ranges({{5 * kRequest, 512}}));
    EXPECT_EQ(done.covered, done.failed.complement(8 * kRequest));
}

TEST_P(PipelineContract, ARequestThatNeverComesBackMakesTheDriveAHungOne) {
    start(8 * kRequest);
    const auto source = keystream();
    test::Faults faults{{{.fault = Fault::never_completes, .where = {3 * kRequest, 1}}}};
    auto q = test::make_faulty_queue(queue(), faults, 512);
    const SystemClock clock;
    const Coverage done =
        write_extents(*q, *source, {{0, 8 * kRequest}}, always,
                      {.clock = &clock, .request_deadline = std::chrono::milliseconds{300}});
    EXPECT_EQ(done.end, StepEnd::hung);
    EXPECT_FALSE(done.covered.contains(3 * kRequest));
    EXPECT_TRUE(done.failed.empty()) << "nobody knows";
    EXPECT_THAT(done.cause, HasSubstr("write of 65536 bytes at byte 196608: no answer within"));
}

TEST_P(PipelineContract, EndsAsInterruptedWithinTheRequestsInFlight) {
    for (const int rounds : {0, 1, 5}) {
        start(64 * kRequest);
        const auto source = keystream();
        const auto q = queue();
        int asked = 0;
        const auto until = [&](const RangeSet& /*covered*/) { return asked++ < rounds; };
        const Coverage done = write_extents(*q, *source, {{0, 64 * kRequest}}, until);
        EXPECT_EQ(done.end, StepEnd::interrupted);
        EXPECT_EQ(done.cause, "interrupted");
        EXPECT_EQ(q->in_flight(), 0U);
        EXPECT_GT(done.covered.total(), 0U);
        EXPECT_LE(done.covered.total(),
                  (static_cast<std::uint64_t>(rounds) + 2) * kDepth * kRequest);
        for (const Range& range : done.covered.ranges())
            EXPECT_EQ(bench_->read(range.first, range.count),
                      expected(*source, range.first, range.count));
    }
}

TEST_P(PipelineContract, CountsMismatchesBySectorAndGoesOn) {
    for (const std::uint32_t sector : {512U, 4096U}) {
        start(kMiB, sector);
        const auto source = keystream();
        Bytes bytes = expected(*source, 0, kMiB);
        bytes[0] ^= std::byte{1};
        bytes[5 * sector + 100] ^= std::byte{1};
        bytes[5 * sector + 101] ^= std::byte{1};
        bytes[kMiB - 1] ^= std::byte{1};
        bench_->write(0, bytes);
        const auto q = queue();
        const Coverage done =
            read_extents(*q, *source, {{0, kMiB}}, always, {.sectors = {sector, sector}});
        EXPECT_EQ(done.end, StepEnd::mismatch);
        EXPECT_EQ(done.mismatched,
                  ranges({{0, sector}, {5 * sector, sector}, {kMiB - sector, sector}}));
        EXPECT_EQ(done.covered, ranges({{0, kMiB}}));
        EXPECT_EQ(done.cause, std::to_string(3 * sector) + " bytes read back as something else");
    }
}

TEST_P(PipelineContract, EndsAReadBackOfTooManySeparateMismatches) {
    for (const std::size_t wrong : {kMismatchRangesMax, kMismatchRangesMax + 1}) {
        const std::uint64_t size = (2 * kMismatchRangesMax + 2) * 512;
        start(size + 64 * kRequest);
        const auto source = keystream();
        Bytes bytes = expected(*source, 0, size + 64 * kRequest);
        for (std::size_t i = 0; i < wrong; ++i) bytes[i * 2 * 512] ^= std::byte{1};
        bench_->write(0, bytes);
        const auto q = queue();
        const Coverage done = read_extents(*q, *source, {{0, bytes.size()}}, always);
        EXPECT_EQ(done.end, StepEnd::mismatch);
        const bool too_many = wrong > kMismatchRangesMax;
        EXPECT_EQ(done.cause.starts_with("more than 4096"), too_many) << done.cause;
        if (!too_many) {
            EXPECT_EQ(done.mismatched.total(), wrong * 512);
        }
        EXPECT_EQ(q->in_flight(), 0U);
    }
}

TEST_P(PipelineContract, AReadThatLeavesTheBufferAsItWasIsAMismatchInEverySector) {
    start(8 * kRequest);
    // The worst case: the buffer already holds exactly what is expected, as every pass of zeros
    // leaves it.
    for (const auto& source :
         {constant({std::byte{0}}), constant({std::byte{0xFF}}), keystream()}) {
        bench_->write(0, expected(*source, 0, 8 * kRequest));
        test::Faults faults{{{.fault = Fault::stale_read, .on = IoKind::read, .from = 9}}};
        const auto q = test::make_faulty_queue(queue(), faults, 512);
        EXPECT_EQ(read_extents(*q, *source, {{0, 8 * kRequest}}, always).end, StepEnd::completed);
        const Coverage done = read_extents(*q, *source, {{0, 8 * kRequest}}, always);
        EXPECT_EQ(done.end, StepEnd::mismatch);
        EXPECT_EQ(done.mismatched, ranges({{0, 8 * kRequest}}));
        EXPECT_EQ(faults.count(), 8U);
    }
}

// A new buffer is zero; made wrong in one byte a sector, that is this pattern.
TEST_P(PipelineContract, AReadThatNeverReachesANewBufferIsAMismatchWhateverThePattern) {
    for (const int first : {0xFF, 0x00, 0x01, 0xA5}) {
        Bytes pattern(512);
        pattern[0] = static_cast<std::byte>(first);
        start(3 * kRequest);
        const auto source = constant(pattern);
        test::Faults faults{{{.fault = Fault::stale_read, .on = IoKind::read}}};
        const auto q = test::make_faulty_queue(queue(), faults, 512);
        const Coverage done = read_extents(*q, *source, {{0, 3 * kRequest}}, always);
        EXPECT_EQ(done.mismatched, ranges({{0, 3 * kRequest}})) << first;
    }
}

TEST_P(PipelineContract, FindsAWriteThatWasAcknowledgedButNotDone) {
    start(8 * kRequest);
    const auto source = keystream();
    test::Faults faults{{{.fault = Fault::dropped_write, .where = {3 * kRequest, 1}}}};
    const auto q = test::make_faulty_queue(queue(), faults, 512);
    const Coverage wrote = write_extents(*q, *source, {{0, 8 * kRequest}}, always);
    EXPECT_EQ(wrote.end, StepEnd::completed) << "nobody can tell yet";
    const Coverage read = read_extents(*q, *source, {{0, 8 * kRequest}}, always);
    EXPECT_EQ(read.mismatched, ranges({{3 * kRequest, kRequest}}));
}

TEST_P(PipelineContract, FindsOneBitTurned) {
    start(8 * kRequest);
    const auto source = keystream();
    bench_->write(0, expected(*source, 0, 8 * kRequest));
    test::Faults faults{{{.fault = Fault::flipped_bit, .on = IoKind::read, .where = {200'000, 1}}}};
    const auto q = test::make_faulty_queue(queue(), faults, 512);
    const Coverage read = read_extents(*q, *source, {{0, 8 * kRequest}}, always);
    EXPECT_EQ(read.mismatched, ranges({{200'000 / 512 * 512, 512}}));
}

TEST_P(PipelineContract, AGeneratorThatFailsEndsThePassAndNothingStaleIsWritten) {
    start(16 * kRequest);
    const Bytes before = bench_->read(0, 16 * kRequest);
    const auto good = keystream();
    FailingSource source{*good, 9 * kRequest};
    const auto q = queue();
    const Coverage done = write_extents(*q, source, {{0, 16 * kRequest}}, always);
    EXPECT_EQ(done.end, StepEnd::io_error);
    EXPECT_EQ(done.cause, "the generator failed");
    EXPECT_EQ(done.covered, ranges({{0, 9 * kRequest}})) << "those in flight came back";
    const Bytes after = bench_->read(0, 16 * kRequest);
    const auto edge = static_cast<std::ptrdiff_t>(9 * kRequest);
    EXPECT_TRUE(std::equal(after.begin() + edge, after.end(), before.begin() + edge));
}

TEST_P(PipelineContract, AGeneratorThatFailsWhileReadingCoversNothingMore) {
    start(16 * kRequest);
    const auto good = keystream();
    bench_->write(0, expected(*good, 0, 16 * kRequest));
    FailingSource source{*good, 9 * kRequest};
    const auto q = queue();
    const Coverage done = read_extents(*q, source, {{0, 16 * kRequest}}, always);
    EXPECT_EQ(done.end, StepEnd::io_error);
    EXPECT_LE(done.covered.total(), 9 * kRequest);
    EXPECT_FALSE(done.covered.contains(9 * kRequest));
}

}  // namespace
}  // namespace quietus::engine
