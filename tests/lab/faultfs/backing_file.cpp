#include "backing_file.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

#include <sys/stat.h>

namespace quietus::faultfs {

std::optional<BackingFile> BackingFile::open(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    if (descriptor < 0) return std::nullopt;
    struct stat status {};
    if (::fstat(descriptor, &status) != 0) {
        ::close(descriptor);
        return std::nullopt;
    }
    return BackingFile{descriptor, static_cast<std::uint64_t>(status.st_size)};
}

BackingFile::BackingFile(BackingFile&& other) noexcept
    : descriptor_{std::exchange(other.descriptor_, -1)}, size_{other.size_} {}

BackingFile::~BackingFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

int BackingFile::read(std::uint64_t offset, std::span<std::byte> into) const {
    while (!into.empty()) {
        const ssize_t done =
            ::pread(descriptor_, into.data(), into.size(), static_cast<off_t>(offset));
        if (done < 0 && errno == EINTR) continue;
        if (done < 0) return errno;
        if (done == 0) {
            std::fill(into.begin(), into.end(), std::byte{0});
            return 0;
        }
        into = into.subspan(static_cast<std::size_t>(done));
        offset += static_cast<std::uint64_t>(done);
    }
    return 0;
}

int BackingFile::write(std::uint64_t offset, std::span<const std::byte> from) const {
    while (!from.empty()) {
        const ssize_t done =
            ::pwrite(descriptor_, from.data(), from.size(), static_cast<off_t>(offset));
        if (done < 0 && errno == EINTR) continue;
        if (done < 0) return errno;
        from = from.subspan(static_cast<std::size_t>(done));
        offset += static_cast<std::uint64_t>(done);
    }
    return 0;
}

int BackingFile::sync() const {
    return ::fdatasync(descriptor_) == 0 ? 0 : errno;
}

int BackingFile::allocate(int mode, std::uint64_t offset, std::uint64_t length) const {
    return ::fallocate(descriptor_, mode, static_cast<off_t>(offset), static_cast<off_t>(length)) ==
                   0
               ? 0
               : errno;
}

}  // namespace quietus::faultfs
