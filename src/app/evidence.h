#pragma once
// From a closed journal to a signed, registered evidence folder; in steps that can be repeated
// after any crash.

#include <string>
#include <vector>

#include "app/state_dir.h"
#include "certs/evidence.h"
#include "engine/events.h"
#include "engine/journal.h"

namespace quietus::app {

/// Everything evidence needs, opened before the first write, so that a missing key is found out in
/// time.
struct EvidenceDesk {
    const StateDir& state;
    const Settings& settings;
    const Clock& clock;
    certs::SigningKey key;
    certs::Register log;
};

/// What a document says that its subject does not know: time, register (where there is one),
/// configuration, a fresh salt.
Result<certs::IssueContext> issue_context(const Settings& settings, UtcTime now,
                                          const certs::Register* log);

/// Writes an evidence folder under `out`, and takes another name where this one is taken: its path.
Result<std::string> write_evidence(const std::string& out, const std::string& name,
                                   const std::string& id, const certs::Folder& folder);

/// Wipes this process's copy of the private keys; in a worker, which signs nothing.
void forget_secrets(EvidenceDesk& desk);

/// Sets the mark that evidence for this erase is owed; before the first write.
Result<void> owe_evidence(const EvidenceDesk& desk, const std::string& id);
/// Takes the mark away: the erase never began, or its evidence is complete.
void forget_evidence(const StateDir& state, const std::string& id);
/// Ids of erases whose evidence is owed, oldest first (UUIDv7 sorts by time).
Result<std::vector<std::string>> evidence_owed(const StateDir& state);

/// Signs (or finds what was signed before a crash), enters the register, writes the folder under
/// --out, notes it in the journal, and takes the mark away. Each part is durable before the next
/// begins, and repeating it changes nothing. A failure leaves everything for the next try
/// (`evidence_incomplete`).
struct Filed {
    std::string folder;
    std::string record_sha256;
};
/// `unsaved`, where given, has what was signed and could not even be put into the spool; else
/// nothing.
Result<Filed> file_evidence(EvidenceDesk& desk, const EraseRecord& record, engine::Journal& journal,
                            certs::Folder* unsaved = nullptr);

}  // namespace quietus::app
