// The log in one SQLite file. Triggers keep accidents away from it; whoever owns the file can drop
// them, which is what the hash chain, the kept checkpoints and Register::check are for.

#include <cerrno>
#include <sqlite3.h>
#include <system_error>
#include <unistd.h>

#include "base/bytes.h"
#include "base/file.h"
#include "certs/register/merkle.h"
#include "certs/register/register.h"

namespace quietus::certs {

namespace {

constexpr int kApplicationId = 0x51554954;  // "QUIT": tells a register from other SQLite files
constexpr int kFormat = 1;
constexpr std::size_t kHashSize = 32;

constexpr const char* kTables =
    "CREATE TABLE leaf(idx INTEGER PRIMARY KEY, leaf TEXT NOT NULL,"
    " hash BLOB NOT NULL UNIQUE CHECK(length(hash)=32), chain BLOB NOT NULL "
    "CHECK(length(chain)=32)) STRICT;"
    "CREATE TABLE checkpoint(size INTEGER PRIMARY KEY, note TEXT NOT NULL) STRICT;"
    "CREATE TRIGGER leaf_update BEFORE UPDATE ON leaf BEGIN SELECT RAISE(ABORT,'the register is "
    "append-only'); END;"
    "CREATE TRIGGER leaf_delete BEFORE DELETE ON leaf BEGIN SELECT RAISE(ABORT,'the register is "
    "append-only'); END;"
    "CREATE TRIGGER leaf_insert BEFORE INSERT ON leaf"
    " WHEN NEW.idx <> (SELECT COALESCE(MAX(idx)+1,0) FROM leaf) BEGIN SELECT RAISE(ABORT,'the "
    "register has no gaps'); END;"
    "CREATE TRIGGER checkpoint_update BEFORE UPDATE ON checkpoint BEGIN SELECT RAISE(ABORT,'the "
    "register is append-only'); END;"
    "CREATE TRIGGER checkpoint_delete BEFORE DELETE ON checkpoint BEGIN SELECT RAISE(ABORT,'the "
    "register is append-only'); END;";

struct CloseDatabase {
    void operator()(sqlite3* database) const noexcept { sqlite3_close_v2(database); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;

Error database_error(sqlite3* database, const std::string& path, const std::string& doing) {
    const int status = sqlite3_extended_errcode(database);
    const int system_errno = sqlite3_system_errno(database);
    const std::string where = "register " + printable_text(path) + ": " + doing + ": ";
    const std::string said = printable_text(sqlite3_errmsg(database));
    switch (status & 0xFF) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return {ErrorCode::busy, where + "another process is writing to it", 0,
                    "try again later"};
        case SQLITE_READONLY:
        case SQLITE_PERM:
        case SQLITE_AUTH:
            return {ErrorCode::config, where + "no permission to write", EACCES,
                    "run as its owner, and check the file and its folder"};
        case SQLITE_CANTOPEN:
            return {
                ErrorCode::config,
                where + "cannot be opened" +
                    (system_errno != 0 ? ": " + std::generic_category().message(system_errno) : ""),
                system_errno, "check that the folder is there and that you may write to it"};
        case SQLITE_NOTADB:
        case SQLITE_CORRUPT:
            return {ErrorCode::bad_evidence, where + "not a register, or damaged: " + said, 0,
                    "restore it from a backup"};
        case SQLITE_CONSTRAINT:
            return {ErrorCode::internal, where + said, 0, {}};
        default:
            return {ErrorCode::io, where + said, system_errno, {}};
    }
}

// A prepared statement, bound and stepped; sqlite3 finalizes it.
class Statement {
  public:
    Statement(sqlite3* database, const char* sql) {
        sqlite3_prepare_v2(database, sql, -1, &statement_, nullptr);
    }
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;
    ~Statement() { sqlite3_finalize(statement_); }

    Statement& bind(int place, std::uint64_t number) {
        sqlite3_bind_int64(statement_, place, static_cast<sqlite3_int64>(number));
        return *this;
    }
    // The bytes must outlive the statement.
    Statement& bind_text(int place, std::string_view text) {
        sqlite3_bind_text64(statement_, place, text.data(), text.size(), SQLITE_STATIC,
                            SQLITE_UTF8);
        return *this;
    }
    Statement& bind_blob(int place, std::string_view bytes) {
        sqlite3_bind_blob64(statement_, place, bytes.data(), bytes.size(), SQLITE_STATIC);
        return *this;
    }
    int step() { return statement_ == nullptr ? SQLITE_ERROR : sqlite3_step(statement_); }
    std::uint64_t number(int column) const {
        return static_cast<std::uint64_t>(sqlite3_column_int64(statement_, column));
    }
    std::string bytes(int column) const {
        const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, column));
        const int size = sqlite3_column_bytes(statement_, column);
        return data == nullptr ? std::string{} : std::string(data, static_cast<std::size_t>(size));
    }

