#include "base/file.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <unistd.h>

#include <sys/stat.h>

#include "base/bytes.h"
#include "base/random.h"

namespace quietus {

namespace {

// Writes, syncs and closes; whatever fails, the file at `path` is not to be used.
Result<void> fill_and_sync(UniqueFd file, std::string_view bytes, const std::string& path) {
    QUIETUS_TRY(write_all(file.get(), bytes, path));
    if (fsync(file.get()) != 0) return sys_failure("fsync " + path, errno);
    return file.close();
}

Result<std::string> temporary_name(const std::string& path) {
    std::array<std::byte, 8> random{};
    QUIETUS_TRY(fill_random(random));
    return path + ".tmp-" + to_hex(random);
}

Result<void> put_in_place(const std::string& path, std::string_view bytes, mode_t mode, bool sync) {
    const std::string temporary = QUIETUS_TRY(temporary_name(path));
    UniqueFd file{
        ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)};
    if (!file.is_open()) return sys_failure("create " + temporary, errno);
    Result<void> written = sync ? fill_and_sync(std::move(file), bytes, temporary)
                                : write_all(file.get(), bytes, temporary);
    if (written && std::rename(temporary.c_str(), path.c_str()) != 0)
        written = sys_failure("rename to " + path, errno);
    if (!written) ::unlink(temporary.c_str());
    return written;
}

// Hands what is left to read on `fd` to `take`, in chunks, until the end.
template <class Take>
Result<void> for_each_chunk(int fd, const std::string& what, Take take) {
    std::array<char, 65536> chunk{};
    for (;;) {
        const ssize_t got = ::read(fd, chunk.data(), chunk.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return sys_failure("read " + what, errno);
        if (got == 0) return {};
        QUIETUS_TRY(take(std::string_view{chunk.data(), static_cast<std::size_t>(got)}));
    }
}

}  // namespace

Result<std::string> read_to_end(int fd, std::size_t limit, const std::string& what) {
    std::string text;
    QUIETUS_TRY(for_each_chunk(fd, what, [&](std::string_view chunk) -> Result<void> {
        if (text.size() + chunk.size() > limit) {
            return failure(ErrorCode::bad_evidence,
                           what + ": longer than " + std::to_string(limit) + " bytes");
        }
        text += chunk;
        return {};
    }));
    return text;
}

Result<std::string> read_whole_file(const std::string& path, std::size_t limit) {
    const UniqueFd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY)};
    if (!file.is_open()) return sys_failure("open " + path, errno);
    return read_to_end(file.get(), limit, path);
}

Result<std::string> sha256_hex_of_file(const std::string& path) {
    const UniqueFd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY)};
    if (!file.is_open()) return sys_failure("open " + path, errno);
    Sha256 hash;
    QUIETUS_TRY(for_each_chunk(file.get(), path, [&](std::string_view chunk) -> Result<void> {
        hash.update(bytes_of(chunk));
        return {};
    }));
    return to_hex(hash.finish());
}

Result<void> write_all(int fd, std::string_view bytes, const std::string& what) {
    while (!bytes.empty()) {
        const ssize_t done = ::write(fd, bytes.data(), bytes.size());
        if (done < 0 && errno == EINTR) continue;
        if (done < 0) return sys_failure("write " + what, errno);
        bytes.remove_prefix(static_cast<std::size_t>(done));
    }
    return {};
}

Result<void> write_file_durably(const std::string& path, std::string_view bytes, mode_t mode) {
    QUIETUS_TRY(put_in_place(path, bytes, mode, /*sync=*/true));
    return sync_directory(parent_directory(path));
}

Result<void> replace_file(const std::string& path, std::string_view bytes, mode_t mode) {
    return put_in_place(path, bytes, mode, /*sync=*/false);
}

Result<void> create_file_durably(const std::string& path, std::string_view bytes, mode_t mode) {
    const std::string temporary = QUIETUS_TRY(temporary_name(path));
    UniqueFd file{
        ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)};
    if (!file.is_open()) return sys_failure("create " + temporary, errno);
    Result<void> written = fill_and_sync(std::move(file), bytes, temporary);
    // link() fails where the name is taken; rename() would replace it.
    if (written && ::link(temporary.c_str(), path.c_str()) != 0)
        written = sys_failure("create " + path, errno);
    ::unlink(temporary.c_str());
    if (!written) return written;
    return sync_directory(parent_directory(path));
}

Result<void> make_directories(const std::string& path, mode_t mode) {
    for (std::size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
        const std::string part = path.substr(0, slash);
        if (::mkdir(part.c_str(), mode) != 0) {
            const int saved = errno;
            struct stat facts {};
            const bool folder = ::stat(part.c_str(), &facts) == 0 && S_ISDIR(facts.st_mode);
            if (!folder)
                return sys_failure("create folder " + part, saved == EEXIST ? ENOTDIR : saved);
        }
        if (slash == std::string::npos) return {};
    }
}

Result<void> sync_directory(const std::string& path) {
    const UniqueFd folder{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!folder.is_open()) return sys_failure("open folder " + path, errno);
    if (fsync(folder.get()) != 0) return sys_failure("fsync folder " + path, errno);
    return {};
}

std::optional<std::string> environment(const char* name) {
    // Nobody here ever sets a variable, so nothing can change under a reader.
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
    if (value == nullptr) return std::nullopt;
    return std::string{value};
}

std::string parent_directory(const std::string& path) {
    const auto slash = path.find_last_of('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace quietus
