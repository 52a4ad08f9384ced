#include "engine/journal.h"

#include <cerrno>
#include <fcntl.h>
#include <fstream>
#include <unistd.h>

#include <sys/file.h>

#include "base/bytes.h"
#include "base/file.h"
#include "base/units.h"

namespace quietus::engine {

namespace {

// A run of one drive writes a few kilobytes; a plan with a long list of objections more. Set aside
// beforehand.
constexpr off_t kReserve = 256 * 1024;

// Nothing we write comes near: larger is not a journal of ours.
constexpr std::size_t kJournalSizeMax = 64 * kMiB;

// What the first line names as the line before it.
std::string no_previous() {
    return std::string(64, '0');
}

// Held as long as the file is open: who finds it taken knows that the run is still alive.
Result<void> lock_journal(int fd, const std::string& path) {
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) return {};
    if (errno != EWOULDBLOCK) return sys_failure("lock journal " + path, errno);
    return failure(ErrorCode::busy, path + ": its run is still alive",
                   "quietus status shows it; wait until it is done");
}

}  // namespace

Result<Journal> Journal::create(const std::string& path) {
    UniqueFd file{::open(path.c_str(),
                         O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600)};
    if (!file.is_open()) return sys_failure("create journal " + path, errno);
    const auto give_up = [&](const std::string& what, int saved) {
        ::unlink(path.c_str());
        return sys_failure(what + " " + path, saved);
    };
    if (auto locked = lock_journal(file.get(), path); !locked) {
        ::unlink(path.c_str());
        return tl::unexpected{std::move(locked).error()};
    }
    // Filesystems without fallocate (EOPNOTSUPP) still journal; they only cannot promise the room.
    if (fallocate(file.get(), FALLOC_FL_KEEP_SIZE, 0, kReserve) != 0 && errno != EOPNOTSUPP)
        return give_up("reserve room for journal", errno);
    if (fsync(file.get()) != 0) return give_up("fsync journal", errno);
    if (const auto synced = sync_directory(parent_directory(path)); !synced) {
        ::unlink(path.c_str());
        return tl::unexpected{synced.error()};
    }
    Journal journal{path, std::move(file)};
    journal.last_line_digest_ = no_previous();
    return journal;
}

Result<Journal> Journal::reopen(const std::string& path) {
    UniqueFd file{::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW)};
    if (!file.is_open()) return sys_failure("open journal " + path, errno);
    QUIETUS_TRY(lock_journal(file.get(), path));
    JournalContents contents = QUIETUS_TRY(read_journal(path));
    if (contents.torn_tail && ftruncate(file.get(), static_cast<off_t>(contents.text.size())) != 0)
        return sys_failure("cut the torn line of " + path, errno);
    Journal journal{path, std::move(file)};
    journal.text_ = std::move(contents.text);
    journal.on_disk_ = journal.text_.size();
    journal.entries_ = std::move(contents.entries);
    const auto last =
        journal.text_.rfind('\n', journal.text_.size() < 2 ? 0 : journal.text_.size() - 2);
    const std::string line = journal.text_.substr(last == std::string::npos ? 0 : last + 1);
    journal.last_line_digest_ = journal.entries_.empty()
                                    ? no_previous()
                                    : sha256_hex(std::string_view{line}.substr(0, line.size() - 1));
    return journal;
}

Result<void> Journal::append(Json event, UtcTime now, bool sync, Unwritten unwritten) {
    event["n"] = entries_.size();
    event["t"] = to_rfc3339(now);
    event["prev"] = last_line_digest_;
    const std::string line = canonical_json(event);
    // With it goes what earlier failures left unwritten.
    auto written = write_all(file_.get(), text_.substr(on_disk_) + line + "\n", "journal " + path_);
    // Part of a line may be there; the next one must not be glued to it.
    if (!written && ftruncate(file_.get(), static_cast<off_t>(on_disk_)) != 0)
        written.error().message += " (and its torn line cannot be cut off)";
    if (!written && unwritten == Unwritten::forget) return written;
    text_ += line + "\n";
    last_line_digest_ = sha256_hex(line);
    entries_.push_back(std::move(event));
    if (!written) return written;
    on_disk_ = text_.size();
    if (sync && fdatasync(file_.get()) != 0) return sys_failure("fsync journal " + path_, errno);
    return {};
}

Result<JournalContents> read_journal(const std::string& path) {
    JournalContents contents;
    contents.text = QUIETUS_TRY(read_whole_file(path, kJournalSizeMax));
    const auto end = contents.text.rfind('\n');
    const std::size_t whole = end == std::string::npos ? 0 : end + 1;
    contents.torn_tail = whole != contents.text.size();
    contents.text.resize(whole);
    std::string previous = no_previous();
    for (std::size_t at = 0; at < whole;) {
        const std::size_t stop = contents.text.find('\n', at);
        const std::string_view line = std::string_view{contents.text}.substr(at, stop - at);
        const std::string where = path + ": line " + std::to_string(contents.entries.size() + 1);
        Json entry = QUIETUS_TRY_CONTEXT(parse_json(line), where);
        if (QUIETUS_TRY_CONTEXT(string_member(entry, "prev"), where) != previous)
            return failure(ErrorCode::bad_evidence, where + ": the hash chain is broken");
        if (QUIETUS_TRY_CONTEXT(integer_member(entry, "n"), where) != contents.entries.size())
            return failure(ErrorCode::bad_evidence, where + ": numbered wrongly");
        previous = sha256_hex(line);
        contents.entries.push_back(std::move(entry));
        at = stop + 1;
    }
    return contents;
}

Result<Json> read_first_entry(const std::string& path) {
    std::ifstream file{path};
    std::string line;
    if (!std::getline(file, line) || file.eof())
        return failure(ErrorCode::bad_evidence, path + ": has no whole line");
    return QUIETUS_TRY_CONTEXT(parse_json(line), path);
}

}  // namespace quietus::engine
