#pragma once
// What a pass writes and a read-back expects, by position.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "base/range_set.h"
#include "base/result.h"
#include "plan/technique.h"
#include "record/erase_record.h"

namespace quietus::engine {

/// The bytes that belong at a position of the device. One thread.
class PatternSource {
  public:
    PatternSource() = default;
    PatternSource(const PatternSource&) = delete;
    PatternSource& operator=(const PatternSource&) = delete;
    virtual ~PatternSource() = default;

    /// Fills `out` with what belongs at `offset` (a multiple of 512). A failure fails the pass.
    virtual Result<void> fill(std::uint64_t offset, std::span<std::byte> out) = 0;

    /// Compares `got`, read at `offset`, sector by sector; adds each differing sector (as bytes of
    /// the device) to `mismatched`.
    virtual Result<void> compare(std::uint64_t offset, std::span<const std::byte> got,
                                 std::uint32_t sector, RangeSet& mismatched) = 0;

    /// Does compare() take bytes for right that nobody could foresee? Then a read that never
    /// reached its buffer has to be found by its mark.
    virtual bool takes_anything() const { return false; }

    /// Another source of the same bytes, for another thread; none where the work cannot be shared.
    virtual std::unique_ptr<PatternSource> sibling() const { return nullptr; }

    /// Memory that holds the right bytes for any multiple of 512, or nothing where position
    /// matters.
    virtual std::span<const std::byte> shared() const { return {}; }
};

/// `keystream` is needed for a KeystreamPattern and ignored else; a DrawnBytePattern must have been
/// put in its place before (written_pattern). Requests are at most
/// `request_size` bytes.
Result<std::unique_ptr<PatternSource>> make_pattern_source(
    const Pattern& pattern, const std::optional<Keystream>& keystream, std::size_t request_size);

}  // namespace quietus::engine
