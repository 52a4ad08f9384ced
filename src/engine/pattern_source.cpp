#include "engine/pattern_source.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/memory.h"
#include "engine/keystream.h"

namespace quietus::engine {

namespace {

// What was read is compared piece by piece with memory of this size, which stays in the first-level
// cache: twice as fast as 64 KiB (bench/micro).
constexpr std::size_t kComparePiece = 8 * kKiB;

// A differing sector is told whole, so no piece is smaller than a sector; no sector is larger than
// this (Linux: a logical block fits into 64 KiB).
constexpr std::size_t kSectorMax = 64 * kKiB;

// Hands the read bytes to `compare(offset, piece)`, a piece at a time.
template <class Compare>
Result<void> for_each_piece(std::uint64_t offset, std::span<const std::byte> got,
                            std::uint32_t sector, Compare compare) {
    QUIETUS_CHECK(sector <= kSectorMax);
    const std::size_t size = std::max<std::size_t>(kComparePiece, sector);
    for (std::size_t done = 0; done < got.size(); done += size)
        QUIETUS_TRY(compare(offset + done, got.subspan(done, std::min(size, got.size() - done))));
    return {};
}

// Adds the sectors of `got` that differ from `expected`; `at` is the device offset of both.
void add_differing_sectors(std::uint64_t at, std::span<const std::byte> got,
                           std::span<const std::byte> expected, std::uint32_t sector,
                           RangeSet& mismatched) {
    for (std::size_t i = 0; i < got.size(); i += sector) {
        const std::size_t length = std::min<std::size_t>(sector, got.size() - i);
        if (std::memcmp(got.data() + i, expected.data() + i, length) != 0)
            mismatched.add({at + i, length});
    }
}

void add_if_different(std::uint64_t at, std::span<const std::byte> got,
                      std::span<const std::byte> expected, std::uint32_t sector,
                      RangeSet& mismatched) {
    if (std::memcmp(got.data(), expected.data(), got.size()) != 0)
        add_differing_sectors(at, got, expected, sector, mismatched);
}

class KeystreamSource final : public PatternSource {
  public:
    static Result<std::unique_ptr<PatternSource>> create(const Keystream& keystream) {
        auto generator = QUIETUS_TRY(KeystreamGenerator::create(keystream));
        auto scratch = QUIETUS_TRY(AlignedBuffer::create(kSectorMax));
        return std::make_unique<KeystreamSource>(keystream, std::move(generator),
                                                 std::move(scratch));
    }
    KeystreamSource(Keystream keystream, KeystreamGenerator generator, AlignedBuffer scratch)
        : keystream_{std::move(keystream)},
          generator_{std::move(generator)},
          scratch_{std::move(scratch)} {}

    Result<void> fill(std::uint64_t offset, std::span<std::byte> out) override {
        return generator_.fill(offset, out);
    }

    Result<void> compare(std::uint64_t offset, std::span<const std::byte> got, std::uint32_t sector,
                         RangeSet& mismatched) override {
        return for_each_piece(offset, got, sector,
                              [&](std::uint64_t at, auto piece) -> Result<void> {
                                  const auto expected = scratch_.span().first(piece.size());
                                  QUIETUS_TRY(generator_.fill(at, expected));
                                  add_if_different(at, piece, expected, sector, mismatched);
                                  return {};
                              });
    }

    std::unique_ptr<PatternSource> sibling() const override {
        auto another = create(keystream_);
        return another ? std::move(*another) : nullptr;
    }

  private:
    Keystream keystream_;
    KeystreamGenerator generator_;
    AlignedBuffer scratch_;
};

class ConstantSource final : public PatternSource {
  public:
    // `image` holds the pattern repeated over request_size + one period, so that any phase can be
    // cut from it.
    ConstantSource(std::size_t period, std::shared_ptr<const AlignedBuffer> image)
        : period_{period}, image_{std::move(image)} {}

    Result<void> fill(std::uint64_t offset, std::span<std::byte> out) override {
        const auto from = image_at(offset, out.size());
        std::copy(from.begin(), from.end(), out.begin());
        return {};
    }

    Result<void> compare(std::uint64_t offset, std::span<const std::byte> got, std::uint32_t sector,
                         RangeSet& mismatched) override {
        // Always beside the same few pages of the image.
        return for_each_piece(
            offset, got, sector, [&](std::uint64_t at, auto piece) -> Result<void> {
                add_if_different(at, piece, image_at(at, piece.size()), sector, mismatched);
                return {};
            });
    }

    std::unique_ptr<PatternSource> sibling() const override {
        return std::make_unique<ConstantSource>(period_, image_);
    }

    std::span<const std::byte> shared() const override {
        constexpr std::size_t kSmallestSector = 512;
        return kSmallestSector % period_ == 0 ? image_->span() : std::span<const std::byte>{};
    }

  private:
    std::span<const std::byte> image_at(std::uint64_t offset, std::size_t length) const {
        return image_->span().subspan(offset % period_, length);
    }

    std::size_t period_;
    std::shared_ptr<const AlignedBuffer> image_;
};

}  // namespace

Result<std::unique_ptr<PatternSource>> make_pattern_source(
    const Pattern& pattern, const std::optional<Keystream>& keystream, std::size_t request_size) {
    if (const auto* constant = std::get_if<ConstantPattern>(&pattern)) {
        const std::size_t period = constant->bytes.size();
        QUIETUS_CHECK(period >= 1 && period <= kPatternSizeMax);
        auto image = QUIETUS_TRY(AlignedBuffer::create(request_size + kPatternSizeMax));
        for (std::size_t i = 0; i < image.span().size(); ++i)
            image.span()[i] = constant->bytes[i % period];
        return std::make_unique<ConstantSource>(
            period, std::make_shared<const AlignedBuffer>(std::move(image)));
    }
    if (std::holds_alternative<DrawnBytePattern>(pattern))
        return failure(ErrorCode::internal, "a drawn byte that was not drawn");
    if (!keystream) return failure(ErrorCode::internal, "a keystream pass without a keystream");
    return KeystreamSource::create(*keystream);
}

}  // namespace quietus::engine
