#pragma once
// The register: an append-only RFC 6962 Merkle log of records, with signed checkpoints (C2SP
// tlog-checkpoint).

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/memory.h"
#include "base/result.h"
#include "base/utc_time.h"
#include "certs/evidence.h"

namespace quietus::certs {

/// What the tree holds for one record: canonical JSON, so that anyone can make it again from the
/// folder.
struct LeafFacts {
    std::string id, type, verdict, serial, wwn, model;
    std::string issued;               ///< RFC 3339
    std::string record_sha256;        ///< of the stored record's bytes
    std::string signature_sha256;     ///< of the signature file's bytes
    std::string time_stamp_sha256{};  ///< of the time stamp's bytes; empty without one
    std::uint64_t size_bytes{0};
};
/// Every string must be UTF-8 (leaf_of sees to it).
std::string leaf_bytes(const LeafFacts& facts);
Result<LeafFacts> parse_leaf(std::string_view leaf);
/// The same from a verified document's JSON and the folder with its files, called `stem`.
Result<LeafFacts> leaf_of(const Json& record, const Folder& folder, const std::string& stem);

/// The log's storage: a sequence of leaves. Append-only by contract; `check` finds out who broke
/// it.
class LogStore {
  public:
    LogStore() = default;
    LogStore(const LogStore&) = delete;
    LogStore& operator=(const LogStore&) = delete;
    virtual ~LogStore() = default;
    virtual Result<std::uint64_t> size() = 0;
    virtual Result<std::string> leaf(std::uint64_t index) = 0;
    virtual Result<std::vector<std::string>> leaf_hashes(
        std::uint64_t first, std::uint64_t count) = 0;  ///< raw 32 bytes each
    /// Appends in one transaction and returns the leaf's index; a leaf with this hash that is
    /// already there keeps its index and nothing is written.
    virtual Result<std::uint64_t> append(std::string_view leaf, std::string_view leaf_hash) = 0;
    virtual Result<std::vector<std::uint64_t>> find(
        std::string_view text) = 0;  ///< serial, WWN, id or model contains it
    /// Keeps a signed checkpoint, so that `check` can later hold the log to what it once signed.
    virtual Result<void> keep_checkpoint(std::uint64_t size, std::string_view note) = 0;
    struct KeptCheckpoint {
        std::uint64_t size{0};
        std::string note;
    };
    virtual Result<std::vector<KeptCheckpoint>> checkpoints() = 0;  ///< In order of size.
    /// Compares every stored hash and chain value with the leaves; `internal` names the first that
    /// is wrong.
    virtual Result<void> check() = 0;
};

inline constexpr std::chrono::milliseconds kStoreWait{5000};

/// SQLite under the state folder (certs/register/sqlite_store.cpp). Waits for another writer, then
/// `busy`. No file and not asked to create one: `config`; no permission: `config`; a file that is
/// no register: `bad_evidence`.
Result<std::unique_ptr<LogStore>> open_sqlite_store(const std::string& path, bool create,
                                                    std::chrono::milliseconds wait = kStoreWait);

/// Ed25519 key of the log. PEM text; the register's own, never the signer of records.
struct LogKey {
    std::string origin;  ///< "quietus-register/<uuid>"
    /// In locked memory, shared by the copies of this value, wiped with the last of them. None for
    /// a register that is only read.
    std::shared_ptr<const SecretBytes> private_pem;
    std::string public_key_base64;  ///< raw 32 bytes

    std::string_view pem() const;
};
Result<LogKey> make_log_key(std::string origin);
Result<LogKey> load_log_key(std::string origin, std::string_view private_pem);

class Register {
  public:
    Register(std::unique_ptr<LogStore> store, LogKey key)
        : store_{std::move(store)}, key_{std::move(key)} {}
    const std::string& origin() const { return key_.origin; }
    const std::string& public_key_base64() const { return key_.public_key_base64; }
    /// Wipes the private key; from then on the register is only read.
    void forget_key() { key_.private_pem.reset(); }

    /// Puts the record in and returns the bytes of its receipt.json. The same leaf again returns a
    /// receipt for the entry that is already there, so that a retry after a crash does not register
    /// twice.
    Result<std::string> append(const LeafFacts& facts);
    struct Entry {
        std::uint64_t index{0};
        LeafFacts facts;
    };
    Result<std::vector<Entry>> search(std::string_view text);
    /// Recomputes the tree from the leaves and holds it to every checkpoint the log has signed; the
    /// answer is the current size and root, or `not_authentic`.
    struct State {
        std::uint64_t size{0};
        std::string root_base64;
    };
    Result<State> check();

  private:
    std::unique_ptr<LogStore> store_;
    LogKey key_;
};

/// Receipt bytes against leaf and log key: canonical JSON, checkpoint signature, inclusion proof.
/// `not_authentic` says why.
Result<void> verify_receipt(std::string_view receipt, const LeafFacts& facts,
                            std::string_view origin, std::string_view public_key_base64);

}  // namespace quietus::certs
