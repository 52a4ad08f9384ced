#pragma once
// What a namespace of the device model keeps its bytes in: memory that forked processes share, or
// a file. It is the medium itself; what a host may see of it is the model's business.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "support/shared_memory.h"

namespace quietus::test::nvme {

class Medium {
  public:
    Medium() = default;
    Medium(const Medium&) = delete;
    Medium& operator=(const Medium&) = delete;
    virtual ~Medium() = default;

    virtual std::uint64_t size() const = 0;
    /// False: the bytes could not be transferred, all or some.
    virtual bool read(std::uint64_t offset, std::span<std::byte> into) const = 0;
    virtual bool write(std::uint64_t offset, std::span<const std::byte> bytes) = 0;
    virtual bool flush() = 0;
};

class MemoryMedium : public Medium {
  public:
    explicit MemoryMedium(std::uint64_t size) : size_{size}, bytes_{size} {}
    std::span<std::byte> content() const { return bytes_.span().first(size_); }

    std::uint64_t size() const override { return size_; }
    bool read(std::uint64_t offset, std::span<std::byte> into) const override;
    bool write(std::uint64_t offset, std::span<const std::byte> bytes) override;
    bool flush() override { return true; }

  private:
    std::uint64_t size_;
    SharedArray<std::byte> bytes_;
};

/// A file or block device that already has its size.
class FileMedium : public Medium {
  public:
    /// Nothing, with the reason in errno, where it cannot be opened or measured.
    static std::unique_ptr<FileMedium> open(const std::string& path);
    /// Takes the descriptor.
    FileMedium(int descriptor, std::uint64_t size) : descriptor_{descriptor}, size_{size} {}
    ~FileMedium() override;

    std::uint64_t size() const override { return size_; }
    bool read(std::uint64_t offset, std::span<std::byte> into) const override;
    bool write(std::uint64_t offset, std::span<const std::byte> bytes) override;
    bool flush() override;

  private:
    int descriptor_;
    std::uint64_t size_;
};

}  // namespace quietus::test::nvme
