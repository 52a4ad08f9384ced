#include "engine/sample.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/result.h"

namespace quietus::engine {

namespace {

constexpr std::uint64_t kShare = 20;  // one twentieth: 5 %
__extension__ using Wide =
    unsigned __int128;  // no drive makes a product of sectors and subsections wrap

void append_be64(Bytes& bytes, std::uint64_t value) {
    for (int shift = 56; shift >= 0; shift -= 8)
        bytes.push_back(static_cast<std::byte>(value >> shift & 0xFFU));
}

constexpr std::string_view kLabel = "quietus-sample-1";

}  // namespace

std::uint64_t drawn_number(std::span<const std::byte> seed, std::string_view label,
                           std::initializer_list<std::uint64_t> numbers) {
    Bytes input{seed.begin(), seed.end()};
    const auto text = bytes_of(label);
    input.insert(input.end(), text.begin(), text.end());
    for (const std::uint64_t number : numbers) append_be64(input, number);
    const Digest digest = sha256(input);
    std::uint64_t drawn = 0;
    for (std::size_t i = 0; i < 8; ++i)
        drawn = drawn << 8U | std::to_integer<std::uint64_t>(digest[i]);
    return drawn;
}

bool large_enough_to_sample(std::uint64_t addressable, std::uint32_t sector) {
    return addressable / sector >= kSampleSubsections * kShare;
}

std::vector<Range> sample_ranges(std::span<const std::byte> seed, std::uint64_t addressable,
                                 std::uint32_t sector) {
    QUIETUS_CHECK(large_enough_to_sample(addressable, sector) && addressable % sector == 0);
    const std::uint64_t sectors = addressable / sector;
    RangeSet chosen;
    chosen.add({0, sector});
    chosen.add({addressable - sector, sector});
    for (std::uint64_t i = 0; i < kSampleSubsections; ++i) {
        // Subsections differ by at most one sector and together cover everything.
        const auto begin =
            static_cast<std::uint64_t>(static_cast<Wide>(sectors) * i / kSampleSubsections);
        const auto end =
            static_cast<std::uint64_t>(static_cast<Wide>(sectors) * (i + 1) / kSampleSubsections);
        const std::uint64_t length = (end - begin + kShare - 1) / kShare;
        // Two places among those left when both samples are taken out; the later one is pushed
        // behind the earlier.
        const std::uint64_t places = end - begin - 2 * length + 1;
        std::array<std::uint64_t, kSamplesPerSubsection> at{
            drawn_number(seed, kLabel, {i, 0}) % places,
            drawn_number(seed, kLabel, {i, 1}) % places};
        std::sort(at.begin(), at.end());
        chosen.add({(begin + at[0]) * sector, length * sector});
        chosen.add({(begin + at[1] + length) * sector, length * sector});
    }
    return chosen.ranges();
}

}  // namespace quietus::engine
