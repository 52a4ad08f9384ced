#pragma once
// Small files: read whole, and written so that they are there after a power cut, or not at all.

#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "base/result.h"
#include "base/unique_fd.h"

namespace quietus {

/// The whole file, at most `limit` bytes (more is bad_evidence). Follows symlinks; regular files,
/// pipes and /proc only matter to the caller.
Result<std::string> read_whole_file(const std::string& path, std::size_t limit);

/// Everything left to read on `fd`, at most `limit` bytes.
Result<std::string> read_to_end(int fd, std::size_t limit, const std::string& what);

/// SHA-256 of the whole file in hex, read in pieces: memory does not grow with it.
Result<std::string> sha256_hex_of_file(const std::string& path);

/// Writes all of `bytes` to `fd`; short writes go on, EINTR is retried.
Result<void> write_all(int fd, std::string_view bytes, const std::string& what);

/// Writes a new file beside `path`, syncs it, renames it over `path` and syncs the folder:
/// afterwards `path` holds `bytes` also after a power cut. On failure `path` is as it was.
Result<void> write_file_durably(const std::string& path, std::string_view bytes, mode_t mode);

/// The same without syncing: readers see the old bytes or the new, and after a power cut it means
/// nothing.
Result<void> replace_file(const std::string& path, std::string_view bytes, mode_t mode);

/// Like write_file_durably, but fails with sys_errno EEXIST where `path` is already there.
Result<void> create_file_durably(const std::string& path, std::string_view bytes, mode_t mode);

/// Makes the folder and its missing parents with `mode`; an existing folder is left as it is.
Result<void> make_directories(const std::string& path, mode_t mode);

Result<void> sync_directory(const std::string& path);

/// An environment variable; nothing where it is not set. The only reader of the environment.
std::optional<std::string> environment(const char* name);

/// "/a/b/c" → "/a/b"; "c" → "."; "/c" → "/".
std::string parent_directory(const std::string& path);

}  // namespace quietus
