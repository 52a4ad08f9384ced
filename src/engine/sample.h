#pragma once
// Representative sampling as NIST SP 800-88r1 §4.7 describes it (withdrawn; r2 leaves sampling to
// policy): at least 1,000 equal subsections, two samples in each that do not overlap, each at least
// 5 % of its subsection, and the first and last addressable location.

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/range_set.h"

namespace quietus::engine {

inline constexpr std::uint64_t kSampleSubsections = 1000;
inline constexpr std::uint64_t kSamplesPerSubsection = 2;
inline constexpr std::size_t kSampleSeedSize = 32;

/// The byte ranges to read, sorted and disjoint. Anyone can make them again from the seed: sample k
/// (0, 1) of subsection i starts after SHA-256(seed ‖ "quietus-sample-1" ‖ BE64(i) ‖ BE64(k)), its
/// first 8 bytes as a big-endian number modulo the free places (docs/formats/sample.md).
/// `addressable` is a multiple of `sector` and holds at least kSampleSubsections * 20 sectors.
std::vector<Range> sample_ranges(std::span<const std::byte> seed, std::uint64_t addressable,
                                 std::uint32_t sector);

/// How places are drawn from a seed: the first 8 bytes of SHA-256(seed ‖ label ‖ BE64 of each
/// number), as a big-endian number.
std::uint64_t drawn_number(std::span<const std::byte> seed, std::string_view label,
                           std::initializer_list<std::uint64_t> numbers);

/// Smaller drives are read in full: their subsections would hold less than 20 sectors.
bool large_enough_to_sample(std::uint64_t addressable, std::uint32_t sector);

}  // namespace quietus::engine