  private:
    sqlite3_stmt* statement_{nullptr};
};

std::string chained(const std::string& before, std::string_view hash) {
    return text_of(sha256(before + std::string{hash}));
}

class SqliteStore final : public LogStore {
  public:
    SqliteStore(Database database, std::string path)
        : database_{std::move(database)}, path_{std::move(path)} {}

    Result<void> prepare(bool create);
    Result<std::uint64_t> size() override {
        return number_of("SELECT COALESCE(MAX(idx)+1,0) FROM leaf");
    }
    Result<std::string> leaf(std::uint64_t index) override;
    Result<std::vector<std::string>> leaf_hashes(std::uint64_t first, std::uint64_t count) override;
    Result<std::uint64_t> append(std::string_view leaf, std::string_view leaf_hash) override;
    Result<std::vector<std::uint64_t>> find(std::string_view text) override;
    Result<void> keep_checkpoint(std::uint64_t size, std::string_view note) override;
    Result<std::vector<KeptCheckpoint>> checkpoints() override;
    Result<void> check() override;

  private:
    tl::unexpected<Error> fail(const std::string& doing) const {
        return tl::unexpected{database_error(database_.get(), path_, doing)};
    }
    Result<void> execute(const char* sql, const char* doing) {
        if (sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK)
            return fail(doing);
        return {};
    }
    Result<std::uint64_t> number_of(const char* sql) {
        Statement query{database_.get(), sql};
        if (query.step() != SQLITE_ROW) return fail("reading");
        return query.number(0);
    }
    Result<std::uint64_t> insert_if_new(std::string_view leaf, std::string_view leaf_hash);
    Result<void> create_tables();

