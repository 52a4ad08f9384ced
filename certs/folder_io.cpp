#include "certs/folder_io.h"

#include <cerrno>
#include <cstdio>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <unistd.h>
#include <vector>

#include <sys/stat.h>

#include "base/bytes.h"
#include "base/file.h"
#include "base/unique_fd.h"

namespace quietus::certs {

namespace {

constexpr std::size_t kFilesMax = 64;
constexpr std::size_t kFileSizeMax = 32 * std::size_t{1024} * 1024;
constexpr std::size_t kFolderSizeMax = 2 * kFileSizeMax;
constexpr mode_t kFolderMode = 0755;
constexpr mode_t kFileMode =
    0644;  // evidence is meant to be read by others; nothing in it is secret

struct CloseDirectory {
    void operator()(DIR* directory) const noexcept { closedir(directory); }
};
using Directory = std::unique_ptr<DIR, CloseDirectory>;

tl::unexpected<Error> not_evidence(const std::string& path, const std::string& name,
                                   const char* why) {
    return failure(ErrorCode::not_authentic, printable_text(path) + ": " + printable_text(name) +
                                                 ": " + why + " in an evidence folder");
}

Result<UniqueFd> open_folder(const std::string& path) {
    UniqueFd folder{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (folder.is_open()) return folder;
    const int saved = errno;
    if (saved == ENOENT || saved == ENOTDIR) {
        return failure(
            ErrorCode::usage,
            printable_text(path) + ": " + (saved == ENOENT ? "no such folder" : "not a folder"),
            "name the folder that holds certificate.json");
    }
    return sys_failure("open " + printable_text(path), saved);
}

Result<std::vector<std::string>> names_in(const UniqueFd& folder, const std::string& path) {
    UniqueFd own{::openat(folder.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!own.is_open()) return sys_failure("open " + printable_text(path), errno);
    const int fd = ::dup(own.get());
    const Directory directory{fd >= 0 ? fdopendir(fd) : nullptr};
    if (!directory) return sys_failure("list " + printable_text(path), errno);
    std::vector<std::string> names;
    for (;;) {
        errno = 0;
        const dirent* entry =
            readdir(directory.get());  // NOLINT(concurrency-mt-unsafe): the stream is ours alone
        if (entry == nullptr) break;
        const std::string name = entry->d_name;
        if (name == "." || name == "..") continue;
        if (names.size() == kFilesMax) return not_evidence(path, name, "too many files");
        names.push_back(name);
    }
    if (errno != 0) return sys_failure("list " + printable_text(path), errno);
    return names;
}

Result<std::string> read_file(const UniqueFd& folder, const std::string& path,
                              const std::string& name) {
    // O_NONBLOCK: a pipe with no writer must not hold us up before we see what it is.
    const UniqueFd file{::openat(folder.get(), name.c_str(),
                                 O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)};
    if (!file.is_open() && (errno == ELOOP || errno == ENXIO))
        return not_evidence(path, name, "not a regular file");
    if (!file.is_open()) return sys_failure("open " + printable_text(path + "/" + name), errno);
    struct stat facts {};
    if (fstat(file.get(), &facts) != 0)
        return sys_failure("stat " + printable_text(path + "/" + name), errno);
    if (!S_ISREG(facts.st_mode)) return not_evidence(path, name, "not a regular file");
    if (facts.st_size > static_cast<off_t>(kFileSizeMax))
        return not_evidence(path, name, "too large a file");
    auto bytes = read_to_end(file.get(), kFileSizeMax, printable_text(path + "/" + name));
    if (!bytes && bytes.error().code == ErrorCode::bad_evidence)
        return not_evidence(path, name, "too large a file");
    return bytes;
}

Result<void> write_files(const std::string& path, const Folder& folder) {
    for (const auto& [name, bytes] : folder) {
        const std::string file_path = path + "/" + name;
        UniqueFd file{::open(file_path.c_str(),
                             O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kFileMode)};
        if (!file.is_open()) return sys_failure("create " + file_path, errno);
        QUIETUS_TRY(write_all(file.get(), bytes, file_path));
        if (fsync(file.get()) != 0) return sys_failure("fsync " + file_path, errno);
        QUIETUS_TRY(file.close());
    }
    return sync_directory(path);
}

// The remains of a run that was cut off, or of ours that failed. Only what write_files could have
// made.
void remove_partial(const std::string& path) {
    const UniqueFd folder{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    if (!folder.is_open()) return;
    if (const auto names = names_in(folder, path)) {
        for (const std::string& name : *names) ::unlinkat(folder.get(), name.c_str(), 0);
    }
    ::rmdir(path.c_str());
}

bool is_plain_name(const std::string& name) {
    return !name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos &&
           name.find('\0') == std::string::npos;
}

// RENAME_NOREPLACE where the filesystem has it: an empty folder of that name would otherwise be
// replaced.
int rename_new(const std::string& from, const std::string& to) {
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
    if (errno != EINVAL && errno != ENOSYS) return -1;
    struct stat facts {};
    if (::lstat(to.c_str(), &facts) == 0) {
        errno = EEXIST;
        return -1;
    }
    return std::rename(from.c_str(), to.c_str());
}

Result<void> write_under_name(const std::string& parent, const std::string& partial,
                              const std::string& path, const Folder& folder) {
    if (::mkdir(partial.c_str(), kFolderMode) != 0)
        return sys_failure("create folder " + partial, errno);
    QUIETUS_TRY(write_files(partial, folder));
    if (rename_new(partial, path) != 0) return sys_failure("rename to " + path, errno);
    return sync_directory(parent);
}

}  // namespace

Result<void> check_limits(const Folder& folder) {
    constexpr std::size_t kFilesToCome = 8;
    constexpr std::size_t kBytesToCome = std::size_t{1024} * 1024;
    std::size_t size = 0;
    bool fits = folder.size() + kFilesToCome <= kFilesMax;
    for (const auto& [name, bytes] : folder) {
        size += bytes.size();
        fits = fits && bytes.size() <= kFileSizeMax;
    }
    if (fits && size + kBytesToCome <= kFolderSizeMax) return {};
    return failure(ErrorCode::usage, "more or larger files than an evidence folder takes",
                   "attach less, or give the digest of what stays elsewhere");
}

Result<Folder> read_folder(const std::string& path) {
    const UniqueFd directory = QUIETUS_TRY(open_folder(path));
    Folder folder;
    std::size_t total = 0;
    for (const std::string& name : QUIETUS_TRY(names_in(directory, path))) {
        std::string bytes = QUIETUS_TRY(read_file(directory, path, name));
        total += bytes.size();
        if (total > kFolderSizeMax) return not_evidence(path, name, "more bytes than belong");
        folder.emplace(name, std::move(bytes));
    }
    return folder;
}

Result<Folder> read_own_folder(const std::string& path) {
    Folder folder = QUIETUS_TRY(read_folder(path));
    // As base/file.h calls what it writes, until it is whole.
    std::erase_if(folder,
                  [](const auto& file) { return file.first.find(".tmp-") != std::string::npos; });
    return folder;
}

Result<std::string> write_folder(const std::string& parent, const std::string& name,
                                 const Folder& folder) {
    QUIETUS_CHECK(is_plain_name(name));
    for (const auto& [file, bytes] : folder) QUIETUS_CHECK(is_plain_name(file));
    const std::string path = parent + "/" + name;
    QUIETUS_TRY(make_directories(parent, kFolderMode));
    // A retry after a crash between the rename and the answer finds its own work.
    if (const auto there = read_folder(path); there && *there == folder) return path;
    const std::string partial = parent + "/.partial-" + name;
    remove_partial(partial);
    const Result<void> written = write_under_name(parent, partial, path, folder);
    if (written) return path;
    remove_partial(partial);
    return tl::unexpected{written.error()};
}

}  // namespace quietus::certs
