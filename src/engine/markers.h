#pragma once
// Markers: bytes of a fresh keystream at places drawn at random, written before a drive erases
// itself and looked for afterwards. A drive that keeps old data and says otherwise would have to
// know which places to erase.

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/bytes.h"
#include "base/range_set.h"
#include "engine/pattern_source.h"
#include "plan/technique.h"

namespace quietus::engine {

/// At least so many places, each of kMarkerSize bytes or one sector, spread over the whole drive…
inline constexpr std::uint64_t kMarkers = 2000;
inline constexpr std::uint64_t kMarkerSize = 4096;
/// … and so much at the beginning and the end, where partition tables and superblocks are.
inline constexpr std::uint64_t kMarkedEnds = kMiB;
inline constexpr std::size_t kMarkerSeedSize = 32;

/// The places, disjoint. The drive's addresses are cut into kMarkers equal parts; the marker of
/// part i begins at the sector SHA-256(seed ‖ "quietus-marker-1" ‖ BE64(i)), its first 8 bytes as a
/// big-endian number, modulo the free places of the part (docs/formats/markers.md). A drive too
/// small for that is marked all over.
RangeSet marker_places(std::span<const std::byte> seed, std::uint64_t addressable,
                       std::uint32_t sector);

/// What was read back after a drive had erased itself.
struct Leavings {
    std::uint64_t zero_sectors{0};
    std::uint64_t uniform_sectors{0};  ///< One short pattern again and again, not zeros.
    std::uint64_t other_sectors{0};
};
/// "zeros everywhere (what a drive returns for deallocated blocks, too)", …
std::string describe(const Leavings& leavings);

/// Compares what was read with what the last command of a technique may leave: a sector of a marker
/// place that still holds its marker is a mismatch, and so is what the method does not explain
/// (anything but a short pattern after a block erase; anything but the pattern or zeros after an
/// overwrite). `leavings` counts, and outlives the source; one thread.
Result<std::unique_ptr<PatternSource>> make_leavings_source(const Keystream& markers,
                                                            RangeSet places, DeviceCommand last,
                                                            std::size_t request_size,
                                                            Leavings& leavings);

}  // namespace quietus::engine
