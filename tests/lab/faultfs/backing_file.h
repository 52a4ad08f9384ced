#pragma once
// The image under the disk: what a drive without any fault would hold.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace quietus::faultfs {

/// Every function answers 0 or an errno, and does all or fails.
class BackingFile {
  public:
    /// Opens an existing file; nothing where it cannot, with errno set.
    static std::optional<BackingFile> open(const std::string& path);
    BackingFile(BackingFile&& other) noexcept;
    BackingFile(const BackingFile&) = delete;
    BackingFile& operator=(const BackingFile&) = delete;
    BackingFile& operator=(BackingFile&&) = delete;
    ~BackingFile();

    std::uint64_t size() const { return size_; }
    /// Past the end there are zeros, as the kernel asks for whole pages.
    int read(std::uint64_t offset, std::span<std::byte> into) const;
    int write(std::uint64_t offset, std::span<const std::byte> from) const;
    int sync() const;
    /// fallocate(2) in `mode`: how the kernel asks for discard and for zeros.
    int allocate(int mode, std::uint64_t offset, std::uint64_t length) const;

  private:
    BackingFile(int descriptor, std::uint64_t size) : descriptor_{descriptor}, size_{size} {}

    int descriptor_;
    std::uint64_t size_;
};

}  // namespace quietus::faultfs
