#pragma once
// `quietus validate` and `quietus attest`: what a person states, signed and entered in the register
// where there is one. No root, no device.

#include <string>
#include <vector>

#include "app/certificate.h"
#include "app/settings.h"
#include "certs/statement.h"
#include "host/host.h"

namespace quietus::app {

struct StatementRequest {
    std::string about;  ///< CERT; empty for a drive of which there is no record.
    certs::StatementBody body{};
    certs::StatedDrive label{};              ///< Where there is no record.
    std::vector<certs::Person> people{};     ///< First who states.
    std::vector<std::string> pictures{};     ///< Files whose digests are stated.
    std::vector<std::string> attachments{};  ///< Files that go into the folder.
    TrustFlags trust{};                      ///< Who may have signed the record.
};

struct Stated {
    std::string folder;
    std::string id;
    std::string type;
    std::string fingerprint;  ///< Of the signer.
    std::string sentence;
    std::string why_not_registered;  ///< Empty where it is in the register.
};

/// The record must be authentic (`bad_evidence` else). A validator must be another person than the
/// operator and sign with another key than the record's (`refused`).
Result<Stated> make_statement(const Host& host, const Settings& settings, const Clock& clock,
                              const StatementRequest& request);

struct ImportRequest {
    std::string format;  ///< One of certs::foreign_formats().
    std::string report_file;
    StatementRequest statement;  ///< Drive (record or label), people, trust; the body is filled in.
};
/// What another program's report claims about the one drive, as a statement with the report in its
/// folder. `bad_evidence` where the report is of another format, or names the drive not once.
Result<Stated> import_report(const Host& host, const Settings& settings, const Clock& clock,
                             const ImportRequest& request);

}  // namespace quietus::app
