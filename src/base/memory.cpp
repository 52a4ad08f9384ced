#include "base/memory.h"

#include <algorithm>
#include <cerrno>
#include <unistd.h>

#include <openssl/crypto.h>
#include <sys/mman.h>

#include "base/units.h"

namespace quietus {

namespace {

constexpr std::size_t kPage = 4096;

std::size_t whole_pages(std::size_t size) {
    return (size + kPage - 1) / kPage * kPage;
}

Result<std::byte*> map_pages(std::size_t size) {
    void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return sys_failure("allocate " + std::to_string(size) + " bytes", errno);
    return static_cast<std::byte*>(memory);
}

}  // namespace

void AlignedBuffer::Unmap::operator()(std::byte* memory) const noexcept {
    munmap(memory, whole_pages(size));
}

Result<AlignedBuffer> AlignedBuffer::create(std::size_t size) {
    AlignedBuffer buffer;
    buffer.data_ = {QUIETUS_TRY(map_pages(whole_pages(std::max<std::size_t>(size, 1)))),
                    Unmap{std::max<std::size_t>(size, 1)}};
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
