#include "app/spot_check.h"

#include "base/memory.h"
#include "engine/pattern_source.h"

namespace quietus::app {

Result<bool> still_intact(Host& host, const Expected& expected, const Geometry& geometry,
                          const std::string& node) {
    const std::size_t piece = std::max<std::size_t>(geometry.logical_sector, 4096);
    const std::uint64_t size = geometry.addressable().bytes;
    if (size < piece) return failure(ErrorCode::unsupported, "too small for a spot check");
    auto pattern =
        QUIETUS_TRY(engine::make_pattern_source(expected.pattern, expected.keystream, piece));
    auto buffer = QUIETUS_TRY(AlignedBuffer::create(piece));
    const auto drive = QUIETUS_TRY(host.open_query(node));
    RangeSet mismatched;
    const std::uint64_t places = (size - piece) / geometry.logical_sector;
    for (std::size_t i = 0; i < kSpotPositions; ++i) {
        const std::uint64_t at = places / (kSpotPositions - 1) * i * geometry.logical_sector;
        const std::uint64_t offset =
            i + 1 == kSpotPositions ? places * geometry.logical_sector : at;
        QUIETUS_TRY(drive->read_direct(offset, buffer.span()));
        QUIETUS_TRY(pattern->compare(offset, buffer.span(), geometry.logical_sector, mismatched));
    }
    return mismatched.empty();
}

Result<bool> still_intact(Host& host, const EraseRecord& record, const std::string& node) {
    const StepOutcome* last_pass = nullptr;
    for (const StepOutcome& outcome : record.steps) {
        if (std::holds_alternative<OverwritePass>(outcome.step)) last_pass = &outcome;
    }
    if (last_pass == nullptr)
        return failure(ErrorCode::bad_evidence, "the record knows of no pass");
    return still_intact(
        host, Expected{.pattern = written_pattern(*last_pass), .keystream = last_pass->keystream},
        record.plan.target.geometry, node);
}

}  // namespace quietus::app
