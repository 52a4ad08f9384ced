#pragma once
// Where things are and who we are: flags beat environment beat file. Read once, handed down.

#include <optional>
#include <string>

#include "app/tsa_client.h"
#include "base/result.h"
#include "certs/standing.h"
#include "record/erase_record.h"

namespace quietus::app {

struct Settings {
    std::string state_dir{"/var/lib/quietus"};
    std::string config_file{"/etc/quietus/quietus.toml"};
    bool config_named{false};      ///< Given by flag or environment: then it must exist.
    std::string out;               ///< Evidence folder's parent; default <state_dir>/certificates.
    std::string key_file;          ///< Path or URI: certs/key_uri.h.
    std::string certificate_file;  ///< Both or none.
    std::optional<int> passphrase_fd;
    std::string operator_name, operator_title, operator_contact;
    OrderFacts order;               ///< What is said of the drives of one call.
    TsaAddress tsa;                 ///< Whom to ask for time stamps; nobody where empty.
    std::string approved_standard;  ///< The organisation's own, for the record's policy.
    certs::TitlePolicy title_policy;
    std::string configuration_sha256;  ///< Digest of the configuration file's bytes, or of nothing.

    std::string out_dir() const { return out.empty() ? state_dir + "/certificates" : out; }
};

/// Fills what flags and environment left open from the configuration file (TOML). A missing default
/// file is fine; a named one that is missing, an unknown key or a wrong type is `config` with file
/// and line.
Result<void> read_configuration(Settings& settings);

}  // namespace quietus::app
