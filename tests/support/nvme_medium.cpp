#include "support/nvme_medium.h"

#include <algorithm>
#include <fcntl.h>
#include <unistd.h>

namespace quietus::test::nvme {

bool MemoryMedium::read(std::uint64_t offset, std::span<std::byte> into) const {
    if (offset > size_ || into.size() > size_ - offset) return false;
    std::ranges::copy(content().subspan(offset, into.size()), into.begin());
    return true;
}

bool MemoryMedium::write(std::uint64_t offset, std::span<const std::byte> bytes) {
    if (offset > size_ || bytes.size() > size_ - offset) return false;
    std::ranges::copy(bytes, content().subspan(offset).begin());
    return true;
}

std::unique_ptr<FileMedium> FileMedium::open(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    if (descriptor < 0) return nullptr;
    const off_t size = ::lseek(descriptor, 0, SEEK_END);
    if (size < 0) {
        ::close(descriptor);
        return nullptr;
    }
    return std::make_unique<FileMedium>(descriptor, static_cast<std::uint64_t>(size));
}

FileMedium::~FileMedium() {
    ::close(descriptor_);
}

bool FileMedium::read(std::uint64_t offset, std::span<std::byte> into) const {
    while (!into.empty()) {
        const ssize_t got =
            ::pread(descriptor_, into.data(), into.size(), static_cast<off_t>(offset));
        if (got <= 0) return false;
        offset += static_cast<std::uint64_t>(got);
        into = into.subspan(static_cast<std::size_t>(got));
    }
    return true;
}

bool FileMedium::write(std::uint64_t offset, std::span<const std::byte> bytes) {
    if (offset > size_ || bytes.size() > size_ - offset) return false;
    while (!bytes.empty()) {
        const ssize_t done =
            ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (done <= 0) return false;
        offset += static_cast<std::uint64_t>(done);
        bytes = bytes.subspan(static_cast<std::size_t>(done));
    }
    return true;
}

bool FileMedium::flush() {
    return ::fdatasync(descriptor_) == 0;
}

}  // namespace quietus::test::nvme
