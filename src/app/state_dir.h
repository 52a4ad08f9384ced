#pragma once
// The state folder: what is where, and who may read it. Everything quietus keeps is under it.

#include <string>
#include <string_view>
#include <vector>

#include "app/settings.h"
#include "base/memory.h"
#include "base/result.h"
#include "base/utc_time.h"
#include "certs/register/register.h"
#include "certs/signing_key.h"

namespace quietus::app {

inline constexpr std::string_view kJournalSuffix = ".jsonl";

class StateDir {
  public:
    explicit StateDir(std::string path) : path_{std::move(path)} {}

    const std::string& path() const { return path_; }
    std::string journal_dir() const { return path_ + "/journal"; }
    std::string journal_of(const std::string& id) const {
        return journal_dir() + "/" + id + std::string{kJournalSuffix};
    }
    /// Paths of every journal, oldest first: their names begin with the time. `config` where the
    /// folder cannot be read.
    Result<std::vector<std::string>> journals() const;
    std::string spool_dir() const { return path_ + "/spool"; }
    std::string run_dir() const { return path_ + "/run"; }
    std::string local_key() const { return path_ + "/keys/local.key.pem"; }
    std::string local_certificate() const { return path_ + "/keys/local.cert.pem"; }
    std::string register_dir() const { return path_ + "/register"; }

    /// Makes the folders (0700); `config` where they cannot be.
    Result<void> prepare() const;
    /// Tries that a run's journal and register entry can be written and synced; `config` where not.
    Result<void> check_room() const;

  private:
    std::string path_;
};

/// Makes `folder` if need be and tries that `bytes` can be written there; `config` with the reason
/// where not.
Result<void> check_writable(const std::string& folder, std::size_t bytes, const std::string& role);

/// The configured key and certificate, or this host's own, made on first use (`made` says so).
struct LoadedKey {
    certs::SigningKey key;
    bool made{false};
};
Result<LoadedKey> load_or_make_key(const StateDir& state, const Settings& settings, UtcTime now);

/// The register under the state folder; with `create` it is made where it is missing. `config`
/// where it is not there or cannot be opened, `busy` where another process writes to it for longer
/// than we wait.
Result<certs::Register> open_register(const StateDir& state, bool create);

/// The certificate of this host's own key, for `certificate verify` without --ca; empty where there
/// is none.
Result<std::string> local_certificate_pem(const StateDir& state);

}  // namespace quietus::app
