#include "base/memory.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <unistd.h>

#include <openssl/crypto.h>
#include <sys/mman.h>

#include "base/units.h"

namespace quietus {

namespace {

constexpr std::size_t kPage = 4096;

// A request made of scattered small pages has more segments than most devices take at once (128 is
// usual: half a mebibyte). The kernel would split it, does not do so for a caller who will not
// wait, and io_uring begins again in a helper thread; a blkio limit charges it twice. A huge page
// is one piece, whatever its length.
constexpr std::size_t kHugePage = 2 * kMiB;
constexpr std::size_t kLarge = kMiB;

std::size_t whole_pages(std::size_t size) {
    const std::size_t page = size < kLarge ? kPage : kHugePage;
    return (size + page - 1) / page * page;
}

Result<std::byte*> map_pages(std::size_t size) {
    void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return sys_failure("allocate " + std::to_string(size) + " bytes", errno);
    return static_cast<std::byte*>(memory);
}

// `size` bytes, whole huge pages, from the start of one on. The kernel may still give small ones.
Result<std::byte*> map_huge_pages(std::size_t size) {
    std::byte* const mapped = QUIETUS_TRY(map_pages(size + kHugePage));
    const std::size_t before =
        (kHugePage - reinterpret_cast<std::uintptr_t>(mapped) % kHugePage) % kHugePage;
    if (before != 0) munmap(mapped, before);
    munmap(mapped + before + size, kHugePage - before);
    static_cast<void>(madvise(mapped + before, size, MADV_HUGEPAGE));
    return mapped + before;
}

}  // namespace

void AlignedBuffer::Unmap::operator()(std::byte* memory) const noexcept {
    munmap(memory, mapped);
}

Result<AlignedBuffer> AlignedBuffer::create(std::size_t size) {
    const std::size_t mapped = whole_pages(std::max<std::size_t>(size, 1));
    AlignedBuffer buffer;
    buffer.data_ = {QUIETUS_TRY(size < kLarge ? map_pages(mapped) : map_huge_pages(mapped)),
                    Unmap{mapped}};
    buffer.size_ = size;
    return buffer;
}

void wipe(std::span<std::byte> bytes) noexcept {
    OPENSSL_cleanse(bytes.data(), bytes.size());
}

void SecretBytes::WipeAndUnmap::operator()(std::byte* memory) const noexcept {
    OPENSSL_cleanse(memory, mapped);
    munmap(memory, mapped);
}

Result<SecretBytes> SecretBytes::create(std::size_t size) {
    const std::size_t mapped = whole_pages(std::max<std::size_t>(size, 1));
    SecretBytes secret;
    secret.data_ = {QUIETUS_TRY(map_pages(mapped)), WipeAndUnmap{mapped}};
    secret.size_ = size;
    // Best effort by design: an unprivileged verifier may have no locked memory left.
    static_cast<void>(mlock(secret.data_.get(), mapped));
    static_cast<void>(madvise(secret.data_.get(), mapped, MADV_DONTDUMP));
    return secret;
}

Result<SecretBytes> SecretBytes::copy_of(std::span<const std::byte> bytes) {
    SecretBytes secret = QUIETUS_TRY(create(bytes.size()));
    std::copy(bytes.begin(), bytes.end(), secret.span().begin());
    return secret;
}

void SecretBytes::shrink(std::size_t size) {
    if (size >= span().size()) return;
    wipe(span().subspan(size));
    size_ = size;
}

}  // namespace quietus
