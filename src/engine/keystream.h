#pragma once
// The keystream a random pass writes: seekable, so that any block can be made again for
// verification, resume, out-of-order writing, and by anyone who has the certificate
// (docs/formats/keystream.md).

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/result.h"
#include "record/erase_record.h"

namespace quietus::engine {

inline constexpr std::string_view kAes256Ctr = "AES-256-CTR";
inline constexpr std::string_view kChaCha20 = "ChaCha20";

/// AES-256-CTR where the CPU has AES instructions, else ChaCha20.
std::string_view preferred_algorithm();

/// A fresh key and nonce from the kernel.
Result<Keystream> new_keystream(std::string_view algorithm);

/// Byte `n` of the stream belongs to byte `n` of the device.
/// AES-256-CTR: counter block = 8 bytes of nonce, then the big-endian number of the 16-byte block
/// (NIST SP 800-38A §6.5). ChaCha20: the little-endian number of the 64-byte block, then 8 bytes of
/// nonce (the original, 64-bit counter form). Not shared between threads.
class KeystreamGenerator {
  public:
    static Result<KeystreamGenerator> create(const Keystream& keystream);
    KeystreamGenerator(KeystreamGenerator&&) noexcept;
    KeystreamGenerator& operator=(KeystreamGenerator&&) noexcept;
    KeystreamGenerator(const KeystreamGenerator&) = delete;
    KeystreamGenerator& operator=(const KeystreamGenerator&) = delete;
    ~KeystreamGenerator();

    /// Fills `out` with the stream from byte `offset` on; `offset` is a multiple of 64. Any failure
    /// of the library is `internal` and must fail the pass: old buffer contents are not a
    /// keystream.
    Result<void> fill(std::uint64_t offset, std::span<std::byte> out);

  private:
    struct State;
    explicit KeystreamGenerator(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

/// Known answers: SP 800-38A F.5.5, the ChaCha20 vector of RFC 7539's author's draft with a 64-bit
/// counter, continuity across 2^32 blocks, and SHA-256. Run once before anything is destroyed.
Result<void> selftest();

}  // namespace quietus::engine
