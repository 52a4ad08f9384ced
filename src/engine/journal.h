#pragma once
// The journal: what is about to be done, on stable storage, before it is done
// (docs/formats/journal.md). One JSON object per line; each names the SHA-256 of the line before.
// 0600: it holds keystream keys.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "base/utc_time.h"

namespace quietus::engine {

/// Appends to one journal. Owned by the supervisor, one thread.
class Journal {
  public:
    /// A new file, which must not be there yet, with room set aside for a whole run, so that a disk
    /// that fills up meanwhile cannot silence us. Fails with the errno of the disk (ENOSPC) before
    /// anything is destroyed.
    static Result<Journal> create(const std::string& path);

    /// An existing journal, checked; a torn last line is cut off. `busy` where the run that writes
    /// it is still alive.
    static Result<Journal> reopen(const std::string& path);

    /// What becomes of an event that could not be written: forgotten (the act it announces must not
    /// happen), or kept here and written before the next one (it has happened).
    enum class Unwritten { forget, keep };

    /// Adds {"n", "t", "prev"} to the event and writes it. With `sync` it is on stable storage on
    /// return; a failure means it may or may not be, and leaves no torn line behind.
    Result<void> append(Json event, UtcTime now, bool sync,
                        Unwritten unwritten = Unwritten::forget);

    const std::string& path() const { return path_; }
    /// All entries so far, this run's and those found by reopen.
    const std::vector<Json>& entries() const { return entries_; }
    /// All bytes so far, as on disk.
    const std::string& text() const { return text_; }

  private:
    Journal(std::string path, UniqueFd file) : path_{std::move(path)}, file_{std::move(file)} {}
    std::string path_;
    UniqueFd file_;
    std::string text_;
    std::string last_line_digest_;
    std::vector<Json> entries_;
    std::size_t on_disk_{0};  ///< How much of text_ has been written.
};

struct JournalContents {
    std::vector<Json> entries;
    std::string text;       ///< The bytes the entries came from.
    bool torn_tail{false};  ///< Bytes after the last whole line were ignored.
};

/// Reads and checks a journal: numbering, hash chain, JSON. A torn last line is what a crash leaves
/// and is no error; anything else that does not fit is `bad_evidence`.
Result<JournalContents> read_journal(const std::string& path);

/// The first entry alone, which says what the run is about; the rest is not looked at.
Result<Json> read_first_entry(const std::string& path);

}  // namespace quietus::engine
