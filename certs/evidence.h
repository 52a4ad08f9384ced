#pragma once
// From an EraseRecord to a signed evidence folder, as bytes: no file, no database, no clock of its
// own.

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "base/utc_time.h"
#include "certs/signing_key.h"
#include "record/erase_record.h"

namespace quietus::certs {

/// Everything the record says that the erase itself does not know.
struct IssueContext {
    UtcTime issued;
    std::string
        clock_source;  ///< "system clock, not compared with another" while nothing better is known
    bool clock_plausible{true};
    std::string register_id;          ///< Name of the log ("origin" of its checkpoints).
    std::string register_public_key;  ///< Base64 of the raw Ed25519 public key.
    std::string durability{"this-host-only"};
    std::string configuration_sha256;  ///< Hex; digest of the effective configuration.
    std::string time_stamp_authority;  ///< URL; a stamp of it will stand beside the record.
    std::string salt;                  ///< Hex of 32 random bytes, for the digest of people.json.
    std::string approved_standard;  ///< The organisation's own; empty where it has approved none.
};

/// The folder to be: file name → bytes. Names follow the verdict: certificate.*,
/// exception-record.*, failure-record.*; always chain.pem and verify.sh.
using Folder = std::map<std::string, std::string>;

/// "certificate", "exception-record" or "failure-record": nothing but verdict `erased` gets the
/// first.
std::string stem_of(Verdict verdict);

/// <serial>_<UTC>_<first 8 of id>: printable, no slash, no blank, bounded length.
std::string folder_name(const std::string& serial, UtcTime when, const std::string& id);
std::string folder_name(const EraseRecord& record);

/// The record as signed: one line, no trailing newline (docs/formats/record.md,
/// certs/schema/record-1.json). `people` is what it says of them (certs/envelope.h); `files` are
/// the other files of the folder, whose digests it lists.
std::string record_bytes(const EraseRecord& record, const IssueContext& context,
                         const SigningKey& key, const Json& people, const Folder& files);

/// Record, signature, people.json, chain.pem and verify.sh. Checks its own work: what it returns
/// has been verified.
Result<Folder> issue(const EraseRecord& record, const IssueContext& context, const SigningKey& key);

}  // namespace quietus::certs
