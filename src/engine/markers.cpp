#include "engine/markers.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "base/endian.h"
#include "base/memory.h"
#include "drivers/nvme/wire.h"
#include "engine/keystream.h"
#include "engine/sample.h"

namespace quietus::engine {

namespace {

/// Block erase leaves zeros, ones or a vendor's pattern; the longest known has four bytes.
constexpr std::size_t kPeriodMax = 16;

bool repeats(std::span<const std::byte> sector) {
    for (std::size_t period = 1; period <= kPeriodMax && period < sector.size(); period *= 2) {
        if (std::memcmp(sector.data(), sector.data() + period, sector.size() - period) == 0)
            return true;
    }
    return false;
}

bool all_zero(std::span<const std::byte> sector) {
    return sector.front() == std::byte{0} && repeats(sector.first(sector.size())) &&
           std::all_of(sector.begin(), sector.begin() + kPeriodMax,
                       [](std::byte b) { return b == std::byte{0}; });
}

// OVRPAT is a dword; which of its bytes a drive puts first is its own affair.
bool is_overwrite_pattern(std::span<const std::byte> sector) {
    std::array<std::byte, 4> little{};
    put_little(little, 0, 4, drivers::nvme::kOverwritePattern);
    std::array<std::byte, 4> big = little;
    std::reverse(big.begin(), big.end());
    if (std::memcmp(sector.data(), sector.data() + 4, sector.size() - 4) != 0) return false;
    return std::equal(little.begin(), little.end(), sector.begin()) ||
           std::equal(big.begin(), big.end(), sector.begin());
}

class LeavingsSource final : public PatternSource {
  public:
    LeavingsSource(KeystreamGenerator generator, AlignedBuffer scratch, RangeSet places,
                   DeviceCommand last, Leavings& leavings)
        : generator_{std::move(generator)},
          scratch_{std::move(scratch)},
          places_{std::move(places)},
          last_{last},
          leavings_{leavings} {}

    Result<void> fill(std::uint64_t /*offset*/, std::span<std::byte> /*out*/) override {
        return failure(ErrorCode::internal, "what a drive leaves is not ours to write");
    }

    Result<void> compare(std::uint64_t offset, std::span<const std::byte> got, std::uint32_t sector,
                         RangeSet& mismatched) override {
        QUIETUS_CHECK(got.size() <= scratch_.span().size() && got.size() % sector == 0);
        const auto markers = scratch_.span().first(got.size());
        const bool marked = places_.intersects({offset, got.size()});
        if (marked) QUIETUS_TRY(generator_.fill(offset, markers));
        for (std::size_t at = 0; at < got.size(); at += sector) {
            const auto one = got.subspan(at, sector);
            const bool survives = marked &&
                                  std::memcmp(one.data(), markers.data() + at, sector) == 0 &&
                                  places_.intersects({offset + at, sector});
            if (survives || !is_explained(one)) mismatched.add({offset + at, sector});
        }
        return {};
    }

    bool takes_anything() const override { return last_ == DeviceCommand::nvme_sanitize_crypto; }

  private:
    bool is_explained(std::span<const std::byte> sector) {
        const bool zero = all_zero(sector);
        const bool uniform = !zero && repeats(sector);
        ++(zero      ? leavings_.zero_sectors
           : uniform ? leavings_.uniform_sectors
                     : leavings_.other_sectors);
        switch (last_) {
            case DeviceCommand::nvme_sanitize_block:
                return zero || uniform;
            case DeviceCommand::nvme_sanitize_overwrite:
                return zero || is_overwrite_pattern(sector);
            case DeviceCommand::nvme_sanitize_crypto:
                return true;  // noise, or anything: only markers tell
        }
        return false;
    }

    KeystreamGenerator generator_;
    AlignedBuffer scratch_;
    RangeSet places_;
    DeviceCommand last_;
    Leavings& leavings_;
};

}  // namespace

RangeSet marker_places(std::span<const std::byte> seed, std::uint64_t addressable,
                       std::uint32_t sector) {
    RangeSet places;
    const std::uint64_t size = std::max<std::uint64_t>(kMarkerSize, sector);
    QUIETUS_CHECK(sector != 0 && size % sector == 0 && addressable % sector == 0);
    const std::uint64_t part = addressable / kMarkers / sector * sector;
    if (part < 2 * size) {
        places.add({0, addressable});
        return places;
    }
    const std::uint64_t ends = std::min(kMarkedEnds, addressable);
    places.add({0, ends});
    places.add({addressable - ends, ends});
    for (std::uint64_t i = 0; i < kMarkers; ++i) {
        const std::uint64_t free = (part - size) / sector + 1;
        places.add({i * part + drawn_number(seed, "quietus-marker-1", {i}) % free * sector, size});
    }
    return places;
}

std::string describe(const Leavings& leavings) {
    const std::uint64_t all =
        leavings.zero_sectors + leavings.uniform_sectors + leavings.other_sectors;
    if (all == 0) return "nothing was read";
    if (leavings.zero_sectors == all)
        return "zeros everywhere, as a drive also returns for blocks that are only deallocated";
    if (leavings.uniform_sectors == all) return "a short repeated pattern everywhere";
    if (leavings.other_sectors == all) return "no zeros and no repeated pattern anywhere";
    return std::to_string(leavings.zero_sectors) + " sectors of zeros, " +
           std::to_string(leavings.uniform_sectors) + " of a short repeated pattern, " +
           std::to_string(leavings.other_sectors) + " of other bytes";
}

Result<std::unique_ptr<PatternSource>> make_leavings_source(const Keystream& markers,
                                                            RangeSet places, DeviceCommand last,
                                                            std::size_t request_size,
                                                            Leavings& leavings) {
    auto generator = QUIETUS_TRY(KeystreamGenerator::create(markers));
    auto scratch = QUIETUS_TRY(AlignedBuffer::create(request_size));
    return std::make_unique<LeavingsSource>(std::move(generator), std::move(scratch),
                                            std::move(places), last, leavings);
}

}  // namespace quietus::engine
