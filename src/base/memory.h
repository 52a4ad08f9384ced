#pragma once
// Memory with a duty: aligned for direct I/O, or locked and wiped for secrets.

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace quietus {

/// Page-aligned, zero-filled memory for O_DIRECT. Moves, never copies.
class AlignedBuffer {
  public:
    AlignedBuffer() = default;
    /// `size` bytes at a multiple of 4096, the largest alignment a Linux block device asks of a
    /// buffer; from 1 MiB on in huge pages, where the kernel has some.
    static Result<AlignedBuffer> create(std::size_t size);

    std::span<std::byte> span() noexcept { return {data_.get(), data_ ? size_ : 0}; }
    std::span<const std::byte> span() const noexcept { return {data_.get(), data_ ? size_ : 0}; }

  private:
    struct Unmap {
        std::size_t mapped;
        void operator()(std::byte* memory) const noexcept;
    };
    std::unique_ptr<std::byte[], Unmap> data_;
    std::size_t size_{0};
};

/// A passphrase or key: its pages are locked (as far as RLIMIT_MEMLOCK allows) and left out of core
/// dumps, and it is wiped before they are freed. Moves, never copies; never printed.
class SecretBytes {
  public:
    SecretBytes() = default;
    static Result<SecretBytes> create(std::size_t size);
    static Result<SecretBytes> copy_of(std::span<const std::byte> bytes);

    std::span<std::byte> span() noexcept { return {data_.get(), data_ ? size_ : 0}; }
    std::span<const std::byte> span() const noexcept { return {data_.get(), data_ ? size_ : 0}; }
    bool empty() const noexcept { return span().empty(); }
    /// Forgets bytes from the end (a trailing newline); the forgotten part is wiped now.
    void shrink(std::size_t size);

  private:
    struct WipeAndUnmap {
        std::size_t mapped;
        void operator()(std::byte* memory) const noexcept;
    };
    std::unique_ptr<std::byte[], WipeAndUnmap> data_;
    std::size_t size_{0};
};

/// Gives the object to the process: it is never freed, and stays reachable. For what a request in
/// flight may still use.
template <class T>
void keep_for_ever(std::unique_ptr<T> object) {
    // NOLINTNEXTLINE(*-owning-memory): never freed
    static auto* const kKept = new std::vector<std::unique_ptr<T>>;
    kKept->push_back(std::move(object));
}

/// Overwrites memory in a way the compiler may not drop.
void wipe(std::span<std::byte> bytes) noexcept;

}  // namespace quietus
