#pragma once
// Erasures that never happened, and the evidence of them: signed by keys made for the test.

#include <string>

#include "certs/evidence.h"
#include "certs/register/register.h"
#include "certs/statement.h"
#include "certs/verify.h"

namespace quietus::certs::testing {

inline constexpr UtcTime kNow{1795310883123};  // 2026-11-22T01:28:03.123Z

/// A 1 MiB SATA drive, one keystream pass, read back in full: erased.
EraseRecord an_erased_drive();
/// The same, but its last 100 bytes are less than a sector and cannot be addressed.
EraseRecord a_drive_with_exceptions();
/// The same with sectors 16 to 23 neither written nor readable.
EraseRecord a_failed_erasure();

/// A signer and a register, as a host without configuration has them.
struct Issuer {
    explicit Issuer(const std::string& name = "quietus test");
    SigningKey key;
    LogKey log;
    std::unique_ptr<Register> log_register;
    UtcTime clock{kNow};  ///< When the next document is issued.

    IssueContext context() const;
    /// Record, signature, chain, script and receipt.
    Folder folder_for(const EraseRecord& record);
    Folder folder_for(const Statement& statement);
    Folder registered(Result<Folder> folder, const std::string& stem);
    Trust trust() const { return {.roots_pem = {}, .fingerprint = key.fingerprint_sha256()}; }
    Trust trust_by_ca() const { return {.roots_pem = key.certificate_pem(), .fingerprint = {}}; }
};

/// A folder of its own under the test's temporary directory, removed at the end.
class TemporaryFolder {
  public:
    TemporaryFolder();
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    const std::string& path() const { return path_; }

  private:
    std::string path_;
};

struct CommandResult {
    int status{-1};
    std::string output;  ///< Standard output and error together.
};
/// Runs a shell command of the test's own making.
CommandResult run(const std::string& command);

/// The last finding: why a folder was refused.
std::string why(const Report& report);

}  // namespace quietus::certs::testing