    Database database_;
    std::string path_;
};

// Two processes may come here at once: the second finds the tables of the first.
Result<void> SqliteStore::create_tables() {
    QUIETUS_TRY(execute("BEGIN IMMEDIATE", "creating"));
    const auto there = number_of("SELECT COUNT(*) FROM sqlite_schema");
    const std::string sql = kTables + std::string{"PRAGMA application_id="} +
                            std::to_string(kApplicationId) +
                            ";PRAGMA user_version=" + std::to_string(kFormat) + ";";
    Result<void> made = !there        ? Result<void>{tl::unexpected{there.error()}}
                        : *there != 0 ? Result<void>{}
                                      : execute(sql.c_str(), "creating");
    if (!made) {
        sqlite3_exec(database_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
        return made;
    }
    return execute("COMMIT", "creating");
}

// A rollback journal, not WAL: readers of a copied or read-only file then need no second file.
// EXTRA also syncs the folder after a commit, so that a receipt never outlives its entry.
Result<void> SqliteStore::prepare(bool create) {
    QUIETUS_TRY(execute(
        "PRAGMA synchronous=EXTRA; PRAGMA trusted_schema=OFF; PRAGMA foreign_keys=ON", "opening"));
    if (create) {
        QUIETUS_TRY(execute("PRAGMA journal_mode=DELETE", "opening"));
        if (QUIETUS_TRY(number_of("SELECT COUNT(*) FROM sqlite_schema")) == 0)
            QUIETUS_TRY(create_tables());
    }
    const std::uint64_t application = QUIETUS_TRY(number_of("PRAGMA application_id"));
    const std::uint64_t format = QUIETUS_TRY(number_of("PRAGMA user_version"));
    if (application == kApplicationId && format == kFormat) return {};
    return failure(ErrorCode::bad_evidence, "register " + printable_text(path_) +
                                                ": another program's file, or of another version");
}

Result<std::string> SqliteStore::leaf(std::uint64_t index) {
    Statement query{database_.get(), "SELECT leaf FROM leaf WHERE idx=?"};
    if (query.bind(1, index).step() != SQLITE_ROW)
        return fail("reading entry " + std::to_string(index));
    return query.bytes(0);
}

Result<std::vector<std::string>> SqliteStore::leaf_hashes(std::uint64_t first,
                                                          std::uint64_t count) {
    Statement query{database_.get(), "SELECT hash FROM leaf WHERE idx>=? ORDER BY idx LIMIT ?"};
    query.bind(1, first).bind(2, count);
    std::vector<std::string> hashes;
    int status = SQLITE_ROW;
    while ((status = query.step()) == SQLITE_ROW) hashes.push_back(query.bytes(0));
    if (status != SQLITE_DONE) return fail("reading hashes");
    if (hashes.size() != count)
        return failure(ErrorCode::internal,
                       "register " + printable_text(path_) + ": entries are missing");
    return hashes;
}

Result<std::uint64_t> SqliteStore::insert_if_new(std::string_view leaf,
                                                 std::string_view leaf_hash) {
    Statement known{database_.get(), "SELECT idx FROM leaf WHERE hash=?"};
    if (known.bind_blob(1, leaf_hash).step() == SQLITE_ROW) return known.number(0);
    const std::uint64_t index = QUIETUS_TRY(size());
    std::string before(kHashSize, '\0');
    if (index > 0) {
        Statement last{database_.get(), "SELECT chain FROM leaf WHERE idx=?"};
        if (last.bind(1, index - 1).step() != SQLITE_ROW) return fail("reading the last entry");
        before = last.bytes(0);
    }
    const std::string chain = chained(before, leaf_hash);
    Statement insert{database_.get(), "INSERT INTO leaf(idx,leaf,hash,chain) VALUES(?,?,?,?)"};
    insert.bind(1, index).bind_text(2, leaf).bind_blob(3, leaf_hash).bind_blob(4, chain);
    if (insert.step() != SQLITE_DONE) return fail("appending");
    return index;
}

Result<std::uint64_t> SqliteStore::append(std::string_view leaf, std::string_view leaf_hash) {
    QUIETUS_CHECK(leaf_hash.size() == kHashSize);
    QUIETUS_TRY(execute("BEGIN IMMEDIATE", "appending"));
    auto index = insert_if_new(leaf, leaf_hash);
    const Result<void> ended = index ? execute("COMMIT", "appending") : Result<void>{};
    if (index && ended) return index;
    sqlite3_exec(database_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
    if (!index) return index;
    return tl::unexpected{ended.error()};
}

Result<std::vector<std::uint64_t>> SqliteStore::find(std::string_view text) {
    Statement query{
        database_.get(),
        "SELECT idx FROM leaf WHERE instr(lower(json_extract(leaf,'$.serial')),lower(?1))>0"
        " OR instr(lower(json_extract(leaf,'$.wwn')),lower(?1))>0"
        " OR instr(lower(json_extract(leaf,'$.model')),lower(?1))>0"
        " OR instr(lower(json_extract(leaf,'$.id')),lower(?1))>0 ORDER BY idx"};
    query.bind_text(1, text);
    std::vector<std::uint64_t> found;
    int status = SQLITE_ROW;
    while ((status = query.step()) == SQLITE_ROW) found.push_back(query.number(0));
    if (status != SQLITE_DONE) return fail("searching");
    return found;
}

Result<void> SqliteStore::keep_checkpoint(std::uint64_t size, std::string_view note) {
    // Ed25519 signs the same text the same way: a second checkpoint of one size has nothing to add.
    Statement insert{database_.get(),
                     "INSERT INTO checkpoint(size,note) VALUES(?,?) ON CONFLICT(size) DO NOTHING"};
    if (insert.bind(1, size).bind_text(2, note).step() != SQLITE_DONE)
        return fail("keeping a checkpoint");
    return {};
}

Result<std::vector<LogStore::KeptCheckpoint>> SqliteStore::checkpoints() {
    Statement query{database_.get(), "SELECT size,note FROM checkpoint ORDER BY size"};
    std::vector<KeptCheckpoint> kept;
    int status = SQLITE_ROW;
    while ((status = query.step()) == SQLITE_ROW) kept.push_back({query.number(0), query.bytes(1)});
    if (status != SQLITE_DONE) return fail("reading checkpoints");
    return kept;
}

Result<void> SqliteStore::check() {
    Statement query{database_.get(), "SELECT idx,leaf,hash,chain FROM leaf ORDER BY idx"};
    std::string chain(kHashSize, '\0');
    std::uint64_t expected = 0;
    int status = SQLITE_ROW;
    for (; (status = query.step()) == SQLITE_ROW; ++expected) {
        const std::string hash = text_of(merkle_leaf_hash(query.bytes(1)));
        chain = chained(chain, hash);
        if (query.number(0) != expected || query.bytes(2) != hash || query.bytes(3) != chain) {
            return failure(ErrorCode::internal,
                           "register " + printable_text(path_) + ": entry " +
                               std::to_string(expected) + " is missing or was changed",
                           "compare with checkpoints and receipts kept elsewhere");
        }
    }
    if (status != SQLITE_DONE) return fail("reading entries");
    return {};
}

}  // namespace

Result<std::unique_ptr<LogStore>> open_sqlite_store(const std::string& path, bool create,
                                                    std::chrono::milliseconds wait) {
    if (!create && ::access(path.c_str(), F_OK) != 0 && errno == ENOENT) {
        return failure(ErrorCode::config, "register " + printable_text(path) + ": there is none",
                       "quietus register init makes one, and so does the first erase");
    }
    const int flags =
        SQLITE_OPEN_READWRITE | (create ? SQLITE_OPEN_CREATE : 0) | SQLITE_OPEN_FULLMUTEX;
    sqlite3* raw = nullptr;
    const int status = sqlite3_open_v2(path.c_str(), &raw, flags, nullptr);
    Database database{raw};
    if (!database)
        return failure(ErrorCode::io, "register " + printable_text(path) + ": no memory");
    if (status != SQLITE_OK) return tl::unexpected{database_error(database.get(), path, "opening")};
    sqlite3_extended_result_codes(database.get(), 1);
    sqlite3_busy_timeout(database.get(), static_cast<int>(wait.count()));
    auto store = std::make_unique<SqliteStore>(std::move(database), path);
    QUIETUS_TRY(store->prepare(create));
    return store;
}

}  // namespace quietus::certs
